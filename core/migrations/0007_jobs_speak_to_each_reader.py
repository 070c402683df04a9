"""What a job says is kept as what it is made of, which takes more room than the text."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("core", "0006_news_of_goods")]

    operations = [
        migrations.AlterField("job", "message", models.TextField(blank=True, verbose_name="message")),
    ]
