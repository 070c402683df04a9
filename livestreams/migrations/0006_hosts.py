"""Hosts as a park has them: engagements, accounts, absences, shifts, training and incubation."""

from typing import Any

import django.db.models.deletion
import uuid6
from django.db import migrations, models

import core.money
from core.clock import business_day


def name_shifts(apps: Any, schema_editor: Any) -> None:
    """A public id for each shift that has none."""
    shifts = apps.get_model("livestreams", "HostShift").objects
    for pk in shifts.filter(uid__isnull=True).values_list("pk", flat=True).iterator():
        shifts.filter(pk=pk).update(uid=uuid6.uuid7())


def lift_old_rule(apps: Any, schema_editor: Any) -> None:
    """The rule on hosts' shifts now holds for controllers too and has another name; `migrate` installs it."""
    for name in ("livestreams_hostshift_no_overlap_insert", "livestreams_hostshift_no_overlap_update"):
        if schema_editor.connection.vendor == "sqlite":
            schema_editor.execute(f"DROP TRIGGER IF EXISTS {name}")
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(
            "ALTER TABLE livestreams_hostshift DROP CONSTRAINT IF EXISTS livestreams_hostshift_no_overlap"
        )


def employ(apps: Any, schema_editor: Any) -> None:
    """Who was marked as an employee is engaged as one, from the day on which the record was made."""
    hosts = apps.get_model("livestreams", "Host").objects.filter(is_employee=True)
    apps.get_model("livestreams", "Engagement").objects.bulk_create(
        [
            apps.get_model("livestreams", "Engagement")(
                host_id=host.pk, kind="employee", from_day=business_day(host.created_at)
            )
            for host in hosts.iterator()
        ]
    )


class Migration(migrations.Migration):
    dependencies = [
        ("livestreams", "0005_reported_sessions"),
        ("parks", "0003_stream_settings"),
        ("tenants", "0001_tenants_and_leases"),
    ]

    operations = [
        migrations.AddField(
            model_name="host",
            name="markets",
            field=models.JSONField(blank=True, default=list, verbose_name="markets"),
        ),
        migrations.AddField(
            model_name="host",
            name="weekly_hours",
            field=models.JSONField(
                blank=True,
                default=list,
                help_text="When the host can be booked: 1-5 09:00-18:00 for Monday to Friday. None: at any time.",
                verbose_name="hours of the week",
            ),
        ),
        migrations.CreateModel(
            name="Course",
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
                ("closed_on", models.DateField(blank=True, null=True, verbose_name="closed on")),
                ("name_zh", models.CharField(max_length=200, verbose_name="Chinese name")),
                ("name_en", models.CharField(blank=True, max_length=200, verbose_name="English name")),
                ("code", models.SlugField(max_length=64, unique=True, verbose_name="code")),
                (
                    "valid_days",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        help_text="Empty: for good.",
                        null=True,
                        verbose_name="certificate is valid for (days)",
                    ),
                ),
                (
                    "park",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="courses",
                        to="parks.park",
                        verbose_name="park",
                    ),
                ),
            ],
            options={
                "verbose_name": "course",
                "verbose_name_plural": "courses",
                "ordering": ["code"],
            },
        ),
        migrations.CreateModel(
            name="CourseRun",
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
                ("first_day", models.DateField(verbose_name="first day")),
                ("last_day", models.DateField(verbose_name="last day")),
                ("trainer", models.CharField(blank=True, max_length=100, verbose_name="trainer")),
                ("seats", models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="seats")),
                (
                    "course",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="runs",
                        to="livestreams.course",
                        verbose_name="course",
                    ),
                ),
            ],
            options={
                "verbose_name": "course run",
                "verbose_name_plural": "course runs",
                "ordering": ["-first_day", "pk"],
            },
        ),
        migrations.CreateModel(
            name="Engagement",
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
                    "kind",
                    models.CharField(
                        choices=[
                            ("agency", "under contract with an agency"),
                            ("employee", "employee of the firm"),
                            ("park", "the park's own host"),
                        ],
                        max_length=16,
                        verbose_name="kind",
                    ),
                ),
                ("from_day", models.DateField(verbose_name="from")),
                ("to_day", models.DateField(blank=True, null=True, verbose_name="until")),
                (
                    "monthly_sessions",
                    models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="sessions a month"),
                ),
                (
                    "company",
                    models.ForeignKey(
                        blank=True,
                        help_text="The legal person of the contract, if it is not the firm's own.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="engagements",
                        to="tenants.company",
                        verbose_name="employer",
                    ),
                ),
                (
                    "host",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="engagements",
                        to="livestreams.host",
                        verbose_name="host",
                    ),
                ),
                (
                    "park",
                    models.ForeignKey(
                        blank=True,
                        help_text="Whose own host it is; empty for the others.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="own_hosts",
                        to="parks.park",
                        verbose_name="park",
                    ),
                ),
            ],
            options={
                "verbose_name": "engagement",
                "verbose_name_plural": "engagements",
                "ordering": ["host", "-from_day"],
            },
        ),
        migrations.CreateModel(
            name="Enrolment",
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
                    "result",
                    models.CharField(
                        choices=[
                            ("enrolled", "enrolled"),
                            ("passed", "passed"),
                            ("failed", "not passed"),
                            ("absent", "did not come"),
                        ],
                        default="enrolled",
                        max_length=16,
                        verbose_name="result",
                    ),
                ),
                ("score", models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="score")),
                (
                    "host",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="enrolments",
                        to="livestreams.host",
                        verbose_name="host",
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="enrolments",
                        to="livestreams.courserun",
                        verbose_name="course run",
                    ),
                ),
            ],
            options={
                "verbose_name": "enrolment",
                "verbose_name_plural": "enrolments",
                "ordering": ["-pk"],
            },
        ),
        migrations.CreateModel(
            name="HostAbsence",
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
                    "kind",
                    models.CharField(
                        choices=[("leave", "leave"), ("illness", "illness"), ("other", "other reason")],
                        max_length=16,
                        verbose_name="reason",
                    ),
                ),
                ("starts_at", models.DateTimeField(verbose_name="from")),
                ("ends_at", models.DateTimeField(verbose_name="until")),
                ("withdrawn_at", models.DateTimeField(blank=True, null=True, verbose_name="withdrawn at")),
                (
                    "host",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="absences",
                        to="livestreams.host",
                        verbose_name="host",
                    ),
                ),
            ],
            options={
                "verbose_name": "absence",
                "verbose_name_plural": "absences",
                "ordering": ["-starts_at"],
            },
        ),
        migrations.CreateModel(
            name="HostAccount",
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
                ("closed_on", models.DateField(blank=True, null=True, verbose_name="closed on")),
                (
                    "platform",
                    models.CharField(
                        choices=[
                            ("douyin", "Douyin"),
                            ("kuaishou", "Kuaishou"),
                            ("taobao", "Taobao"),
                            ("1688", "1688"),
                            ("wechat", "WeChat Channels"),
                            ("xiaohongshu", "Xiaohongshu"),
                            ("jd", "JD"),
                            ("pinduoduo", "Pinduoduo"),
                            ("tiktok", "TikTok Shop"),
                            ("other", "other"),
                        ],
                        max_length=16,
                        verbose_name="platform",
                    ),
                ),
                ("account", models.CharField(max_length=100, verbose_name="account")),
                (
                    "host",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="accounts",
                        to="livestreams.host",
                        verbose_name="host",
                    ),
                ),
            ],
            options={
                "verbose_name": "host's account",
                "verbose_name_plural": "hosts' accounts",
                "ordering": ["host", "platform", "account"],
            },
        ),
        migrations.CreateModel(
            name="FollowerReading",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("day", models.DateField(verbose_name="day")),
                ("version", models.PositiveIntegerField(default=1, verbose_name="version")),
                ("followers", models.PositiveBigIntegerField(verbose_name="followers")),
                ("source", models.CharField(blank=True, max_length=32, verbose_name="source")),
                ("received_at", models.DateTimeField(auto_now_add=True, verbose_name="received at")),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="readings",
                        to="livestreams.hostaccount",
                        verbose_name="host's account",
                    ),
                ),
            ],
            options={
                "verbose_name": "follower reading",
                "verbose_name_plural": "follower readings",
                "ordering": ["-day", "-version"],
            },
        ),
        migrations.CreateModel(
            name="IncubationStage",
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
                ("name_zh", models.CharField(max_length=200, verbose_name="Chinese name")),
                ("name_en", models.CharField(blank=True, max_length=200, verbose_name="English name")),
                (
                    "number",
                    models.PositiveSmallIntegerField(
                        help_text="Stages follow each other by it.", verbose_name="number"
                    ),
                ),
                ("cost", core.money.MoneyField(default=0, verbose_name="cost (CNY)")),
                (
                    "needs_sessions",
                    models.PositiveIntegerField(default=0, verbose_name="sessions held, at least"),
                ),
                (
                    "needs_hours",
                    models.PositiveIntegerField(default=0, verbose_name="hours worked, at least"),
                ),
                (
                    "needs_followers",
                    models.PositiveBigIntegerField(
                        default=0, verbose_name="followers of one account, at least"
                    ),
                ),
                (
                    "needs_course",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="opens_stages",
                        to="livestreams.course",
                        verbose_name="valid certificate of",
                    ),
                ),
                (
                    "park",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="stages",
                        to="parks.park",
                        verbose_name="park",
                    ),
                ),
            ],
            options={
                "verbose_name": "incubation stage",
                "verbose_name_plural": "incubation stages",
                "ordering": ["park", "number"],
            },
        ),
        migrations.CreateModel(
            name="HostStage",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("entered_on", models.DateField(verbose_name="entered on")),
                ("cost", core.money.MoneyField(verbose_name="cost (CNY)")),
                (
                    "host",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="stages",
                        to="livestreams.host",
                        verbose_name="host",
                    ),
                ),
                (
                    "stage",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="entries",
                        to="livestreams.incubationstage",
                        verbose_name="incubation stage",
                    ),
                ),
            ],
            options={
                "verbose_name": "host's stage",
                "verbose_name_plural": "hosts' stages",
                "ordering": ["-pk"],
            },
        ),
        migrations.CreateModel(
            name="PlannedShift",
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
                    "role",
                    models.CharField(
                        choices=[("host", "host"), ("controller", "controller")],
                        default="host",
                        max_length=16,
                        verbose_name="role",
                    ),
                ),
                ("starts_at", models.DateTimeField(verbose_name="from")),
                ("ends_at", models.DateTimeField(verbose_name="until")),
                ("released", models.BooleanField(default=False, editable=False, verbose_name="given up")),
                (
                    "booking",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="shifts",
                        to="livestreams.booking",
                        verbose_name="booking",
                    ),
                ),
                (
                    "host",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="planned_shifts",
                        to="livestreams.host",
                        verbose_name="host",
                    ),
                ),
            ],
            options={
                "verbose_name": "planned shift",
                "verbose_name_plural": "planned shifts",
                "ordering": ["starts_at", "pk"],
            },
        ),
        migrations.CreateModel(
            name="Certificate",
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
                ("title", models.CharField(max_length=200, verbose_name="title")),
                ("number", models.CharField(blank=True, max_length=64, verbose_name="number")),
                ("issued_on", models.DateField(verbose_name="issued on")),
                (
                    "expires_on",
                    models.DateField(
                        blank=True, help_text="Empty: for good.", null=True, verbose_name="valid until"
                    ),
                ),
                (
                    "host",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="certificates",
                        to="livestreams.host",
                        verbose_name="host",
                    ),
                ),
                (
                    "course",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="certificates",
                        to="livestreams.course",
                        verbose_name="course",
                    ),
                ),
            ],
            options={
                "verbose_name": "certificate",
                "verbose_name_plural": "certificates",
                "ordering": ["-issued_on", "-pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("expires_on__isnull", True),
                            ("expires_on__gte", models.F("issued_on")),
                            _connector="OR",
                        ),
                        name="livestreams_certificate_order",
                    )
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="courserun",
            constraint=models.CheckConstraint(
                condition=models.Q(("last_day__gte", models.F("first_day"))),
                name="livestreams_courserun_order",
            ),
        ),
        migrations.AddConstraint(
            model_name="engagement",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("to_day__isnull", True), ("to_day__gt", models.F("from_day")), _connector="OR"
                ),
                name="livestreams_engagement_order",
            ),
        ),
        migrations.AddConstraint(
            model_name="engagement",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "park"), ("park__isnull", False)),
                    models.Q(models.Q(("kind", "park"), _negated=True), ("park__isnull", True)),
                    _connector="OR",
                ),
                name="livestreams_engagement_park",
            ),
        ),
        migrations.AddConstraint(
            model_name="enrolment",
            constraint=models.UniqueConstraint(fields=("run", "host"), name="livestreams_enrolment_once"),
        ),
        migrations.AddConstraint(
            model_name="hostabsence",
            constraint=models.CheckConstraint(
                condition=models.Q(("ends_at__gt", models.F("starts_at"))), name="livestreams_absence_order"
            ),
        ),
        migrations.AddConstraint(
            model_name="hostaccount",
            constraint=models.UniqueConstraint(
                fields=("host", "platform", "account"), name="livestreams_account_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="followerreading",
            constraint=models.UniqueConstraint(
                fields=("account", "day", "version"), name="livestreams_followers_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="incubationstage",
            constraint=models.UniqueConstraint(fields=("park", "number"), name="livestreams_stage_once"),
        ),
        migrations.AddConstraint(
            model_name="incubationstage",
            constraint=models.CheckConstraint(
                condition=models.Q(("cost__gte", 0)), name="livestreams_stage_cost"
            ),
        ),
        migrations.AddConstraint(
            model_name="hoststage",
            constraint=models.UniqueConstraint(fields=("host", "stage"), name="livestreams_hoststage_once"),
        ),
        migrations.AddConstraint(
            model_name="hoststage",
            constraint=models.CheckConstraint(
                condition=models.Q(("cost__gte", 0)), name="livestreams_hoststage_cost"
            ),
        ),
        migrations.AddConstraint(
            model_name="plannedshift",
            constraint=models.CheckConstraint(
                condition=models.Q(("ends_at__gt", models.F("starts_at"))),
                name="livestreams_plannedshift_order",
            ),
        ),
        migrations.AddField(
            model_name="hostshift",
            name="uid",
            field=models.UUIDField(editable=False, null=True, verbose_name="public id"),
        ),
        migrations.RunPython(name_shifts, migrations.RunPython.noop),
        migrations.AlterField(
            model_name="hostshift",
            name="uid",
            field=models.UUIDField(
                default=uuid6.uuid7, editable=False, unique=True, verbose_name="public id"
            ),
        ),
        migrations.RunPython(lift_old_rule, migrations.RunPython.noop),
        migrations.RunPython(employ, migrations.RunPython.noop),
        migrations.RemoveField(model_name="host", name="is_employee"),
    ]
