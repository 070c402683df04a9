import django.db.models.deletion
import uuid6
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("parks", "0004_events"),
        ("supplychain", "0005_settlement"),
        ("tenants", "0003_entries_sent_away"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Parcel",
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
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="updated at")),
                ("order_no", models.CharField(max_length=64, verbose_name="order number")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "to be packed"),
                            ("packed", "packed"),
                            ("dispatched", "dispatched"),
                            ("cancelled", "cancelled"),
                        ],
                        default="waiting",
                        max_length=16,
                        verbose_name="state",
                    ),
                ),
                (
                    "carrier",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("sf", "SF Express"),
                            ("yto", "YTO Express"),
                            ("zto", "ZTO Express"),
                            ("sto", "STO Express"),
                            ("yunda", "Yunda Express"),
                            ("jt", "J&T Express"),
                            ("jd", "JD Logistics"),
                            ("ems", "EMS"),
                            ("other", "other"),
                        ],
                        max_length=16,
                        verbose_name="carrier",
                    ),
                ),
                ("tracking_no", models.CharField(blank=True, max_length=64, verbose_name="tracking number")),
                ("dispatched_at", models.DateTimeField(null=True, verbose_name="dispatched at")),
            ],
            options={
                "verbose_name": "parcel",
                "verbose_name_plural": "parcels",
                "ordering": ["-pk"],
            },
        ),
        migrations.CreateModel(
            name="Reservation",
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
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="updated at")),
                ("event_id", models.BigIntegerField(db_index=True, verbose_name="sale")),
                ("line", models.CharField(db_index=True, max_length=200, verbose_name="order line")),
                ("source_key", models.CharField(editable=False, max_length=64)),
                ("order_no", models.CharField(max_length=64, verbose_name="order number")),
                ("quantity", models.PositiveIntegerField(verbose_name="quantity")),
                ("packed", models.PositiveIntegerField(default=0, verbose_name="packed")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("reserved", "reserved"),
                            ("in_wave", "in a wave"),
                            ("dispatched", "dispatched"),
                            ("released", "released"),
                        ],
                        default="reserved",
                        max_length=16,
                        verbose_name="state",
                    ),
                ),
                ("paid_at", models.DateTimeField(verbose_name="paid at")),
            ],
            options={
                "verbose_name": "reservation",
                "verbose_name_plural": "reservations",
                "ordering": ["paid_at", "pk"],
            },
        ),
        migrations.CreateModel(
            name="ReturnedGoods",
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
                ("quantity", models.PositiveIntegerField(verbose_name="quantity")),
                (
                    "condition",
                    models.CharField(
                        choices=[
                            ("good", "as new, back to stock"),
                            ("damaged", "damaged"),
                            ("to_owner", "handed to the owner"),
                        ],
                        max_length=16,
                        verbose_name="condition",
                    ),
                ),
                ("note", models.CharField(blank=True, max_length=200, verbose_name="note")),
                ("inspected_at", models.DateTimeField(auto_now_add=True, verbose_name="inspected at")),
            ],
            options={
                "verbose_name": "returned goods",
                "verbose_name_plural": "returned goods",
                "ordering": ["-pk"],
            },
        ),
        migrations.CreateModel(
            name="Wave",
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
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="updated at")),
                ("number", models.PositiveIntegerField(verbose_name="number")),
                (
                    "state",
                    models.CharField(
                        choices=[("picking", "being picked"), ("picked", "picked")],
                        default="picking",
                        max_length=16,
                        verbose_name="state",
                    ),
                ),
            ],
            options={
                "verbose_name": "wave",
                "verbose_name_plural": "waves",
                "ordering": ["-pk"],
            },
        ),
        migrations.AddField(
            model_name="stocklevel",
            name="zone",
            field=models.CharField(blank=True, max_length=32, verbose_name="zone and shelf"),
        ),
        migrations.AddField(
            model_name="warehouse",
            name="packs_orders",
            field=models.BooleanField(
                default=False,
                help_text="Sold goods stay reserved until their parcel leaves. Otherwise a sale takes them out at once.",
                verbose_name="orders are packed here",
            ),
        ),
        migrations.AddField(
            model_name="warehouse",
            name="ship_within_hours",
            field=models.PositiveSmallIntegerField(default=48, verbose_name="ship within (hours)"),
        ),
        migrations.AddConstraint(
            model_name="warehouse",
            constraint=models.CheckConstraint(
                condition=models.Q(("ship_within_hours__gt", 0)), name="supplychain_warehouse_ship_within"
            ),
        ),
        migrations.AddField(
            model_name="parcel",
            name="seller",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="parcels",
                to="tenants.tenant",
                verbose_name="seller",
            ),
        ),
        migrations.AddField(
            model_name="parcel",
            name="warehouse",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="parcels",
                to="supplychain.warehouse",
                verbose_name="warehouse",
            ),
        ),
        migrations.AddField(
            model_name="reservation",
            name="owner",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="reservations",
                to="tenants.tenant",
                verbose_name="owner",
            ),
        ),
        migrations.AddField(
            model_name="reservation",
            name="parcel",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="lines",
                to="supplychain.parcel",
                verbose_name="parcel",
            ),
        ),
        migrations.AddField(
            model_name="reservation",
            name="seller",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="sold_reservations",
                to="tenants.tenant",
                verbose_name="seller",
            ),
        ),
        migrations.AddField(
            model_name="reservation",
            name="sku",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="reservations",
                to="supplychain.sku",
                verbose_name="SKU",
            ),
        ),
        migrations.AddField(
            model_name="reservation",
            name="warehouse",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="reservations",
                to="supplychain.warehouse",
                verbose_name="warehouse",
            ),
        ),
        migrations.AddField(
            model_name="returnedgoods",
            name="inspected_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="inspected by",
            ),
        ),
        migrations.AddField(
            model_name="returnedgoods",
            name="reservation",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="returned",
                to="supplychain.reservation",
                verbose_name="dispatched line",
            ),
        ),
        migrations.AddField(
            model_name="wave",
            name="warehouse",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="waves",
                to="supplychain.warehouse",
                verbose_name="warehouse",
            ),
        ),
        migrations.AddField(
            model_name="parcel",
            name="wave",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="parcels",
                to="supplychain.wave",
                verbose_name="wave",
            ),
        ),
        migrations.AddIndex(
            model_name="reservation",
            index=models.Index(
                condition=models.Q(("state__in", ("reserved", "in_wave"))),
                fields=["warehouse", "paid_at"],
                name="supplychain_reservation_open",
            ),
        ),
        migrations.AddConstraint(
            model_name="reservation",
            constraint=models.UniqueConstraint(
                fields=("source_key", "warehouse", "sku"), name="supplychain_reservation_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="reservation",
            constraint=models.CheckConstraint(
                condition=models.Q(("packed__lte", models.F("quantity")), ("quantity__gt", 0)),
                name="supplychain_reservation_quantity",
            ),
        ),
        migrations.AddConstraint(
            model_name="reservation",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("parcel__isnull", True), ("state", "reserved")),
                    models.Q(("parcel__isnull", False), ("state__in", ("in_wave", "dispatched"))),
                    ("state", "released"),
                    _connector="OR",
                ),
                name="supplychain_reservation_parcel",
            ),
        ),
        migrations.AddConstraint(
            model_name="returnedgoods",
            constraint=models.CheckConstraint(
                condition=models.Q(("quantity__gt", 0)), name="supplychain_returned_quantity"
            ),
        ),
        migrations.AddConstraint(
            model_name="wave",
            constraint=models.UniqueConstraint(fields=("warehouse", "number"), name="supplychain_wave_once"),
        ),
        migrations.AddIndex(
            model_name="parcel",
            index=models.Index(fields=["warehouse", "order_no"], name="supplychain_parcel_order"),
        ),
        migrations.AddConstraint(
            model_name="parcel",
            constraint=models.UniqueConstraint(
                condition=models.Q(("tracking_no", ""), _negated=True),
                fields=("carrier", "tracking_no"),
                name="supplychain_parcel_tracking",
            ),
        ),
        migrations.AddConstraint(
            model_name="parcel",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("dispatched_at__isnull", False),
                        ("state", "dispatched"),
                        models.Q(("carrier", ""), _negated=True),
                        models.Q(("tracking_no", ""), _negated=True),
                    ),
                    models.Q(
                        models.Q(("state", "dispatched"), _negated=True),
                        ("dispatched_at__isnull", True),
                        ("tracking_no", ""),
                    ),
                    _connector="OR",
                ),
                name="supplychain_parcel_dispatched",
            ),
        ),
    ]
