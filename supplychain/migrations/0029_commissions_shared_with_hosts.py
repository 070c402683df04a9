"""An agency shares with its own host what it earns of sales of other firms."""

from django.conf import settings
from django.db import migrations, models

import core.money


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0006_news_of_goods"),
        ("livestreams", "0023_loss_is_a_share"),
        ("supplychain", "0028_agreements_on_a_product"),
        ("tenants", "0004_a_charge_is_once_in_its_park"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="statementorder",
            name="earned",
            field=core.money.MoneyField(
                help_text="None where no commission of an agency is shared.",
                null=True,
                verbose_name="commission that the agency earns (CNY)",
            ),
        ),
        migrations.AlterField(
            model_name="agreement",
            name="base",
            field=models.CharField(
                choices=[
                    ("gross_paid", "paid GMV"),
                    ("verified_net", "verified net"),
                    ("commission", "commission that the agency earns"),
                ],
                default="verified_net",
                max_length=16,
                verbose_name="base",
            ),
        ),
        migrations.AlterField(
            model_name="agreement",
            name="sales",
            field=models.CharField(
                choices=[
                    ("all", "all sales"),
                    ("sessions", "sales in live sessions"),
                    ("hosts", "what the partner's hosts sell on their shifts"),
                    ("owned", "goods of the partner"),
                    ("outside", "what the outside host sells"),
                    ("for_others", "what the own host sells for other firms"),
                ],
                max_length=16,
                verbose_name="of which sales",
            ),
        ),
        migrations.AddConstraint(
            model_name="agreement",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("sales", "for_others"), _negated=True),
                    models.Q(
                        ("host__isnull", False),
                        ("kind", "host"),
                        ("partner__isnull", True),
                        ("seller_pays", True),
                    ),
                    _connector="OR",
                ),
                name="supplychain_agreement_for_others",
            ),
        ),
        migrations.AddConstraint(
            model_name="agreement",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("base", "commission"), _negated=True), ("sales", "for_others"), _connector="OR"
                ),
                name="supplychain_agreement_commission",
            ),
        ),
    ]
