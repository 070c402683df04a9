"""Firms and hosts say yes or no to goods of the pool."""

import django.db.models.deletion
import uuid6
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("livestreams", "0018_addresses_of_nodes"),
        ("supplychain", "0026_what_lies_on_shelves_has_their_name"),
        ("tenants", "0004_a_charge_is_once_in_its_park"),
    ]

    operations = [
        migrations.CreateModel(
            name="OfferAnswer",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "uid",
                    models.UUIDField(
                        default=uuid6.uuid7, editable=False, unique=True, verbose_name="public id"
                    ),
                ),
                ("sells", models.BooleanField(verbose_name="sells the goods")),
                ("reason", models.CharField(blank=True, max_length=200, verbose_name="reason")),
                ("at", models.DateTimeField(verbose_name="at")),
                (
                    "host",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="offer_answers",
                        to="livestreams.host",
                        verbose_name="for the host",
                    ),
                ),
                (
                    "offer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="answers",
                        to="supplychain.goodsoffer",
                        verbose_name="offer of goods",
                    ),
                ),
                (
                    "tenant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="offer_answers",
                        to="tenants.tenant",
                        verbose_name="answered by",
                    ),
                ),
            ],
            options={
                "verbose_name": "answer to an offer",
                "verbose_name_plural": "answers to offers",
                "ordering": ["-pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("sells", True), models.Q(("reason", ""), _negated=True), _connector="OR"
                        ),
                        name="supplychain_offeranswer_no_says_why",
                    )
                ],
            },
        ),
    ]
