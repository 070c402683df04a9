"""What a person may say of the lines of an order, whether they wait or have their answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from livestreams.models import LiveSession
from supplychain.attribution.ledger import facts_of, window_of
from supplychain.attribution.lines import Fact, told_together
from supplychain.attribution.rule import within
from supplychain.attribution.stages import sessions_of
from tenants.choices import Platform
from tenants.models import Tenant

FactName = tuple[str, str]
"""Source and external id, of one seller."""


@dataclass(frozen=True)
class Choice:
    """The facts that get one answer together, and the sessions that may be it."""

    ids: list[int]
    candidates: list[LiveSession]


def choices_of(seller: Tenant, order_no: str) -> dict[FactName, Choice]:
    """What can be said of an order of a seller, by the fact that speaks for its line.

    Candidates are the seller's sessions that were on air then or had ended within its window: all those that a line
    which waits may have, by whatever account.
    """
    told = [
        (together[0].source, together, _paid_at(together[0], facts))
        for facts in facts_of(seller, [order_no]).values()
        for together in told_together(facts)
    ]
    if not told:
        return {}
    window = window_of(seller.pk)
    instants = [at for _source, _facts, at in told]
    near = sessions_of(seller).filter(started_at__lte=max(instants)).select_related("host")
    near = near.filter(Q(ended_at__isnull=True) | Q(ended_at__gt=min(instants) - window))
    sessions = list(near.order_by("started_at", "pk"))
    return {
        (source, together[0].external_id): Choice(
            [fact.id for fact in together],
            [
                session
                for session in sessions
                if session.started_at is not None
                and within(at, session.started_at, session.ended_at and session.ended_at + window)
                and (source not in Platform.values or session.platform == source)
            ],
        )
        for source, together, at in told
    }


def _paid_at(fact: Fact, order: list[Fact]) -> datetime:
    """When it was sold: what comes back of an order as a whole was sold with it."""
    if fact.makes_a_line:
        return fact.occurred_at
    return min((other.occurred_at for other in order if other.makes_a_line), default=fact.occurred_at)
