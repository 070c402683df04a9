"""The count of shares: a session whose figures or people changed is shared out again, from the ledger."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Count

from analytics.choices import SharePart
from analytics.models import SessionShare
from analytics.shares.facts import Fact, LineKey, facts_in, first_payments, sums_of
from analytics.shares.goods import owners_of
from analytics.shares.split import LineSums, Measures, Shares, Shift, add_up, regroup, share_out
from core.buckets import SHARES
from core.draining import Bucket, drain_family
from core.models import BucketFailure, BucketMark
from core.money import from_units
from livestreams.choices import ShiftRole
from livestreams.models import HostShift, LiveSession
from supplychain.models import Attribution, SalesEvent

SESSIONS_PER_TRANSACTION = 20
FACTS_AT_ONCE = 20_000


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
    owners = owners_of(everything, sums)
    paid_at = first_payments({fact.order for fact in everything})
    people = people_of([session for session in sessions if session.pk in facts])
    return {
        session: _shared_out(facts[session.pk], sums, owners, paid_at, people[session.pk])
        for session in sessions
        if session.pk in facts
    }


def _shared_out(
    facts: Sequence[Fact],
    sums: Mapping[int, Measures],
    owners: Mapping[int, Shares],
    paid_at: Mapping[LineKey, datetime],
    people: People,
) -> dict[str, Shares]:
    """The shares of one session."""
    lines: dict[LineKey, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for fact in facts:
        for place, amount in enumerate(sums[fact.id]):
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
        SharePart.OWNER: add_up(owners[fact.id] for fact in facts),
    }


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
