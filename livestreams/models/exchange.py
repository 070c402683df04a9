"""The exchange between parks: free times of rooms and hosts that are offered, and what others ask of them."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.clock import local
from core.models import PublicIdMixin, Scope, ScopeNode, StampedMixin
from core.money import MoneyField
from livestreams.choices import ExchangeState
from livestreams.models.host import Host
from livestreams.models.room import LiveRoom
from livestreams.querysets import ExchangeOfferQuerySet, ExchangeRequestQuerySet
from parks.models import Park
from tenants.models import Tenant


class ExchangeOffer(PublicIdMixin, StampedMixin):
    """A park's room or a firm's host, to be had by others within [starts_at, ends_at) where it is free.

    The giver is the park whose room or own host it is, or the firm of the host, which sat in `park` then. Free times
    are not stored: they follow from bookings, hours and absences (livestreams.exchange). Whoever stands at a place of
    `places` or below it is told of the offer; to how many others it goes is the giver's own affair.
    """

    giver = models.ForeignKey(
        ScopeNode, models.PROTECT, related_name="exchange_offers", verbose_name=_("given by")
    )
    park = models.ForeignKey(Park, models.PROTECT, related_name="exchange_offers", verbose_name=_("park"))
    room = models.ForeignKey(
        LiveRoom,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="exchange_offers",
        verbose_name=_("live room"),
    )
    host = models.ForeignKey(
        Host, models.PROTECT, null=True, blank=True, related_name="exchange_offers", verbose_name=_("host")
    )
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"))
    hourly_rate = MoneyField(_("hourly rate (CNY)"))
    is_instant = models.BooleanField(
        _("booked at once"),
        default=False,
        help_text=_("Whoever asks for a free time has it, without an answer of yours."),
    )
    note = models.CharField(_("note"), max_length=200, blank=True)
    places = models.ManyToManyField(
        ScopeNode, related_name="exchange_offers_told", verbose_name=_("offered to")
    )
    withdrawn_at = models.DateTimeField(_("withdrawn at"), null=True, blank=True)

    objects = ExchangeOfferQuerySet.as_manager()

    scope = Scope(nodes=("giver_id",), park="park_id", told="places")

    class Meta:
        verbose_name = _("offer to other parks")
        verbose_name_plural = _("offers to other parks")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="livestreams_offer_order"),
            models.CheckConstraint(
                condition=Q(room__isnull=False, host__isnull=True) | Q(room__isnull=True, host__isnull=False),
                name="livestreams_offer_one_thing",
            ),
            models.CheckConstraint(condition=Q(hourly_rate__gte=0), name="livestreams_offer_rate"),
        ]

    def __str__(self) -> str:
        return f"{self.lent} · {self.giver_name}"

    @property
    def lent(self) -> Any:
        """The room or the host."""
        return self.room or self.host

    @property
    def giver_name(self) -> str:
        """The giver in the language of the reader."""
        return str(getattr(self.giver, "park", None) or getattr(self.giver, "tenant", self.giver))


def _of_either_park(nodes: Any) -> Q:
    return Q(park__in=nodes) | Q(offer__park__in=nodes)


class ExchangeRequest(PublicIdMixin, StampedMixin):
    """A tenant of another park asks for a time of an offer. Accepted, it is the grant on which its booking rests.

    Whoever borrows a host names a room of its own park, whoever borrows a room may bring a host of its own.
    `park` is where the tenant sat when it asked; rate and price are those of what is lent, as they were then.
    """

    offer = models.ForeignKey(ExchangeOffer, models.PROTECT, related_name="requests", verbose_name=_("offer"))
    park = models.ForeignKey(Park, models.PROTECT, related_name="exchange_requests", verbose_name=_("park"))
    tenant = models.ForeignKey(
        Tenant, models.PROTECT, related_name="exchange_requests", verbose_name=_("tenant")
    )
    room = models.ForeignKey(
        LiveRoom, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("own live room")
    )
    host = models.ForeignKey(
        Host, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("own host")
    )
    starts_at = models.DateTimeField(_("starts at"))
    ends_at = models.DateTimeField(_("ends at"))
    hourly_rate = MoneyField(_("hourly rate (CNY)"))
    price = MoneyField(_("price (CNY)"))
    note = models.CharField(_("note"), max_length=200, blank=True)
    state = models.CharField(
        _("state"), max_length=16, choices=ExchangeState, default=ExchangeState.REQUESTED
    )
    expires_at = models.DateTimeField(_("expires at"))
    answer = models.CharField(_("answer"), max_length=200, blank=True)

    objects = ExchangeRequestQuerySet.as_manager()

    scope = Scope(nodes=("tenant_id", "offer__giver_id"), park=_of_either_park)

    class Meta:
        verbose_name = _("request to another park")
        verbose_name_plural = _("requests between parks")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="livestreams_exchange_order")
        ]
        indexes = [models.Index(fields=["state", "expires_at"], name="livestreams_exchange_due")]

    def __str__(self) -> str:
        return f"{self.offer.lent} · {local(self.starts_at):%Y-%m-%d %H:%M}"

    @property
    def lends_room(self) -> bool:
        """Whether the room is the giver's; with a host who is lent it is one of the guest's own park."""
        return self.offer.room_id is not None
