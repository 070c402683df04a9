"""What is stated of the sales of an event, and the verdicts on it."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from analytics.choices import EventReach, Verdict
from core import dbrules
from core.models import PublicIdMixin, Scope, User
from core.money import MoneyField
from parks.models import Event


class EventClaim(PublicIdMixin):
    """Sales that somebody stated of an event: whose, and of which business days (both included). Each one stands."""

    event = models.ForeignKey(Event, models.PROTECT, related_name="claims", verbose_name=_("event"))
    said_by = models.CharField(_("who said it"), max_length=100)
    reach = models.CharField(_("whose sales"), max_length=16, choices=EventReach)
    rooms = models.PositiveIntegerField(_("live rooms"), null=True, blank=True)
    first_day = models.DateField(_("first day"))
    last_day = models.DateField(_("last day"))
    sales = MoneyField(_("sales stated (CNY)"))
    made_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", verbose_name=_("entered by")
    )
    made_at = models.DateTimeField(_("entered at"), auto_now_add=True)

    scope = Scope(nodes=("event__park_id",), seen_from=("event__venues__park_id",))
    database_rules = (dbrules.AppendOnly(),)

    class Meta:
        verbose_name = _("sales stated of an event")
        verbose_name_plural = _("sales stated of events")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(sales__gte=0), name="analytics_eventclaim_sales"),
            models.CheckConstraint(
                condition=Q(first_day__lte=F("last_day")), name="analytics_eventclaim_days"
            ),
            models.CheckConstraint(
                condition=Q(reach=EventReach.ROOMS, rooms__gt=0)
                | (~Q(reach=EventReach.ROOMS) & Q(rooms__isnull=True)),
                name="analytics_eventclaim_rooms",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event} · {self.said_by}"


class EventVerdictQuerySet(models.QuerySet["EventVerdict"]):
    def current(self) -> EventVerdictQuerySet:
        """The newest version on each statement."""
        newer = EventVerdict.objects.filter(
            claim=models.OuterRef("claim"), version__gt=models.OuterRef("version")
        )
        return self.filter(~models.Exists(newer))


class EventVerdict(models.Model):
    """A verdict on what was stated of an event, as the facts stood; its columns are those of a `TrustVerdict`."""

    claim = models.ForeignKey(
        EventClaim, models.PROTECT, related_name="verdicts", verbose_name=_("sales stated")
    )
    version = models.PositiveIntegerField(_("version"))
    verdict = models.CharField(_("verdict"), max_length=16, choices=Verdict)
    reasons = models.CharField(_("reasons"), max_length=200)
    witnesses = models.JSONField(_("witnesses"), default=list)
    inputs_hash = models.CharField(_("hash of the inputs"), max_length=64)
    judged_at = models.DateTimeField(_("judged at"), auto_now_add=True)

    objects = EventVerdictQuerySet.as_manager()

    scope = Scope(nodes=("claim__event__park_id",), seen_from=("claim__event__venues__park_id",))
    database_rules = (dbrules.AppendOnly(),)

    class Meta:
        verbose_name = _("verdict on an event")
        verbose_name_plural = _("verdicts on events")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["claim", "version"], name="analytics_eventverdict_once"),
        ]

    def __str__(self) -> str:
        return f"{self.claim} · {self.get_verdict_display()}"
