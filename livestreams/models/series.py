"""Bookings of the same hours every week."""

from __future__ import annotations

from datetime import date, datetime

from django.db import models
from django.db.models import F, Q
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from core.clock import MINUTE
from core.models import PublicIdMixin, Scope, StampedMixin
from livestreams.models.host import Host
from livestreams.models.room import LiveRoom
from tenants.models import Tenant


class BookingSeries(PublicIdMixin, StampedMixin):
    """A room at the same hours of the same weekdays; each booking of it stands on its own.

    `skipped` holds the days that were left out, each with its reason: {"day": ISO date, "reason": text}.
    """

    room = models.ForeignKey(LiveRoom, models.PROTECT, related_name="series", verbose_name=_("live room"))
    tenant = models.ForeignKey(
        Tenant, models.PROTECT, related_name="booking_series", verbose_name=_("tenant")
    )
    host = models.ForeignKey(
        Host, models.PROTECT, null=True, blank=True, related_name="booking_series", verbose_name=_("host")
    )
    first_day = models.DateField(_("first day"))
    last_day = models.DateField(_("last day"))
    weekdays = models.JSONField(_("weekdays"), help_text=_("0 is Monday."))
    starts_at = models.TimeField(_("starts at"))
    minutes = models.PositiveIntegerField(_("length (minutes)"))
    purpose = models.CharField(_("purpose"), max_length=200, blank=True)
    skipped = models.JSONField(_("days left out"), default=list, blank=True)

    scope = Scope(nodes=("tenant_id",), park="room__park_id", user="host__user_id")

    class Meta:
        verbose_name = _("series of bookings")
        verbose_name_plural = _("series of bookings")
        ordering = ["-first_day", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(last_day__gte=F("first_day"), minutes__gt=0), name="livestreams_series_order"
            )
        ]

    def __str__(self) -> str:
        return f"{self.room} {self.rhythm} · {self.first_day:%Y-%m-%d}–{self.last_day:%Y-%m-%d}"

    @property
    def rhythm(self) -> str:
        """When it comes round, as people say it: its weekdays and hours."""
        days = sorted(set(self.weekdays))
        named = "/".join(str(WEEKDAYS[day]) for day in days)
        every = (
            gettext("Every day")
            if len(days) == len(WEEKDAYS)
            else gettext("Every %(days)s") % {"days": named}
        )
        ends_at = datetime.combine(date.min, self.starts_at) + self.minutes * MINUTE
        return f"{every} {self.starts_at:%H:%M}–{ends_at:%H:%M}"

    @property
    def left_out(self) -> list[tuple[date, str]]:
        """The days left out, each with why in words."""
        return [(date.fromisoformat(day["day"]), _why(day["reason"])) for day in self.skipped]


def _why(code: str) -> str:
    """Why a day was left out, by the code of its refusal; empty: somebody wished it."""
    said = {
        "": gettext("as wished"),
        "overlap": gettext("the room or the host is taken"),
        "maintenance": gettext("the room is under maintenance"),
        "closed": gettext("outside opening hours"),
        "host_away": gettext("the host is away"),
        "quota": gettext("the firm's quota is used up"),
        "past": gettext("already over"),
    }
    return said.get(code) or gettext("cannot be had")
