"""An agreement may be on the sales of one product only."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("supplychain", "0027_answers_to_offers")]

    operations = [
        migrations.AddField(
            "agreement",
            "product",
            models.ForeignKey(
                blank=True,
                help_text="Empty: whatever the goods. Lines whose goods are not known count only then.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="agreements",
                to="supplychain.product",
                verbose_name="only of the product",
            ),
        )
    ]
