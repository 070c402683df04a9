"""Festivals and campaigns (节): their phases, their venues over several parks, and what they want to reach together."""

from __future__ import annotations

from datetime import date

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.clock import DAY
from core.models import ClosableMixin, NamedMixin, PublicIdMixin, Scope
from core.money import MoneyField
from parks.choices import EventKind, EventPhase
from parks.models.park import Park


class Event(NamedMixin, PublicIdMixin, ClosableMixin):
    """A festival or campaign of an organising park, over the parks of its venues. Closed, it is called off.

    It warms up from `first_day`, has its main phase on [main_from, main_until], and sells on until `last_day`; all
    days are whole business days. An announced event may be named to the parks of near towns
    (parks.selectors.event_collisions); what else there is of it is seen by its organiser and its venues.
    """

    park = models.ForeignKey(Park, models.PROTECT, related_name="events", verbose_name=_("organising park"))
    kind = models.CharField(_("kind"), max_length=16, choices=EventKind)
    industry = models.CharField(_("industry"), max_length=100, blank=True)
    first_day = models.DateField(_("first day"))
    main_from = models.DateField(_("main phase from"))
    main_until = models.DateField(_("main phase until"))
    last_day = models.DateField(_("last day"))
    is_announced = models.BooleanField(_("parks near by may be told of it"), default=True)
    target_gmv_paid = MoneyField(_("joint target: paid GMV (CNY)"), null=True, blank=True)  # type: ignore[misc]
    target_net_sales = MoneyField(_("joint target: net sales (CNY)"), null=True, blank=True)  # type: ignore[misc]
    target_orders = models.PositiveIntegerField(_("joint target: paid orders"), null=True, blank=True)

    scope = Scope(nodes=("park_id",), seen_from=("venues__park_id",))

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        ordering = ["-first_day", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    first_day__lte=F("main_from"),
                    main_from__lte=F("main_until"),
                    main_until__lte=F("last_day"),
                ),
                name="parks_event_order",
            ),
            models.CheckConstraint(
                condition=(Q(target_gmv_paid__isnull=True) | Q(target_gmv_paid__gt=0))
                & (Q(target_net_sales__isnull=True) | Q(target_net_sales__gt=0))
                & (Q(target_orders__isnull=True) | Q(target_orders__gt=0)),
                name="parks_event_targets",
            ),
        ]

    @property
    def phases(self) -> list[tuple[EventPhase, date, date]]:
        """Its phases in order, each with its first and last day; one without a day is left out."""
        phases = [
            (EventPhase.WARM_UP, self.first_day, self.main_from - DAY),
            (EventPhase.MAIN, self.main_from, self.main_until),
            (EventPhase.AFTER, self.main_until + DAY, self.last_day),
        ]
        return [phase for phase in phases if phase[1] <= phase[2]]

    def phase_on(self, day: date) -> EventPhase | None:
        """The phase a day lies in; None before and after the event."""
        return next((phase for phase, first, last in self.phases if first <= day <= last), None)

    @property
    def targets(self) -> dict[str, object]:
        """The joint targets by metric code, without those that were not set."""
        wanted = {code: getattr(self, f"target_{code}") for code in ("gmv_paid", "net_sales", "orders")}
        return {code: value for code, value in wanted.items() if value is not None}


class EventVenue(ClosableMixin):
    """A park in which an event takes place: one is the main venue, the others are sub venues (分会场)."""

    event = models.ForeignKey(Event, models.PROTECT, related_name="venues", verbose_name=_("event"))
    park = models.ForeignKey(Park, models.PROTECT, related_name="venues", verbose_name=_("park"))
    is_main = models.BooleanField(_("main venue"), default=False)

    scope = Scope(nodes=("event__park_id",), seen_from=("event__venues__park_id",))

    class Meta:
        verbose_name = _("venue")
        verbose_name_plural = _("venues")
        ordering = ["event", "-is_main", "id"]
        constraints = [
            models.UniqueConstraint(fields=["event", "park"], name="parks_venue_once"),
            models.UniqueConstraint(fields=["event"], condition=Q(is_main=True), name="parks_venue_main"),
            models.CheckConstraint(
                condition=Q(is_main=False) | Q(closed_on__isnull=True), name="parks_venue_main_open"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.park} · {self.event}"
