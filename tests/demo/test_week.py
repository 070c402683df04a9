"""A week of the five demo parks, from the sales to the statements, beside a recount of the ledger in plain Python."""

from __future__ import annotations

import datetime as dt
import io
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import cached_property

import pytest
import time_machine
from django.db import connection
from django.db.models import Sum

from analytics.counting import drain_everything
from analytics.demo import load
from analytics.demo.build import build_park
from analytics.demo.built import BuiltPark
from analytics.demo.logins import SYSTEM
from analytics.demo.parcels import PACKED_FOR, pack_parcels, packing_begins
from analytics.demo.plans import PLANS, SEED
from analytics.demo.settlement import build_settlement
from analytics.models import SessionShare
from core.clock import DAY, business_day, day_start
from core.money import to_cents
from livestreams.models import LiveSession
from parks.geography import geography_load
from supplychain.choices import AgreementKind, DueKind, MoveKind, ReservationState
from supplychain.models import (
    Attribution,
    Backorder,
    Parcel,
    Reservation,
    ReturnedGoods,
    SalesEvent,
    Sku,
    Statement,
    StatementLine,
    StatementOrder,
    StockLevel,
    StockMove,
)
from supplychain.services import loading
from supplychain.services.loading import Plan
from tests.analytics.reference import Book, Fact
from tests.demo.exports import Line, evenings, export_of
from tests.scaled import oracle
from tests.supplychain.stockroom import levels_equal_moves

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.both_databases,
    pytest.mark.timeout(1800),
]

# The last month is May: three of the days are stated.
UNTIL = dt.datetime(2025, 6, 4, 12, 30, tzinfo=dt.UTC)
DAYS = 7


class Week:
    """The ledger as it stands, and sums of it that share no code with the product.

    `sold` is what files brought, with the session of each line.
    """

    def __init__(self, sold: list[Line]) -> None:
        self.sold = sold

    @cached_property
    def events(self) -> dict[int, SalesEvent]:
        """The current facts by id."""
        return {event.pk: event for event in SalesEvent.objects.current()}

    @cached_property
    def sessions(self) -> dict[int, int]:
        """Of each fact its session: the newest answer, else what came with it; 0 without one."""
        found = {pk: event.session_id or 0 for pk, event in self.events.items()}
        for answer in Attribution.objects.order_by("version"):
            if answer.event_id in found:
                found[answer.event_id] = answer.session_id or 0
        return found

    @cached_property
    def book(self) -> Book:
        book = Book()
        for pk, event in self.events.items():
            book.tell(
                Fact(
                    tenant=event.seller_id, source=event.source, external_id=event.external_id, version=event.version,
                    kind=event.kind, at=event.occurred_at, order_no=event.order_no, line_no=event.line_no,
                    ref_order_no=event.ref_order_no, ref_line=event.ref_line, line_type=event.line_type,
                    qty=event.quantity, amount=event.amount, session=self.sessions[pk],
                )
            )  # fmt: skip
        return book

    def net_in_may(self, about: Callable[[Fact], bool]) -> dict[int, Decimal]:
        """By seller what was paid in May less what was given back in it, of the facts that something is about."""
        sums = self.book.count(
            lambda fact: fact.tenant if fact.month == "2025-05-01" and about(fact) else None
        )
        found = {
            tenant: Decimal(row[1]) - Decimal(row[2])  # type: ignore[arg-type]
            for tenant, row in sums.items()
        }
        return defaultdict(Decimal, found)  # type: ignore[arg-type]


def keep_vacuums_away() -> None:
    """Hold every table against a vacuum until the transaction ends.

    A site commits as it loads. Here nothing is committed, and a vacuum that passes would tell the planner each time
    that the tables are empty.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            tables = ", ".join(map(connection.ops.quote_name, connection.introspection.table_names(cursor)))
            cursor.execute(f"LOCK TABLE {tables} IN SHARE UPDATE EXCLUSIVE MODE")


@pytest.fixture(scope="module")
def week(file_transaction: None) -> Iterator[Week]:
    """Five parks over a week, told once for all that is asked of them."""
    with time_machine.travel(UNTIL, tick=True):
        with pytest.MonkeyPatch.context() as patched:
            keep_vacuums_away()
            patched.setattr(load, "HISTORY_DAYS", DAYS)
            geography_load()
            parks = [build_park(plan, actor=SYSTEM, seed=SEED, until=business_day(UNTIL)) for plan in PLANS]
            for built in parks:
                load.load_until(built, UNTIL - PACKED_FOR, actor=SYSTEM, seed=SEED)
                packing_begins(built, business_day(UNTIL - PACKED_FOR))
                load.load_until(built, UNTIL, actor=SYSTEM, seed=SEED)
        sold = [line for built in parks for line in imported(built)]
        drain_everything()
        for built in parks:
            build_settlement(built, actor=SYSTEM)
            pack_parcels(built, UNTIL, actor=SYSTEM)
        yield Week(sold)


def imported(built: BuiltPark) -> list[Line]:
    """What the park's first seller sold besides, by a file of its platform that names no session."""
    seller = built.tenants[0]
    lines = evenings(built, seller, UNTIL - DAYS * DAY)
    content = export_of(built, seller, lines)
    plan = Plan(seller=seller, open=lambda: io.BytesIO(content))
    outcome = loading.load(plan, actor=SYSTEM, progress=lambda *_step: None)
    assert not outcome.bad
    assert outcome.counts["stored"] >= len(lines) > 0
    return lines


def test_the_figures_of_every_day(week: Week) -> None:
    def select(sql: str) -> list[tuple[object, ...]]:
        with connection.cursor() as cursor:
            cursor.execute(sql)
            return list(cursor.fetchall())

    days = oracle.counted(select)
    assert days == oracle.recounted(select)
    assert len({tenant for tenant, _day in days}) > 100


def test_lines_of_files_that_name_no_session_are_where_they_were_sold(week: Week) -> None:
    expected = {line.order_no: line.session for line in week.sold}
    assert len(expected) == len(week.sold) >= 5 * 5 * len(PLANS)
    found: dict[str, set[int]] = defaultdict(set)
    for pk, event in week.events.items():
        if event.order_no in expected:
            found[event.order_no].add(week.sessions[pk])
    assert found == {order: {session} for order, session in expected.items()}


def test_the_shares_of_a_session_are_the_session(week: Week) -> None:
    told = week.book.count(lambda fact: fact.session or None)
    parts: dict[tuple[int, str], list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])
    for share in SessionShare.objects.all():
        parts[share.session_id, share.part][0] += share.gmv_paid
        parts[share.session_id, share.part][1] += share.refunds
    assert len(told) > 500
    for session, sums in told.items():
        mine = {part: tuple(found) for (place, part), found in parts.items() if place == session}
        assert mine, session
        assert set(mine.values()) == {(sums[1], sums[2])}, session


def test_stock_is_what_came_less_what_was_sold(week: Week) -> None:
    assert levels_equal_moves()
    tracked = set(Sku.objects.filter(tracked_since__isnull=False).values_list("pk", flat=True))
    sold = Counter[int]()
    for event in week.events.values():
        if event.kind == "paid" and event.line_type == "goods" and event.sku_id in tracked:
            sold[event.sku_id] += event.quantity
    taken = Counter[int]()
    for move in StockMove.objects.filter(kind=MoveKind.SALE):
        taken[move.sku_id] -= move.quantity
    for held in Reservation.objects.filter(state__in=("reserved", "in_wave")):
        taken[held.sku_id] += held.quantity
    for owed in Backorder.objects.filter(state="open"):
        taken[owed.sku_id] += owed.quantity
    assert sum(sold.values()) > 10_000
    assert taken == sold


def test_parcels_hold_what_left_and_nothing_else(week: Week) -> None:
    sent = Reservation.objects.filter(state=ReservationState.DISPATCHED)
    by_line = {row.source_key: -row.quantity for row in sent}
    assert len(by_line) > 1_000
    moves = StockMove.objects.filter(source="parcel")
    assert {move.source_key: move.quantity for move in moves} == by_line
    assert all(row.parcel.order_no == row.order_no for row in sent.select_related("parcel") if row.parcel)
    reserved = Reservation.objects.filter(state__in=("reserved", "in_wave")).values_list("sku", "quantity")
    held = Counter[int]()
    for sku, quantity in reserved:
        held[sku] += quantity
    assert held == Counter(
        {level.sku_id: level.reserved for level in StockLevel.objects.filter(reserved__gt=0)}
    )
    assert Parcel.objects.exclude(state="dispatched").exists()
    assert ReturnedGoods.objects.filter(condition="good").count() == 0  # the demo's come back damaged


def test_statements_are_their_orders_and_those_are_the_ledger(week: Week) -> None:
    statements = Statement.objects.select_related("agreement")
    assert statements.count() == (3 * 2 + 1) * len(PLANS)  # of two firms a park, of one with an outside host
    for statement in statements:
        lines = StatementLine.objects.filter(statement=statement, version=statement.version)
        assert sum((line.amount for line in lines), Decimal(0)) == statement.total
        shares = [line for line in lines if line.kind == DueKind.SHARE]
        for line in shares:
            orders = StatementOrder.objects.filter(line=line)
            assert orders.aggregate(sum=Sum("amount"))["sum"] == line.amount


def test_statements_of_every_kind_are_a_recount(week: Week) -> None:
    """By the terms of the demo, in plain Python; what is due of June is in no statement yet."""
    statements = list(Statement.objects.select_related("agreement"))
    everything = week.net_in_may(lambda fact: True)
    live = week.net_in_may(lambda fact: bool(fact.session))
    evenings = Counter(
        LiveSession.objects.filter(started_at__lt=day_start(dt.date(2025, 6, 1))).values_list(
            "tenant", flat=True
        )
    )
    seen, paid_for = Counter[str](), Counter[str]()
    for statement in statements:
        agreement = statement.agreement
        seller, kind = agreement.seller_id, agreement.kind
        seen[kind] += 1
        if kind == AgreementKind.PLATFORM:
            expected = to_cents(everything[seller] * Decimal("0.05"))
        elif kind == AgreementKind.PARK:
            expected = to_cents(by_slices(live[seller], "500000", "0.03", "0.025"))
        elif kind == AgreementKind.AGENCY:
            share = to_cents(by_slices(live[seller], "100000", "0.20", "0.25"))
            expected = max(share, Decimal(5_000)) + 300 * evenings[seller]
        else:
            assert kind == AgreementKind.OUTSIDE_HOST
            named = {
                (event.seller_id, event.source, event.order_no)
                for event in week.events.values()
                if event.kind == "paid" and event.host_ref == agreement.outside_ref
            }
            net = week.net_in_may(
                lambda fact, named=named: (
                    (fact.tenant, fact.source, fact.ref_order_no or fact.order_no) in named
                )
            )[seller]
            back = to_cents(2_000 * (1 - net / 30_000)) if net < 30_000 else Decimal(0)
            expected = to_cents(net * Decimal("0.18")) + 2_000 - back
        assert statement.total == expected, (agreement.title, seller)
        paid_for[kind] += bool(expected)
    assert seen == {"platform": 10, "park": 10, "agency": 10, "outside_host": 5}
    assert paid_for["platform"] == paid_for["park"] == paid_for["agency"] == 10
    assert paid_for["outside_host"], "of months without a sale nothing is shown"


def by_slices(net: Decimal, limit: str, below: str, above: str) -> Decimal:
    """The share of what was sold, with one rate up to a limit and another one for what is beyond."""
    first = min(net, Decimal(limit))
    return first * Decimal(below) + (net - first) * Decimal(above)
