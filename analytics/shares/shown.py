"""Who sold what, as far as somebody may see it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Count, Sum

from analytics.choices import SharePart
from analytics.models import SessionShare
from core import clock
from core.actors import Actor
from core.scoping import visible_to
from livestreams.models import Host, LiveSession


@dataclass(frozen=True)
class Part:
    """The shares of one part of a session, the largest first."""

    name: str
    shares: list[SessionShare]


def shares_by_part(actor: Actor, session: LiveSession) -> list[Part]:
    """The shares of a session that an actor may see, by part."""
    rows = visible_to(SessionShare.objects.filter(session=session), actor).select_related("host", "firm")
    found = sorted(rows, key=lambda row: (-row.net_sales, row.party))
    parts = ((part, [row for row in found if row.part == part]) for part in SharePart)
    # Where nobody is on record as a controller there is nothing to tell of them.
    told = ((part, rows) for part, rows in parts if part == SharePart.HOST or any(row.party for row in rows))
    return [Part(str(part.label), shares) for part, shares in told if shares]


@dataclass(frozen=True)
class HostMonth:
    """What a host sold before the camera in the sessions that began in a month: paid, given back, in how many."""

    month: date
    paid: Decimal
    refunds: Decimal
    sessions: int

    @property
    def net(self) -> Decimal:
        return self.paid - self.refunds


def host_month(actor: Actor, host: Host, day: date) -> HostMonth | None:
    """A host's shares of the sessions of a day's month, as far as an actor may see them; None without any."""
    month = clock.month_of(day)
    since, until = clock.day_start(month), clock.day_start(clock.next_month(month))
    mine = SessionShare.objects.filter(
        host=host, part=SharePart.HOST, session__started_at__gte=since, session__started_at__lt=until
    )
    sums = visible_to(mine, actor).aggregate(
        paid=Sum("gmv_paid"), refunds=Sum("refunds"), sessions=Count("session")
    )
    return HostMonth(month, sums["paid"], sums["refunds"], sums["sessions"]) if sums["sessions"] else None
