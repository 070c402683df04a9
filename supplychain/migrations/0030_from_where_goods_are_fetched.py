"""With each line of a wave stands from where its goods were fetched."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("supplychain", "0029_commissions_shared_with_hosts")]

    operations = [
        migrations.AddField("reservation", "fetched", models.JSONField(editable=False, null=True)),
    ]
