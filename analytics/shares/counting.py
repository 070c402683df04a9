"""The count of shares: a session whose figures or people changed is shared out again, from the ledger."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, QuerySet

from analytics.choices import SharePart
from analytics.models import SessionShare
from analytics.rollup.recount import worth_of
from analytics.shares.split import NOTHING, LineSums, Measures, Shares, Shift, regroup, share_out
from core.buckets import SHARES
from core.draining import Bucket, drain_family
from core.models import BucketFailure, BucketMark
from core.money import from_units, to_units
from livestreams.choices import ShiftRole
from livestreams.models import HostShift, LiveSession
from supplychain.choices import LineType, SalesKind
from supplychain.models import Attribution, SalesEvent, Sku

SESSIONS_PER_TRANSACTION = 20
FACTS_AT_ONCE = 20_000
QUERY_SIZE = 5_000

Order = tuple[int, str, str]
"""Seller, source and number."""
LineKey = tuple[Order, str]


class Fact(NamedTuple):
    """A current fact of a session."""

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


@dataclass(frozen=True)
class People:
    """Who worked in a session, and whose hosts they are."""

    shifts: dict[str, list[Shift]]
    agency: dict[int, int]


def drain(*, seconds: float = math.inf, tenant_id: int | None = None) -> int:
    """Share out every marked session once; returns how many. Safe to run twice, at once, and to kill at any point."""
    return drain_family(
        SHARES, share_together, most=SESSIONS_PER_TRANSACTION, seconds=seconds, tenant_id=tenant_id
    )


def share_together(marked: Sequence[Bucket]) -> int:
    """Share out some (tenant, session) and delete the marks that were seen.

    A session may have many lines: they are read without a transaction, which would keep all writers of SQLite waiting.
    What changes meanwhile leaves marks of its own. Whoever finds that marks are gone was overtaken by another count,
    which may have seen more, and leaves the sessions as they are.
    """
    sessions = [session for _tenant, session in marked]
    # Marks are read before the facts: what is counted holds at least their facts.
    seen = list(BucketMark.objects.filter(family=SHARES, slot__in=sessions).values_list("pk", flat=True))
    held = list(LiveSession.objects.filter(pk__in=sessions).order_by("pk"))
    rows = [
        row
        for some in _at_once(held)
        for session, parts in count(some).items()
        for row in _rows(session, parts)
    ]
    with transaction.atomic():
        found, _by_model = BucketMark.objects.filter(pk__in=seen).delete()
        if found < len(seen):
            transaction.set_rollback(True)
            return 0
        SessionShare.objects.filter(session__in=sessions).delete()
        SessionShare.objects.bulk_create(rows)
        BucketFailure.objects.filter(family=SHARES, slot__in=sessions).delete()
    return len(sessions)


def _at_once(sessions: Sequence[LiveSession]) -> Iterator[list[LiveSession]]:
    """The sessions in groups that are read together: most are small, and one of many lines is read alone."""
    lines = Counter(
        dict(
            SalesEvent.objects.filter(session__in=sessions).values_list("session").annotate(lines=Count("pk"))
        )
    )
    lines.update(
        dict(
            Attribution.objects.filter(session__in=sessions)
            .values_list("session")
            .annotate(lines=Count("pk"))
        )
    )
    group: list[LiveSession] = []
    held = 0
    for session in sessions:
        if group and held + lines[session.pk] > FACTS_AT_ONCE:
            yield group
            group, held = [], 0
        group.append(session)
        held += lines[session.pk]
    if group:
        yield group


def count(sessions: Sequence[LiveSession]) -> dict[LiveSession, dict[str, Shares]]:
    """The shares of sessions by part, from the ledger as it is now."""
    facts: dict[int, list[Fact]] = defaultdict(list)
    for fact, place in facts_in(sessions):
        facts[place].append(fact)
    everything = [fact for each in facts.values() for fact in each]
    sums = sums_of(everything)
    paid_at = first_payments({fact.order for fact in everything})
    people = people_of([session for session in sessions if session.pk in facts])
    return {
        session: _shared_out(facts[session.pk], sums, paid_at, people[session.pk])
        for session in sessions
        if session.pk in facts
    }


def _shared_out(
    facts: Sequence[Fact], sums: Mapping[int, Measures], paid_at: Mapping[LineKey, datetime], people: People
) -> dict[str, Shares]:
    """The shares of one session."""
    owners: dict[int, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    lines: dict[LineKey, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for fact in facts:
        for place, amount in enumerate(sums[fact.id]):
            owners[fact.owner][place] += amount
            lines[fact.order, fact.line][place] += amount
    shared = [
        LineSums(order, line, paid_at.get((order, line)), (row[0], row[1], row[2], row[3]))
        for (order, line), row in sorted(lines.items())
    ]
    hosts = share_out(shared, people.shifts[ShiftRole.HOST])
    return {
        SharePart.HOST: hosts,
        SharePart.CONTROLLER: share_out(shared, people.shifts[ShiftRole.CONTROLLER]),
        SharePart.AGENCY: regroup(hosts, people.agency),
        SharePart.OWNER: {key: (row[0], row[1], row[2], row[3]) for key, row in owners.items() if any(row)},
    }


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
    for start in range(0, len(ids), QUERY_SIZE):
        found += read_facts(SalesEvent.objects.filter(pk__in=list(ids)[start : start + QUERY_SIZE]))
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
    return [
        Fact._make((*row[:-3], to_units(row[-3]), owners.get(row[-1], row[-2]), row[-1] or 0)) for row in read
    ]


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
    by_seller: dict[int, set[str]] = defaultdict(set)
    for seller, _source, number in orders:
        by_seller[seller].add(number)
    found: dict[LineKey, datetime] = {}
    for seller, numbers in by_seller.items():
        wanted = sorted(numbers)
        for start in range(0, len(wanted), QUERY_SIZE):
            paid = SalesEvent.objects.current().filter(
                seller=seller, order_no__in=wanted[start : start + QUERY_SIZE], kind=SalesKind.PAID
            )
            for source, number, line, at in paid.values_list("source", "order_no", "line_no", "occurred_at"):
                key = ((seller, source, number), line)
                found[key] = min(at, found.get(key, at))
    return found


def people_of(sessions: Sequence[LiveSession]) -> dict[int, People]:
    """Who worked in sessions, by the id of the session."""
    shifts: dict[int, dict[str, list[Shift]]] = defaultdict(lambda: defaultdict(list))
    agency: dict[int, int] = {}
    worked = HostShift.objects.filter(session__in=sessions).order_by("pk").select_related("host")
    for shift in worked.only("session", "role", "starts_at", "ends_at", "host", "host__tenant"):
        shifts[shift.session_id][shift.role].append(Shift(shift.host_id, shift.starts_at, shift.ends_at))
        agency[shift.host_id] = shift.host.tenant_id
    return {session.pk: People(shifts[session.pk], agency) for session in sessions}


def _rows(session: LiveSession, parts: dict[str, Shares]) -> list[SessionShare]:
    rows = []
    for part, shares in parts.items():
        column = "host_id" if part in (SharePart.HOST, SharePart.CONTROLLER) else "firm_id"
        for party, (paid, refunds, units_paid, units_refunded) in sorted(shares.items()):
            row = SessionShare(
                session=session,
                part=part,
                party=party,
                gmv_paid=from_units(paid) or 0,
                refunds=from_units(refunds) or 0,
                units_paid=units_paid,
                units_refunded=units_refunded,
            )
            setattr(row, column, party or None)
            rows.append(row)
    return rows
