"""The lines that wait for a person, with the sessions that may have sold them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Exists, OuterRef, QuerySet

from livestreams.models import LiveSession
from supplychain.attribution.ledger import Judge, facts_of, window_of
from supplychain.attribution.rule import Unclear
from supplychain.attribution.stages import evidence_of
from supplychain.choices import AttributionRule, SalesKind
from supplychain.models import Attribution, SalesEvent
from tenants.models import Tenant

# What is asked at once. The next ones come up when these have their answer.
SHOWN_LINES = 1_000


@dataclass(frozen=True)
class WaitingGroup:
    """Lines of one account in the hours of the same sessions: whoever knows one of them knows them all."""

    account: str
    candidates: list[LiveSession]
    lines: list[SalesEvent]

    @property
    def key(self) -> str:
        """What tells it from the others of its firm."""
        return " ".join([*sorted(str(session.uid) for session in self.candidates), self.account])

    @property
    def amount(self) -> Decimal:
        return sum((line.amount for line in self.lines), Decimal(0))

    @property
    def since(self) -> datetime:
        return min(line.occurred_at for line in self.lines)

    @property
    def until(self) -> datetime:
        return max(line.occurred_at for line in self.lines)


def waiting_answers() -> QuerySet[Attribution]:
    """The answers that are questions: nothing newer was said of their fact."""
    newer = Attribution.objects.filter(event_id=OuterRef("event_id"), version__gt=OuterRef("version"))
    return Attribution.objects.filter(~Exists(newer), rule=AttributionRule.UNCLEAR)


def waiting_lines(seller: Tenant) -> QuerySet[SalesEvent]:
    """Payments of a seller that wait, the latest first."""
    events = waiting_answers().filter(seller=seller).values("event_id")
    lines = SalesEvent.objects.current().filter(seller=seller, kind=SalesKind.PAID)
    return lines.among(events).order_by("-slot", "-occurred_at", "-pk")


def waiting_groups(seller: Tenant) -> list[WaitingGroup]:
    """The latest lines that wait, in groups with their candidates. What has become clear since is left out."""
    lines = list(waiting_lines(seller)[:SHOWN_LINES])
    if not lines:
        return []
    window = window_of(seller.pk)
    instants = [line.occurred_at for line in lines]
    judge = Judge(seller, evidence_of(seller, min(instants), max(instants), window), window)
    orders = facts_of(seller, {line.order_no for line in lines})
    facts = {fact.id: fact for of_order in orders.values() for fact in of_order}
    judge.learn(facts.values())
    groups: dict[tuple[str, tuple[int, ...]], list[SalesEvent]] = defaultdict(list)
    for line in lines:
        fact = facts.get(line.pk)  # none: it was corrected since it was read
        result = judge(fact) if fact is not None else None
        if isinstance(result, Unclear):
            groups[line.host_ref, result.candidates].append(line)
    wanted = {key for _account, keys in groups for key in keys}
    sessions = LiveSession.objects.select_related("host").in_bulk(wanted)
    return [
        WaitingGroup(account, [sessions[key] for key in keys], of_group)
        for (account, keys), of_group in groups.items()
    ]
