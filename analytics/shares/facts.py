"""The facts of the ledger that are shared out: the current ones, with what each adds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import NamedTuple

from django.db.models import Exists, OuterRef, QuerySet

from analytics.rollup.recount import worth_of
from analytics.shares.split import NOTHING, Measures
from core.money import to_units
from core.portions import in_turn
from livestreams.models import LiveSession
from supplychain.choices import LineType, SalesKind
from supplychain.models import Attribution, SalesEvent, Sku
from supplychain.querysets import SalesEventQuerySet
from supplychain.samenumber import paid_under

QUERY_SIZE = 5_000

Order = tuple[int, str, str]
"""Seller, source and number."""
LineKey = tuple[Order, str]


class Fact(NamedTuple):
    """A current fact of a session. `source` is that of its order: of a refund where that is paid, whoever told it."""

    id: int
    seller_id: int
    source: str
    kind: str
    line_type: str
    order_no: str
    line_no: str
    ref_order_no: str
    ref_line: str
    quantity: int
    business_day: date
    amount: int
    owner: int
    sku: int
    """0: none is known."""

    @property
    def order(self) -> Order:
        number = self.ref_order_no if self.kind == SalesKind.REFUNDED else self.order_no
        return self.seller_id, self.source, number

    @property
    def line(self) -> str:
        return self.ref_line if self.kind == SalesKind.REFUNDED else self.line_no


def facts_of(session: LiveSession) -> list[Fact]:
    """The current facts that belong to a session."""
    return [fact for fact, _session in facts_in([session])]


def facts_in(sessions: Sequence[LiveSession]) -> list[tuple[Fact, int]]:
    """The current facts that belong to some sessions, each with the id of its session."""
    answers = Attribution.objects.filter(event_id=OuterRef("pk"))
    told = SalesEvent.objects.filter(~Exists(answers), session__in=sessions)
    newer = Attribution.objects.filter(event_id=OuterRef("event_id"), version__gt=OuterRef("version"))
    given = Attribution.objects.filter(~Exists(newer), session__in=sessions)
    session_of = dict(told.values_list("pk", "session_id")) if len(sessions) > 1 else {}
    ids = dict(given.values_list("event_id", "session_id"))
    session_of |= ids
    found = read_facts(told)
    for some in in_turn(ids, QUERY_SIZE):
        found += read_facts(SalesEvent.objects.filter(pk__in=some))
    # Of one session all facts are its own. What came in between the reads is told the next time.
    only = sessions[0].pk if len(sessions) == 1 else 0
    return [(fact, place) for fact in found if (place := session_of.get(fact.id, only))]


def read_facts(events: QuerySet[SalesEvent]) -> list[Fact]:
    """Those of the events that are current."""
    rows = events.current().with_sku().values_list(*Fact._fields[:-2], "owner_id", "sku_now")  # type: ignore[attr-defined]
    read = list(rows)
    # Goods whose owner was unknown belong to whoever has the SKU that was found for them.
    owners: dict[int, int] = dict(
        Sku.objects.filter(pk__in={row[-1] for row in read if row[-1]}).values_list("pk", "tenant_id")
    )
    facts = [
        Fact._make((*row[:-3], to_units(row[-3]), owners.get(row[-1], row[-2]), row[-1] or 0)) for row in read
    ]
    payers = _payers({fact.order for fact in facts if fact.kind == SalesKind.REFUNDED and fact.ref_order_no})
    return [
        fact._replace(source=paid_under(fact.source, payers[fact.seller_id, fact.ref_order_no]))
        if fact.kind == SalesKind.REFUNDED and fact.ref_order_no
        else fact
        for fact in facts
    ]


def _payers(orders: Iterable[Order]) -> dict[tuple[int, str], set[str]]:
    """Which sources tell of a payment of the numbers of some orders, by seller and number."""
    found: dict[tuple[int, str], set[str]] = defaultdict(set)
    for seller, paid in _payments(orders):
        for number, source in paid.values_list("order_no", "source").distinct():
            found[seller, number].add(source)
    return found


def _payments(orders: Iterable[Order]) -> Iterator[tuple[int, SalesEventQuerySet]]:
    """The current payments of the numbers of some orders, by seller and as many numbers as one statement takes."""
    by_seller: dict[int, set[str]] = defaultdict(set)
    for seller, _source, number in orders:
        by_seller[seller].add(number)
    for seller, numbers in by_seller.items():
        wanted = sorted(numbers)
        for some in in_turn(wanted, QUERY_SIZE):
            paid = SalesEvent.objects.current().filter(seller=seller, order_no__in=some, kind=SalesKind.PAID)
            yield seller, paid.order_by()


def sums_of(facts: Sequence[Fact]) -> dict[int, Measures]:
    """What each fact adds to the figures of its session."""
    worth = worth_of([fact.id for fact in facts if fact.kind == SalesKind.CANCELLED])
    found = {}
    for fact in facts:
        units = fact.quantity if fact.line_type == LineType.GOODS else 0
        if fact.kind == SalesKind.PAID:
            found[fact.id] = (fact.amount, 0, units, 0)
        elif fact.kind == SalesKind.REFUNDED:
            found[fact.id] = (0, fact.amount, 0, units)
        else:
            found[fact.id] = (0, worth.get(fact.id, 0), 0, 0) if fact.kind == SalesKind.CANCELLED else NOTHING
    return found


def first_payments(
    orders: Iterable[Order],
) -> dict[LineKey, datetime]:
    """When each line of some orders was paid first, wherever that payment belongs."""
    found: dict[LineKey, datetime] = {}
    for seller, paid in _payments(orders):
        for source, number, line, at in paid.values_list("source", "order_no", "line_no", "occurred_at"):
            key = ((seller, source, number), line)
            found[key] = min(at, found.get(key, at))
    return found
