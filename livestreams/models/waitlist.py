"""Who waits for a room, and what is held for them."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.clock import local
from core.models import PublicIdMixin, Scope, StampedMixin
from livestreams.choices import BookingState, WaitState
from livestreams.models.booking import Booking
from livestreams.models.host import Host
from livestreams.models.room import LiveRoom
from livestreams.querysets import WaitlistQuerySet
from parks.models import Park
from tenants.models import Tenant


class WaitlistEntry(PublicIdMixin, StampedMixin):
    """Somebody waits for a room within [earliest, latest): what becomes free is held for the first it fits.

    How it stands follows from the booking that was offered; nothing else is stored of it.
    """

    park = models.ForeignKey(Park, models.PROTECT, related_name="waitlist", verbose_name=_("park"))
    tenant = models.ForeignKey(Tenant, models.PROTECT, related_name="waitlist", verbose_name=_("tenant"))
    room = models.ForeignKey(
        LiveRoom,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="waitlist",
        verbose_name=_("live room"),
        help_text=_("Any room when it is left empty."),
    )
    scene = models.CharField(_("scene"), max_length=100, blank=True)
    host = models.ForeignKey(
        Host, models.PROTECT, null=True, blank=True, related_name="waitlist", verbose_name=_("host")
    )
    earliest = models.DateTimeField(_("from"))
    latest = models.DateTimeField(_("until"))
    minutes = models.PositiveIntegerField(_("length (minutes)"))
    purpose = models.CharField(_("purpose"), max_length=200, blank=True)
    booking = models.OneToOneField(
        Booking, models.PROTECT, null=True, blank=True, related_name="waited", verbose_name=_("offer")
    )
    withdrawn_at = models.DateTimeField(_("withdrawn at"), null=True, blank=True)

    objects = WaitlistQuerySet.as_manager()

    scope = Scope(nodes=("tenant_id",), park="park_id", user="host__user_id")

    class Meta:
        verbose_name = _("waitlist entry")
        verbose_name_plural = _("waitlist")
        ordering = ["created_at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(latest__gt=F("earliest"), minutes__gt=0), name="livestreams_waitlist_order"
            )
        ]

    def __str__(self) -> str:
        return f"{self.tenant} · {local(self.earliest):%Y-%m-%d %H:%M}"

    @property
    def state(self) -> WaitState:
        if self.withdrawn_at is not None:
            return WaitState.WITHDRAWN
        if self.booking is None:
            return WaitState.WAITING
        if self.booking.state == BookingState.HELD:
            return WaitState.OFFERED
        return WaitState.LAPSED if self.booking.hold_expires_at is not None else WaitState.TAKEN
