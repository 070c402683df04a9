"""Bookings of live rooms, of which no two overlap."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from core.clock import MINUTE, local
from core.models import PublicIdMixin, Scope, StampedMixin
from core.money import MoneyField
from core.overlap import no_overlap
from livestreams.choices import BOOKING_BLOCKING, BookingState
from livestreams.guests import GUESTS
from livestreams.models.host import Host
from livestreams.models.room import LiveRoom
from livestreams.querysets import BookingQuerySet
from parks.models import ParkSettings
from tenants.models import Tenant

BLOCKING_SQL = "{row}.state IN (" + ", ".join(f"'{state}'" for state in BOOKING_BLOCKING) + ")"


class Booking(PublicIdMixin, StampedMixin):
    """A tenant's right to a room for [starts_at, ends_at).

    `blocked_from`/`blocked_until` are what the room is really taken for: set-up time copied in from the room
    when the booking is made, because a constraint cannot compute it.
    """

    room = models.ForeignKey(LiveRoom, models.PROTECT, related_name="bookings", verbose_name=_("live room"))
    tenant = models.ForeignKey(Tenant, models.PROTECT, related_name="bookings", verbose_name=_("tenant"))
    host = models.ForeignKey(
        Host, models.PROTECT, null=True, blank=True, related_name="bookings", verbose_name=_("host")
    )
    starts_at = models.DateTimeField(_("starts at"))
    ends_at = models.DateTimeField(_("ends at"))
    blocked_from = models.DateTimeField(editable=False)
    blocked_until = models.DateTimeField(editable=False)
    state = models.CharField(_("state"), max_length=16, choices=BookingState, default=BookingState.CONFIRMED)
    hold_expires_at = models.DateTimeField(_("held until"), null=True, blank=True)
    checked_in_at = models.DateTimeField(_("checked in at"), null=True, blank=True)
    series = models.ForeignKey(
        "BookingSeries",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="bookings",
        verbose_name=_("series"),
    )
    loan = models.OneToOneField(
        "livestreams.ExchangeRequest",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="booking",
        verbose_name=_("on loan by"),
    )
    free_until = models.DateTimeField(_("may be given back for nothing until"), null=True, editable=False)
    price = MoneyField(_("price (CNY)"), default=0)
    given_up = MoneyField(_("given up by moving late (CNY)"), default=0)
    due = MoneyField(_("due (CNY)"), default=0)
    purpose = models.CharField(_("purpose"), max_length=200, blank=True)

    objects = BookingQuerySet.as_manager()

    scope = Scope(
        nodes=("tenant_id",), park="room__park_id", park_views="loan__park_id", user="host__user_id"
    )
    database_rules = (
        no_overlap(
            "livestreams_booking",
            "room_id",
            "blocked_from",
            "blocked_until",
            kind="timestamptz",
            name="livestreams_booking_room",
            where=BLOCKING_SQL,
            open_ended=False,
        ),
        no_overlap(
            "livestreams_booking",
            "host_id",
            "starts_at",
            "ends_at",
            kind="timestamptz",
            name="livestreams_booking_host",
            where=BLOCKING_SQL,
            open_ended=False,
        ),
        GUESTS,
    )

    class Meta:
        verbose_name = _("booking")
        verbose_name_plural = _("bookings")
        ordering = ["starts_at"]
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="livestreams_booking_order"),
            models.CheckConstraint(
                condition=Q(blocked_from__lte=F("starts_at"), blocked_until__gte=F("ends_at")),
                name="livestreams_booking_blocked",
            ),
        ]
        indexes = [
            models.Index(fields=["room", "starts_at"], name="livestreams_booking_when"),
            # What stands in the way of a booking ends after it begins: all that is over is passed over.
            models.Index(fields=["room", "blocked_until"], name="livestreams_booking_ahead"),
            models.Index(fields=["host", "ends_at"], name="livestreams_booking_host_ahead"),
        ]

    def __str__(self) -> str:
        return f"{self.room} {local(self.starts_at):%Y-%m-%d %H:%M}"

    @property
    def hold_ran_out(self) -> bool:
        """Whether it was held and nobody confirmed it in time; its last change is earlier where it was given back."""
        expired = self.hold_expires_at
        return self.state == BookingState.CANCELLED and expired is not None and self.updated_at >= expired

    @property
    def state_told(self) -> str:
        """Its state in words: nobody cancelled a hold that ran out."""
        return gettext("hold ran out") if self.hold_ran_out else self.get_state_display()

    @property
    def check_in_from(self) -> datetime:
        """From when on somebody may check in. Lists read it with `room__park__settings`."""
        settings = getattr(self.room.park, "settings", None) or ParkSettings()
        return self.starts_at - settings.checkin_early_minutes * MINUTE
