"""Who takes part in a festival."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.models import ClosableMixin, PublicIdMixin, Scope, StampedMixin
from parks.models import Event, Park
from tenants.models.tenant import Tenant


def parks_of_entry(entry: str = "") -> Callable[[Any], Q]:
    """The `park` of what a tenant enters: where it takes part, and whoever organises the event."""

    def rows(parks: Any) -> Q:
        return Q(**{f"{entry}park__in": parks}) | Q(**{f"{entry}event__park__in": parks})

    return rows


class EventEntry(PublicIdMixin, StampedMixin, ClosableMixin):
    """A tenant takes part in an event, at the venue of the park it sits in. Closed, it has withdrawn or was sent away.

    Entering, it agrees that the leaderboard shows it at every venue as the wall does at home: by its own choice of
    amount, rank only or hidden (Tenant.wall_visibility).
    """

    event = models.ForeignKey(Event, models.PROTECT, related_name="entries", verbose_name=_("event"))
    tenant = models.ForeignKey(Tenant, models.PROTECT, related_name="event_entries", verbose_name=_("tenant"))
    park = models.ForeignKey(Park, models.PROTECT, related_name="event_entries", verbose_name=_("venue"))
    sent_away = models.BooleanField(_("sent away"), default=False)

    scope = Scope(nodes=("tenant_id",), park=parks_of_entry())

    class Meta:
        verbose_name = _("entry to an event")
        verbose_name_plural = _("entries to events")
        ordering = ["event", "id"]
        constraints = [
            models.UniqueConstraint(fields=["event", "tenant"], name="tenants_entry_once"),
            models.CheckConstraint(
                condition=Q(sent_away=False) | Q(closed_on__isnull=False), name="tenants_entry_sent_away"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.tenant} · {self.event}"
