"""Bookings of the same hours every week."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

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
        return f"{self.room} {self.starts_at:%H:%M} · {self.first_day:%Y-%m-%d}–{self.last_day:%Y-%m-%d}"
