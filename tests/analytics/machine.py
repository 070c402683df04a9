"""A machine that tells the ledger anything in any order, and demands that the figures at rest are a plain recount."""

from __future__ import annotations

import dataclasses
import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar

from django.db import transaction
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from analytics import closing, rollup
from analytics.figures import park_figures, tenant_figures
from analytics.models import PeriodClose
from analytics.services import period_close
from core import buckets
from core.errors import Conflict
from core.models import BucketMark
from livestreams.models import LiveSession
from parks.models import Park
from tenants.models import Tenant
from tenants.services import tenancy_move
from tests.analytics.ledger import MEASURES, assert_counted, attribute, tell
from tests.analytics.reference import ZERO, Book, Fact
from tests.factories import SYSTEM, make_park, make_session, make_tenant

NOW = dt.datetime(2025, 2, 3, 4, 0, tzinfo=dt.UTC)
FIRST_DAY, LAST_DAY = dt.date(2024, 12, 1), dt.date(2025, 2, 28)
CLOSABLE = (dt.date(2024, 12, 1), dt.date(2025, 1, 1))
MOVING_DAYS = (dt.date(2025, 1, 31), dt.date(2025, 2, 1), dt.date(2025, 2, 2))
# Around the midnight in Shanghai that ends January (16:00 UTC), a day later, and in the year before.
LATE_EVENING = dt.datetime(2025, 1, 31, 14, 0, tzinfo=dt.UTC)
INSTANTS = tuple(
    LATE_EVENING + dt.timedelta(minutes=minutes)
    for minutes in (0, 1, 60, 119, 120, 121, 26 * 60, -32 * 24 * 60)
)

instants = st.sampled_from(INSTANTS)
tenants = st.integers(0, 1)
orders = st.sampled_from(("o1", "o2", "o3"))
lines = st.sampled_from(("", "1", "2"))
amounts = st.sampled_from([Decimal(text) for text in ("0", "0.0001", "9.99", "10", "25.5", "1000")])
# Two doors that tell under names of their own, and two platforms.
sources = st.sampled_from(("erp", "erp", "pos", "taobao", "douyin"))
sessions = st.sampled_from((0, 0, 0, 1, 2))
customs_modes = st.sampled_from(("domestic", "domestic", "9610"))
periods = st.sampled_from(("day", "month", "total"))
parks = st.integers(0, 1)
sales = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(("paid", "paid", "paid", "created")),
        "order_no": orders,
        "line_no": lines,
        "at": instants,
        "amount": amounts,
        "qty": st.integers(0, 3),
        "line_type": st.sampled_from(("goods", "freight")),
        "channel": st.sampled_from(("live", "other")),
        "customs_mode": customs_modes,
        "source": sources,
    }
)
any_fact = st.integers(0, 10_000)


@dataclass
class CountingWorld:
    """Two parks, two tenants that start in the first one, two sessions that show the goods of both."""

    parks: list[Park]
    tenants: list[Tenant]
    sessions: list[LiveSession]

    @classmethod
    def make(cls) -> CountingWorld:
        parks = [make_park(name) for name in ("east", "west")]
        sellers = [make_tenant(parks[0], name) for name in ("ming", "hua")]
        live = [make_session(sellers[0], live_id=name) for name in ("live1", "live2")]
        for session in live:
            session.shown_tenants.create(tenant=sellers[1])
        return cls(parks, sellers, live)


class Killed(Exception):
    """The process died: nothing of its transaction is left."""


class CountingMachine(RuleBasedStateMachine):
    """Every run is one transaction, rolled back at its end."""

    world: ClassVar[CountingWorld]
    checks_verdicts: ClassVar[bool] = True

    def __init__(self) -> None:
        super().__init__()
        self.run = transaction.atomic()
        self.run.__enter__()
        self.book = Book()
        self.told: list[Fact] = []
        self.number = 0
        self.by_pk = {session.pk: session for session in self.world.sessions}
        self.seats = {tenant.pk: [(dt.date(2010, 1, 1), 0)] for tenant in self.world.tenants}
        self.closed: dict[tuple[int, dt.date], Decimal] = {}
        self.carried: dict[tuple[int, dt.date], Decimal] = {}

    def teardown(self) -> None:
        try:
            rollup.drain()
            self.check()
            self.check_selectors("total", 0)
        finally:
            transaction.set_rollback(True)
            self.run.__exit__(None, None, None)

    # --- what sellers and platforms say

    @rule(tenant=tenants, session=sessions, values=sales)
    def sale(self, tenant: int, session: int, values: dict[str, Any]) -> None:
        live = self.world.sessions[session - 1].pk if session else 0
        self.say(tenant, session=live, **values)

    @rule(
        tenant=tenants,
        order=st.sampled_from(("o1", "o2", "o3", "")),
        line=lines,
        at=instants,
        amount=amounts,
        source=sources,
    )
    def refund(
        self, tenant: int, order: str, line: str, at: dt.datetime, amount: Decimal, source: str
    ) -> None:
        self.say(
            tenant,
            kind="refunded",
            order_no="r",
            ref_order_no=order,
            ref_line=line if order else "",
            at=at,
            amount=amount,
            source=source,
        )

    @rule(tenant=tenants, order=orders, line=lines, at=instants, amount=amounts, source=sources)
    def cancel(
        self, tenant: int, order: str, line: str, at: dt.datetime, amount: Decimal, source: str
    ) -> None:
        told = {"kind": "cancelled", "order_no": order, "line_no": line, "at": at, "source": source}
        self.say(tenant, amount=amount, qty=0, **told)

    @rule(tenant=tenants, at=instants, amount=amounts)
    def adjust(self, tenant: int, at: dt.datetime, amount: Decimal) -> None:
        self.say(tenant, kind="adjusted", order_no="j", at=at, amount=-amount)

    @precondition(lambda self: self.told)
    @rule(which=any_fact)
    def take_back(self, which: int) -> None:
        """As an undo does: a version above all others that says nothing."""
        fact = self.pick(which)
        versions = self.book.told[fact.tenant, fact.source, fact.external_id]
        self.tell(
            dataclasses.replace(
                fact,
                version=max(versions) + 1,
                kind="adjusted",
                amount=ZERO,
                qty=0,
                ref_order_no="",
                ref_line="",
            )
        )

    @precondition(lambda self: self.told)
    @rule(which=any_fact, changed=st.booleans())
    def again(self, which: int, changed: bool) -> None:
        fact = self.pick(which)
        self.tell(dataclasses.replace(fact, amount=fact.amount + 1) if changed else fact)

    @precondition(lambda self: self.told)
    @rule(
        which=any_fact,
        version=st.integers(1, 4),
        at=instants,
        amount=amounts,
        order=orders,
        line=lines,
        customs=customs_modes,
    )
    def correct(
        self, which: int, version: int, at: dt.datetime, amount: Decimal, order: str, line: str, customs: str
    ) -> None:
        """Another version, in any order of versions: another hour, amount, order, line and customs mode."""
        fact = self.pick(which)
        moved = {"order_no": order, "line_no": line}
        if fact.kind == "refunded":
            moved = {"ref_order_no": order, "ref_line": line}
        moved["customs_mode"] = customs
        self.tell(dataclasses.replace(fact, version=version, at=at, amount=abs(amount), **moved))

    @precondition(lambda self: self.told)
    @rule(which=any_fact, session=st.integers(0, 2))
    def attribute(self, which: int, session: int) -> None:
        fact = self.pick(which)
        live = self.world.sessions[session - 1] if session else None
        attribute(self.seller(fact), fact, live)
        self.book.attribute(fact, live.pk if live else 0)

    # --- what the house does

    @rule(tenant=tenants, park=parks, day=st.sampled_from(MOVING_DAYS))
    def move(self, tenant: int, park: int, day: dt.date) -> None:
        seller = self.world.tenants[tenant]
        if day > self.seats[seller.pk][-1][0]:
            seller.node.refresh_from_db()
            tenancy_move(actor=SYSTEM, tenant=seller, park=self.world.parks[park], from_day=day)
            self.seats[seller.pk].append((day, park))

    @rule(tenant=tenants, month=st.sampled_from(CLOSABLE))
    def close(self, tenant: int, month: dt.date) -> None:
        seller = self.world.tenants[tenant]
        try:
            period_close(actor=SYSTEM, tenant=seller, month=month)
        except Conflict:
            assert (seller.pk, month) in self.closed
            return
        for place, amount in self.open_adjustments(seller.pk).items():
            self.carried[seller.pk, place] = self.carried.get((seller.pk, place), ZERO) + amount
        self.closed[seller.pk, month] = self.net(seller.pk, month)

    @rule()
    def drain(self) -> None:
        rollup.drain()
        assert rollup.drain() == 0, "a second drain found work"
        self.check()

    @rule(by=periods, which=parks)
    def drain_and_look(self, by: str, which: int) -> None:
        rollup.drain()
        self.check_selectors(by, which)

    @rule(tenant=tenants)
    def drain_one_tenant(self, tenant: int) -> None:
        rollup.drain(tenant_id=self.world.tenants[tenant].pk)

    @rule()
    def drain_is_rolled_back(self) -> None:
        waiting = BucketMark.objects.count()
        try:
            with transaction.atomic():
                rollup.drain()
                raise Killed
        except Killed:
            assert BucketMark.objects.count() == waiting

    @rule(tenant=tenants, order=orders, at=instants, amount=amounts, killed=st.booleans())
    def drain_inside_a_writers_transaction(
        self, tenant: int, order: str, at: dt.datetime, amount: Decimal, killed: bool
    ) -> None:
        """One connection: what is counted is undone with what was told. Two stand in test_rollup.py."""
        fact = self.next_fact(tenant, kind="paid", order_no=order, at=at, amount=amount)
        try:
            with transaction.atomic():
                [verdict] = tell(self.seller(fact), [fact]).lines
                rollup.drain()
                if killed:
                    raise Killed
        except Killed:
            return
        if verdict.code == "told_live":
            return
        self.book.tell(fact)
        self.told.append(fact)

    @rule()
    def rebuild(self) -> None:
        rollup.rebuild()
        self.check()

    # --- telling and checking

    def seller(self, fact: Fact) -> Tenant:
        return next(tenant for tenant in self.world.tenants if tenant.pk == fact.tenant)

    def pick(self, which: int) -> Fact:
        return self.told[which % len(self.told)]

    def next_fact(self, tenant: int, **values: Any) -> Fact:
        self.number += 1
        return Fact(tenant=self.world.tenants[tenant].pk, external_id=f"e{self.number}", version=1, **values)

    def say(self, tenant: int, **values: Any) -> None:
        self.tell(self.next_fact(tenant, **values))

    def tell(self, fact: Fact) -> None:
        known = self.book.told[fact.tenant, fact.source, fact.external_id].get(fact.version)
        [verdict] = tell(self.seller(fact), [fact], self.by_pk).lines
        if verdict.code == "told_live":
            assert known is None, "what is known may be told again"
            return
        expected = "stored" if known is None else "duplicate" if known == fact else "conflict"
        if self.checks_verdicts:
            assert verdict.status == expected
        if self.book.tell(fact):
            self.told.append(fact)

    def park_of(self, fact: Fact) -> int:
        return [park for day, park in self.seats[fact.tenant] if day.isoformat() <= fact.day][-1]

    def net(self, tenant: int, month: dt.date) -> Decimal:
        months = self.book.count(lambda fact: (fact.tenant, fact.month))
        row = dict(
            zip(MEASURES, months.get((tenant, month.isoformat()), (ZERO,) * len(MEASURES)), strict=True)
        )
        return row["gmv_paid"] - row["refunds"]  # type: ignore[operator,return-value]

    def open_adjustments(self, tenant: int) -> dict[dt.date, Decimal]:
        return {
            month: self.net(of, month) - closed - self.carried.get((of, month), ZERO)
            for (of, month), closed in self.closed.items()
            if of == tenant
        }

    def check(self) -> None:
        """At rest every counted table says what the book says."""
        assert not BucketMark.objects.filter(family=buckets.SALES).exists()
        assert_counted(self.book)

    def check_selectors(self, by: str, which: int) -> None:
        """So do the sums of a park over the tenants of each day; and what was closed stands."""

        def period(fact: Fact) -> str | None:
            if self.park_of(fact) != which:
                return None
            return {"day": fact.day, "month": fact.month, "total": FIRST_DAY.isoformat()}[by]

        park, span = self.world.parks[which], {"since": FIRST_DAY, "until": LAST_DAY}
        rows = park_figures(actor=SYSTEM, parks=[park], by=by, **span)  # type: ignore[arg-type]
        found = {row.period.isoformat(): tuple(row.values[name] for name in MEASURES) for row in rows}
        expected = self.book.count(period)
        if by == "total":
            expected.setdefault(FIRST_DAY.isoformat(), (0,) * len(MEASURES))
        assert found == expected, "parks"
        if self.closed:
            self.check_closes(self.world.tenants[which])

    def check_closes(self, tenant: Tenant) -> None:
        for close in PeriodClose.objects.filter(tenant=tenant):
            assert Decimal(close.figures["values"]["verified_net"]) == self.closed[tenant.pk, close.month]
            assert closing.is_reproducible(close)
        expected = {month: amount for month, amount in self.open_adjustments(tenant.pk).items() if amount}
        found = {each.month: each.open for each in closing.adjustments(tenant.pk) if each.open}
        assert found == expected, "adjustments"
        for row in tenant_figures(actor=SYSTEM, tenant=tenant, since=FIRST_DAY, until=LAST_DAY, by="month"):
            live = self.net(tenant.pk, row.period)
            assert row.values["verified_net"] == self.closed.get((tenant.pk, row.period), live), "verified"
