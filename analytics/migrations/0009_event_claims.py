import django.db.models.deletion
import uuid6
from django.conf import settings
from django.db import migrations, models

import core.money


class Migration(migrations.Migration):
    dependencies = [
        ("analytics", "0008_shares"),
        ("parks", "0004_events"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="EventClaim",
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
                ("said_by", models.CharField(max_length=100, verbose_name="who said it")),
                (
                    "reach",
                    models.CharField(
                        choices=[
                            ("town", "the whole town, nobody knows how many rooms"),
                            ("rooms", "so many live rooms"),
                            ("entrants", "the firms that take part"),
                        ],
                        max_length=16,
                        verbose_name="whose sales",
                    ),
                ),
                ("rooms", models.PositiveIntegerField(blank=True, null=True, verbose_name="live rooms")),
                ("first_day", models.DateField(verbose_name="first day")),
                ("last_day", models.DateField(verbose_name="last day")),
                ("sales", core.money.MoneyField(verbose_name="sales stated (CNY)")),
                ("made_at", models.DateTimeField(auto_now_add=True, verbose_name="entered at")),
                (
                    "event",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="claims",
                        to="parks.event",
                        verbose_name="event",
                    ),
                ),
                (
                    "made_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="entered by",
                    ),
                ),
            ],
            options={
                "verbose_name": "sales stated of an event",
                "verbose_name_plural": "sales stated of events",
                "ordering": ["-pk"],
            },
        ),
        migrations.CreateModel(
            name="EventVerdict",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("version", models.PositiveIntegerField(verbose_name="version")),
                (
                    "verdict",
                    models.CharField(
                        choices=[
                            ("verified", "verified"),
                            ("doubtful", "doubtful"),
                            ("cannot_tell", "cannot tell"),
                        ],
                        max_length=16,
                        verbose_name="verdict",
                    ),
                ),
                ("reasons", models.CharField(max_length=200, verbose_name="reasons")),
                ("witnesses", models.JSONField(default=list, verbose_name="witnesses")),
                ("inputs_hash", models.CharField(max_length=64, verbose_name="hash of the inputs")),
                ("judged_at", models.DateTimeField(auto_now_add=True, verbose_name="judged at")),
                (
                    "claim",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="verdicts",
                        to="analytics.eventclaim",
                        verbose_name="sales stated",
                    ),
                ),
            ],
            options={
                "verbose_name": "verdict on an event",
                "verbose_name_plural": "verdicts on events",
                "ordering": ["-pk"],
            },
        ),
        migrations.AddConstraint(
            model_name="eventclaim",
            constraint=models.CheckConstraint(
                condition=models.Q(("sales__gte", 0)), name="analytics_eventclaim_sales"
            ),
        ),
        migrations.AddConstraint(
            model_name="eventclaim",
            constraint=models.CheckConstraint(
                condition=models.Q(("first_day__lte", models.F("last_day"))), name="analytics_eventclaim_days"
            ),
        ),
        migrations.AddConstraint(
            model_name="eventclaim",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("reach", "rooms"), ("rooms__gt", 0)),
                    models.Q(models.Q(("reach", "rooms"), _negated=True), ("rooms__isnull", True)),
                    _connector="OR",
                ),
                name="analytics_eventclaim_rooms",
            ),
        ),
        migrations.AddConstraint(
            model_name="eventverdict",
            constraint=models.UniqueConstraint(
                fields=("claim", "version"), name="analytics_eventverdict_once"
            ),
        ),
    ]
