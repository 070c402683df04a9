"""A job speaks the language of whoever asked for it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("core", "0004_paused_jobs")]

    operations = [
        migrations.AddField(
            model_name="job",
            name="language",
            field=models.CharField(blank=True, db_default="", max_length=16),
        ),
    ]
