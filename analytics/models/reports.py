"""When which row of a platform's report was read for a session, and when the report is due again."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from analytics.choices import ReadBy
from analytics.models.trust import SessionClaim
from core import dbrules
from core.models import Scope, User
from livestreams.models import LiveSession
from supplychain.models import ImportBatch


class SessionReading(models.Model):
    """A row of a report that was read for a session. What it stated is the claim; each reading is kept.

    `key` is what the platform calls the session (its live id, or account and beginning, or without an account
    beginning and end), `account` which account was on air, `due_at` when the report is to be read again, null when
    never. The latest reading of a session counts.
    """

    session = models.ForeignKey(
        LiveSession, models.PROTECT, related_name="readings", verbose_name=_("live session")
    )
    claim = models.ForeignKey(
        SessionClaim, models.PROTECT, related_name="readings", verbose_name=_("figures stated")
    )
    batch = models.ForeignKey(ImportBatch, models.PROTECT, related_name="readings", verbose_name=_("file"))
    line_no = models.PositiveIntegerField(_("line of the file"))
    key = models.CharField(_("key of the platform"), max_length=160)
    account = models.CharField(_("account"), max_length=100, blank=True)
    how = models.CharField(_("found by"), max_length=8, choices=ReadBy)
    provisional = models.BooleanField(_("not counted to the end yet"), default=False)
    due_at = models.DateTimeField(_("due again"), null=True)
    read_at = models.DateTimeField(_("read at"))
    made_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", verbose_name=_("imported by")
    )

    scope = Scope(nodes=("session__tenant_id",), park="session__park_id", user="session__host__user_id")
    database_rules = (dbrules.AppendOnly(),)

    class Meta:
        verbose_name = _("reading of a report")
        verbose_name_plural = _("readings of reports")
        ordering = ["-id"]
        indexes = [models.Index(fields=["key"], name="analytics_reading_key")]

    def __str__(self) -> str:
        return f"{self.session} · {self.key}"
