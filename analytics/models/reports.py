"""Which row of a platform's report was read for a session, when it is due again, what was taken back of it, and
where none will come."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from analytics.choices import ReadBy
from analytics.models.trust import SessionClaim
from core import dbrules
from core.models import Scope, User
from livestreams.models import LiveSession
from supplychain.models import ImportBatch


class SessionReadingQuerySet(models.QuerySet["SessionReading"]):
    def standing(self) -> SessionReadingQuerySet:
        """Those that nobody has taken back: only they say anything of their session."""
        return self.filter(withdrawal__isnull=True)


class SessionReading(models.Model):
    """A row of a report that was read for a session. What it stated is the claim; each reading is kept.

    `row` is what the platform says (a SessionRow; empty where it was read before rows were kept), `key` is what the
    platform calls the session (its live id, or account and beginning, or without an account beginning and end),
    `account` which account was on air, `due_at` when the report is to be read again, null when never. The latest
    reading of a session that stands counts.
    """

    session = models.ForeignKey(
        LiveSession, models.PROTECT, related_name="readings", verbose_name=_("live session")
    )
    claim = models.ForeignKey(
        SessionClaim, models.PROTECT, related_name="readings", verbose_name=_("figures stated")
    )
    batch = models.ForeignKey(ImportBatch, models.PROTECT, related_name="readings", verbose_name=_("file"))
    line_no = models.PositiveIntegerField(_("line of the file"))
    row = models.JSONField(_("row of the report"), default=dict)
    key = models.CharField(_("key of the platform"), max_length=160)
    account = models.CharField(_("account"), max_length=100, blank=True)
    how = models.CharField(_("found by"), max_length=8, choices=ReadBy)
    provisional = models.BooleanField(_("not counted to the end yet"), default=False)
    due_at = models.DateTimeField(_("due again"), null=True)
    read_at = models.DateTimeField(_("read at"))
    made_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", verbose_name=_("imported by")
    )

    objects = SessionReadingQuerySet.as_manager()

    scope = Scope(nodes=("session__tenant_id",), park="session__park_id", user="session__host__user_id")
    database_rules = (dbrules.AppendOnly(),)

    class Meta:
        verbose_name = _("reading of a report")
        verbose_name_plural = _("readings of reports")
        ordering = ["-id"]
        indexes = [models.Index(fields=["key"], name="analytics_reading_key")]

    def __str__(self) -> str:
        return f"{self.session} · {self.key}"


class ReadingWithdrawal(models.Model):
    """Somebody says that a row was not about the session that it was read for. The reading does not count any more."""

    reading = models.OneToOneField(
        SessionReading, models.PROTECT, related_name="withdrawal", verbose_name=_("reading of a report")
    )
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    made_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", verbose_name=_("taken back by")
    )
    made_at = models.DateTimeField(_("taken back at"), auto_now_add=True)

    scope = Scope(
        nodes=("reading__session__tenant_id",),
        park="reading__session__park_id",
        user="reading__session__host__user_id",
    )
    database_rules = (dbrules.AppendOnly(),)

    class Meta:
        verbose_name = _("reading taken back")
        verbose_name_plural = _("readings taken back")

    def __str__(self) -> str:
        return str(self.reading)


class ReportExpectationQuerySet(models.QuerySet["ReportExpectation"]):
    def none_comes(self) -> ReportExpectationQuerySet:
        """What stands of "no report will come": said last of its session, and no report came after it."""
        later = ReportExpectation.objects.filter(
            session=models.OuterRef("session"), pk__gt=models.OuterRef("pk")
        )
        came = SessionReading.objects.standing().filter(
            session=models.OuterRef("session"), read_at__gt=models.OuterRef("made_at")
        )
        return self.filter(~models.Exists(later), ~models.Exists(came), expected=False)


class ReportExpectation(models.Model):
    """Somebody says that no report will come on a session (any more), or that one is expected again after all."""

    session = models.ForeignKey(
        LiveSession, models.PROTECT, related_name="report_expectations", verbose_name=_("live session")
    )
    expected = models.BooleanField(_("a report is expected"))
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    made_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("said by"))
    made_at = models.DateTimeField(_("said at"))

    objects = ReportExpectationQuerySet.as_manager()

    scope = Scope(nodes=("session__tenant_id",), park="session__park_id", user="session__host__user_id")
    database_rules = (dbrules.AppendOnly(),)

    class Meta:
        verbose_name = _("expected report")
        verbose_name_plural = _("expected reports")
        ordering = ["-id"]

    def __str__(self) -> str:
        said = _("a report is expected") if self.expected else _("no report will come")
        return f"{self.session} · {said}"
