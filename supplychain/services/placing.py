"""Order lines get their live session here, outside of the request that brought them.

Whoever tells a fact or changes a session marks; `drain` looks at every order that was touched, asks the rule and writes
what is answered otherwise than before. Only the answers of one seller exclude each other: an order is read whole, so
two facts of it that came side by side have each left a mark, and whoever counts the later one sees both.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import IntegrityError, connection, transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from core import audit, buckets, clock
from core.actors import Actor
from core.clock import HOUR
from core.draining import Bucket, drain_family
from core.errors import InvalidInput
from core.locking import lock_row, retried, try_advisory_locks, try_lock_of_the_file
from core.models import BucketFailure, BucketMark
from core.policy import CHANGE
from core.portions import in_turn
from core.scoping import require
from livestreams.models import LiveSession
from supplychain.attribution import NAME, VERSION
from supplychain.attribution.ledger import Judge, facts_of, window_of
from supplychain.attribution.lines import Answer, Fact, answers_of, order_of
from supplychain.attribution.stages import ALWAYS, Evidence, Held, evidence_of, ours_of, sessions_of
from supplychain.choices import AttributionRule, TailWindow
from supplychain.models import Attribution, AttributionSettings, SalesEvent
from supplychain.services.references import answers_lock
from supplychain.services.store import insert_rows, instant_text
from tenants.models import Tenant

SESSIONS, ACCOUNTS = buckets.SESSIONS, buckets.ACCOUNTS
PLACING, ORDERS = buckets.PLACING, buckets.ORDERS
TOLD_BY = {PLACING: "slot__in", ORDERS: "pk__in"}
"""How the marks of a family name facts; the orders of these facts are placed."""
# Bounds how long a transaction takes: on SQLite it holds the whole database.
HOURS_PER_TRANSACTION = 24
# Where all there is shall be placed at once. What may place a line is looked up once for each transaction.
HOURS_IN_BULK = 240
ORDERS_PER_TRANSACTION, ORDERS_IN_BULK = 500, 5_000
SESSIONS_PER_TRANSACTION = 100
ORDERS_AT_ONCE = 2_000
ANSWER_COLUMNS = (
    "event_id", "version", "seller_id", "session_id", "rule", "rule_name", "rule_version", "window_hours", "decided_at",
)  # fmt: skip


def drain(*, seconds: float = math.inf, tenant_id: int | None = None) -> int:
    """Place what was marked, of one seller or of all; returns how many marks. Safe to run twice and to kill."""
    drain_family(SESSIONS, _hand_on, most=SESSIONS_PER_TRANSACTION, seconds=seconds, tenant_id=tenant_id)
    drain_family(ACCOUNTS, _look_again, most=1, seconds=seconds, tenant_id=tenant_id)
    in_bulk = math.isinf(seconds)
    most = ORDERS_IN_BULK if in_bulk else ORDERS_PER_TRANSACTION
    placed = drain_family(ORDERS, _place_named, most=most, seconds=seconds, tenant_id=tenant_id)
    most = HOURS_IN_BULK if in_bulk else HOURS_PER_TRANSACTION
    return placed + drain_family(PLACING, _place_hours, most=most, seconds=seconds, tenant_id=tenant_id)


# --- sessions that changed


def _hand_on(marked: Sequence[Bucket]) -> int:
    """Mark the hours in which changed sessions have lines or may have some, and their shares."""
    with transaction.atomic():
        seen = _marks(SESSIONS, marked)
        for session in _sessions(marked):
            buckets.mark(PLACING, hours_of(session))
            buckets.mark(buckets.SHARES, [(session.tenant_id, session.pk)])
        _forget(SESSIONS, marked, seen)
    return len(marked)


def _sessions(marked: Sequence[Bucket]) -> Iterator[LiveSession]:
    named = [slot for _node, slot in marked if slot]
    everything = [node for node, slot in marked if not slot]
    taking_part = Q(tenant__in=everything) | Q(shown_tenants__tenant__in=everything)
    taking_part |= Q(host__tenant__in=everything) | Q(shifts__host__tenant__in=everything)
    found = LiveSession.objects.filter(Q(pk__in=named) | taking_part).distinct()
    return found.order_by("pk").iterator()


def _look_again(marked: Sequence[Bucket]) -> int:
    """Mark the hours with lines beside every session that name an account which is the seller's by now, or no more."""
    seen = _marks(ACCOUNTS, marked)
    hours: set[Bucket] = set()
    for seller in Tenant.objects.filter(pk__in=[node for node, _slot in marked]):
        ours = _named(ours_of(seller))
        became = _answered(seller, AttributionRule.OUTSIDE_HOST).filter(ours)
        ceased = _answered(seller, AttributionRule.OUTSIDE).exclude(ours | Q(host_ref=""))
        hours |= {(seller.pk, slot) for found in (became, ceased) for slot in _hours(found)}
    # A large ledger takes a while to read, so nobody waits for it: what comes meanwhile is asked about anyway.
    with transaction.atomic():
        buckets.mark(PLACING, hours)
        _forget(ACCOUNTS, marked, seen)
    return len(marked)


def _named(accounts: Held) -> Q:
    """The facts that name one of these accounts, on a day on which somebody had it."""
    always = {name for name, days in accounts.items() if ALWAYS in days}
    found = Q(host_ref__in=always)
    for name in accounts.keys() - always:
        for first, until in accounts[name]:
            then = Q(host_ref=name)
            if first > date.min:
                then &= Q(slot__gte=clock.hour_of(clock.day_start(first)))
            if until < date.max:
                then &= Q(slot__lt=clock.hour_of(clock.day_start(until)))
            found |= then
    return found


def _answered(seller: Tenant, rule: str) -> QuerySet[SalesEvent]:
    """The facts of a seller that were once answered so."""
    answers = Attribution.objects.filter(seller=seller, rule=rule)
    return SalesEvent.objects.filter(seller=seller, pk__in=answers.values("event_id"))


def _hours(facts: QuerySet[SalesEvent]) -> QuerySet[SalesEvent, int]:
    return facts.order_by().values_list("slot", flat=True).distinct()


def hours_of(session: LiveSession) -> set[Bucket]:
    """The hours of sellers in which a session has lines now, or may have some by the rule."""
    given = Attribution.objects.filter(session=session).values("event_id")
    told = SalesEvent.objects.filter(Q(pk__in=given) | Q(session=session))
    found = set(told.values_list("seller_id", "slot"))
    if session.started_at is None:
        return found
    sellers = {session.tenant_id, *session.shown_tenants.values_list("tenant_id", flat=True)}
    first = clock.hour_of(session.started_at)
    for seller in sellers:
        until = session.ended_at + window_of(seller) if session.ended_at else clock.latest()
        found |= {(seller, slot) for slot in range(first, clock.hour_of(until) + 1)}
    return found


def mark_from(session: LiveSession, at: datetime) -> None:
    """Mark the hours of a session from an instant on: what it shows by then may say whose lines those are."""
    sellers = {session.tenant_id, *session.shown_tenants.values_list("tenant_id", flat=True)}
    hours = range(clock.hour_of(at), clock.hour_of(session.ended_at or clock.latest()) + 1)
    buckets.mark(PLACING, [(seller, slot) for seller in sellers for slot in hours])


# --- orders that were touched


def _place_hours(marked: Sequence[Bucket]) -> int:
    with _alone() as is_mine:
        return _place_together(PLACING, marked) if is_mine else 0


def _place_named(marked: Sequence[Bucket]) -> int:
    """Place single orders: many times a second, while shops call.

    The one writer of SQLite is asked for when the answers are known. What changes meanwhile leaves a mark of its own.
    """
    with _alone() as is_mine:
        if not is_mine:
            return 0
        if connection.vendor != "sqlite" or connection.in_atomic_block:
            return _place_together(ORDERS, marked)
        seen = _marks(ORDERS, marked)
        asked = [each for seller, facts in _touched(ORDERS, marked) for each in _ask(seller, facts)]
        try:
            with transaction.atomic():
                for each in asked:
                    _write(each)
                _forget(ORDERS, marked, seen)
        except IntegrityError:  # somebody answered by hand, or took a session away
            return _place_together(ORDERS, marked)
        return len(marked)


def _alone() -> AbstractContextManager[bool]:
    """Whoever places holds a lock of the seller's answers. On SQLite that is for all, and comes before the turn.

    False where another places: what is marked is left to it, or to the next time.
    """
    is_one = connection.vendor == "sqlite" and not connection.in_atomic_block
    return try_lock_of_the_file() if is_one else nullcontext(True)


def _place_together(family: str, marked: Sequence[Bucket]) -> int:
    """Place what is marked in a family and delete the marks that were seen. What another places now is left to it."""
    with transaction.atomic():
        nodes = sorted({node for node, _slot in marked})
        free = try_advisory_locks([answers_lock(node) for node in nodes])
        mine = {node for node, is_free in zip(nodes, free, strict=True) if is_free}
        taken = [bucket for bucket in marked if bucket[0] in mine]
        # Marks are read after the lock and before the facts: what is placed knows at least theirs.
        seen = _marks(family, taken)
        for seller, facts in _touched(family, taken):
            place(seller, facts)
        _forget(family, taken, seen)
    return len(taken)


def _touched(family: str, marked: Iterable[Bucket]) -> Iterator[tuple[Tenant, QuerySet[SalesEvent]]]:
    """The sellers with the facts that are marked."""
    slots: dict[int, list[int]] = defaultdict(list)
    for node, slot in marked:
        slots[node].append(slot)
    for seller in Tenant.objects.filter(pk__in=slots).order_by("pk"):
        yield seller, SalesEvent.objects.filter(**{TOLD_BY[family]: slots[seller.pk]})


def _marks(family: str, marked: Iterable[Bucket]) -> list[int]:
    slots: dict[int, list[int]] = defaultdict(list)
    for node, slot in marked:
        slots[node].append(slot)
    found: list[int] = []
    for node, of_node in slots.items():
        rows = BucketMark.objects.filter(family=family, node_id=node, slot__in=of_node)
        found += rows.values_list("pk", flat=True)
    return found


def _forget(family: str, marked: Iterable[Bucket], seen: Sequence[int]) -> None:
    for some in in_turn(seen, 5_000):
        BucketMark.objects.filter(pk__in=some).delete()
    slots: dict[int, list[int]] = defaultdict(list)
    for node, slot in marked:
        slots[node].append(slot)
    for node, of_node in slots.items():
        BucketFailure.objects.filter(family=family, node_id=node, slot__in=of_node).delete()


@dataclass(frozen=True)
class Asked:
    """Orders of a seller with the answers of the rule that are others than before."""

    seller: Tenant
    window: timedelta
    orders: list[list[Fact]]
    answers: list[Answer]


def place(seller: Tenant, touched: QuerySet[SalesEvent]) -> int:
    """Ask the rule about every order of these facts of a seller; the caller holds the lock of the seller's answers."""
    return sum(_write(asked) for asked in _ask(seller, touched))


def _ask(seller: Tenant, touched: QuerySet[SalesEvent]) -> Iterator[Asked]:
    rows = touched.filter(seller=seller).values_list("kind", "order_no", "ref_order_no").distinct()
    numbers = {order_of(*row) for row in rows} - {""}
    window = window_of(seller.pk)
    for some in in_turn(sorted(numbers), ORDERS_AT_ONCE):
        orders = list(facts_of(seller, some).values())
        yield Asked(seller, window, orders, _answers(seller, orders, window))


def _answers(seller: Tenant, orders: Sequence[list[Fact]], window: timedelta) -> list[Answer]:
    instants = [fact.occurred_at for facts in orders for fact in facts if fact.makes_a_line]
    evidence = evidence_of(seller, min(instants), max(instants), window) if instants else Evidence()
    judge = Judge(seller, evidence, window)
    judge.learn(fact for facts in orders for fact in facts if fact.makes_a_line and not fact.is_fixed)
    return [answer for facts in orders for answer in answers_of(facts, judge)]


def _write(asked: Asked) -> int:
    """Store answers, and mark what counts otherwise because of them; returns how many."""
    decided_at = instant_text(clock.now())
    insert_rows(
        "supplychain_attribution",
        ANSWER_COLUMNS,
        (
            (
                answer.fact.id,
                answer.fact.version + 1,
                asked.seller.pk,
                answer.session,
                answer.rule,
                NAME,
                VERSION,
                asked.window // HOUR,
                decided_at,
            )
            for answer in asked.answers
        ),
    )
    _mark_shared(asked.orders)
    moved = [answer.fact for answer in asked.answers if answer.session != answer.fact.session]
    buckets.mark(buckets.SALES, [(asked.seller.pk, fact.slot) for fact in moved])
    return len(asked.answers)


def _mark_shared(orders: Iterable[list[Fact]]) -> None:
    """Mark the shares of sessions whose orders lie elsewhere as well: a payment there says who shares a refund here.

    Or did: of an order that a correction took its payment from, the refund alone is left.
    """
    found: set[int] = set()
    for facts in orders:
        is_spread = len({fact.session for fact in facts}) > 1
        found |= {
            fact.session
            for fact in facts
            if fact.session is not None and (is_spread or not fact.makes_a_line)
        }
    rows = LiveSession.objects.filter(pk__in=found).values_list("tenant_id", "pk") if found else ()
    buckets.mark(buckets.SHARES, rows)


# --- the window


@retried
def window_set(*, actor: Actor, tenant: Tenant, window_hours: int) -> AttributionSettings:
    """Choose how long after its end a session may be given what its account sells; all sessions are looked at again.

    InvalidInput for a length that is none of the choices.
    """
    require(actor, CHANGE, AttributionSettings, tenant.pk)
    if window_hours not in TailWindow.values:
        raise InvalidInput(_("There is no such window."), code="window", field="window_hours")
    with transaction.atomic():
        lock_row(Tenant, tenant.pk)
        settings, _made = AttributionSettings.objects.get_or_create(tenant=tenant)
        before = settings.window_hours
        if before == window_hours:
            return settings
        settings.window_hours = window_hours
        settings.save()
        # The hours of the wider one: what the narrower does not reach is to lose its session.
        for ended_at in filter(None, sessions_of(tenant).values_list("ended_at", flat=True)):
            last = clock.hour_of(ended_at + max(before, window_hours) * HOUR)
            buckets.mark(PLACING, [(tenant.pk, slot) for slot in range(clock.hour_of(ended_at), last + 1)])
        audit.record(
            actor=actor,
            verb="attribution.window",
            obj=settings,
            node_id=tenant.pk,
            before={"window_hours": before},
            after={"window_hours": window_hours},
        )
    return settings
