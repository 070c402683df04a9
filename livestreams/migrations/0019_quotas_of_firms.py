import django.core.validators
import django.db.models.deletion
import uuid6
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("livestreams", "0018_addresses_of_nodes"),
        ("parks", "0004_events"),
        ("tenants", "0004_a_charge_is_once_in_its_park"),
    ]

    operations = [
        migrations.CreateModel(
            name="SlotQuota",
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
                (
                    "day_hours",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        null=True,
                        validators=[django.core.validators.MaxValueValidator(10000)],
                        verbose_name="hours per day at most",
                    ),
                ),
                (
                    "week_hours",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        help_text="From Monday to Sunday, in all rooms together.",
                        null=True,
                        validators=[django.core.validators.MaxValueValidator(10000)],
                        verbose_name="hours per week at most",
                    ),
                ),
                (
                    "park",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="slot_quotas",
                        to="parks.park",
                        verbose_name="park",
                    ),
                ),
                (
                    "tenant",
                    models.ForeignKey(
                        blank=True,
                        help_text="Empty: for every firm that has no limit of its own.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="slot_quotas",
                        to="tenants.tenant",
                        verbose_name="tenant",
                    ),
                ),
            ],
            options={
                "verbose_name": "quota of hours",
                "verbose_name_plural": "quotas of hours",
                "ordering": ["park", "tenant"],
                "constraints": [
                    models.UniqueConstraint(fields=("park", "tenant"), name="livestreams_quota_once"),
                    models.UniqueConstraint(
                        condition=models.Q(("tenant__isnull", True)),
                        fields=("park",),
                        name="livestreams_quota_default",
                        violation_error_message="This park has limits for its firms already: change those.",
                    ),
                ],
            },
        ),
    ]
