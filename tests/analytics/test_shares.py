"""Shares of sessions after any order of facts, shifts and answers are a plain recount and add up to the session."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Any, ClassVar

import pytest
import time_machine
from django.db import transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from analytics import rollup, shares
from analytics.counting import drain_everything
from analytics.models import SessionFigures, SessionShare
from core.actors import user_actor
from core.errors import DomainError
from core.models import BucketMark
from core.money import to_units
from core.scoping import visible_to
from livestreams.models import Host, HostAccount, HostShift, LiveSession
from livestreams.services import shift_begin, shift_end
from supplychain.facts import SaleFact
from supplychain.models import SalesEvent
from supplychain.services import attribution_set, placing, sales_record
from tests.analytics.reference import Fact as Told
from tests.analytics.reference import cancellation_values, orders_of
from tests.factories import SYSTEM, World, make_host, make_park, make_session, make_tenant, make_world

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

NOW = dt.datetime(2025, 2, 3, 4, 0, tzinfo=dt.UTC)
# Ten in the evening in Shanghai; the second session begins an hour after midnight, where the first one ends.
TEN = dt.datetime(2025, 1, 31, 14, 0, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)
HOURS = (0, 1, 1.5, 2, 3, 4, 4.5, 5, 7, 30)

hours = st.sampled_from(HOURS)
orders = st.sampled_from(("o1", "o2", "o3"))
lines = st.sampled_from(("", "1", "2"))
sources = st.sampled_from(("test", "test", "taobao"))
amounts = st.sampled_from([Decimal(text) for text in ("0", "0.0001", "9.99", "10", "25.5001", "1000")])
small = st.integers(0, 2)
which = st.integers(0, 10_000)


class Hall:
    """Two firms whose goods two sessions show, three hosts of two firms with an account each, one shift a session."""

    def __init__(self) -> None:
        park = make_park("east")
        self.sellers = [make_tenant(park, name) for name in ("ming", "hua")]
        self.hosts = [make_host(self.sellers[place % 2], f"host{place}") for place in range(3)]
        for host in self.hosts:
            HostAccount.objects.create(host=host, platform="douyin", account=f"account-{host.code}")
        self.sessions = [
            make_session(self.sellers[0], host=self.hosts[0], starts_at=TEN, hours=3),
            make_session(self.sellers[0], host=self.hosts[1], starts_at=TEN + 3 * HOUR, hours=3),
        ]
        for session in self.sessions:
            session.shown_tenants.create(tenant=self.sellers[1])


class SharesMachine(RuleBasedStateMachine):
    """Every run is one transaction, rolled back at its end."""

    hall: ClassVar[Hall]

    def __init__(self) -> None:
        super().__init__()
        self.run = transaction.atomic()
        self.run.__enter__()
        self.number = 0

    def teardown(self) -> None:
        try:
            self.check()
        finally:
            transaction.set_rollback(True)
            self.run.__exit__(None, None, None)

    def tell(self, seller: int, source: str, **values: Any) -> None:
        self.number += 1
        values = {"external_id": f"e{self.number}", "qty": 1, **values}
        values["occurred_at"] = TEN + values.pop("at") * HOUR
        facts = [(0, SaleFact(**values))]
        result = sales_record(actor=SYSTEM, seller=self.hall.sellers[seller], source=source, facts=facts)
        assert {line.code for line in result.refused} <= {"told_live"}

    @rule(
        seller=st.integers(0, 1), order=orders, line=lines, at=hours, amount=amounts, qty=st.integers(0, 5),
        host=st.integers(-1, 2), named=st.integers(-4, 1), kind=st.sampled_from(["goods", "goods", "freight"]),
        owner=st.integers(0, 1), source=sources,
    )  # fmt: skip
    def sale(
        self, seller: int, order: str, line: str, at: float, amount: Decimal, qty: int, **who: Any
    ) -> None:
        self.tell(
            seller,
            who["source"],
            kind="paid",
            order_no=order,
            line_no=line,
            at=at,
            amount=amount,
            qty=qty,
            line_type=who["kind"],
            channel="live",
            owner=self.hall.sellers[who["owner"]].code,
            host_ref=f"account-host{who['host']}" if who["host"] >= 0 else "",
            session_ref=str(self.hall.sessions[who["named"]].uid) if who["named"] >= 0 else "",
        )

    @rule(
        seller=st.integers(0, 1), order=orders, line=lines, at=hours, amount=amounts,
        source=st.one_of(sources, st.sampled_from(["erp", "douyin"])),
    )  # fmt: skip
    def refund(self, seller: int, source: str, order: str, line: str, at: float, amount: Decimal) -> None:
        self.tell(
            seller,
            source,
            kind="refunded",
            order_no="r",
            ref_order_no=order,
            ref_line=line,
            at=at,
            amount=amount,
        )

    @rule(seller=st.integers(0, 1), order=orders, line=lines, at=hours, source=sources)
    def cancel(self, seller: int, order: str, line: str, at: float, source: str) -> None:
        self.tell(
            seller, source, kind="cancelled", order_no=order, line_no=line, at=at, amount=Decimal(0), qty=0
        )

    @precondition(lambda self: self.number)
    @rule(which=which, at=hours, amount=amounts, order=orders, line=lines)
    def correct(self, which: int, at: float, amount: Decimal, order: str, line: str) -> None:
        fact = self.pick(which)
        names = {"order_no": order, "line_no": line}
        if fact.kind == "refunded":
            names = {"order_no": "r", "ref_order_no": order, "ref_line": line}
        self.tell(
            self.hall.sellers.index(fact.seller), fact.source, kind=fact.kind, external_id=fact.external_id, at=at,
            version=fact.version + 1, amount=amount, line_type=fact.line_type, channel="live", qty=fact.quantity,
            host_ref=fact.host_ref, session_ref=fact.session_ref, **names,
        )  # fmt: skip

    @precondition(lambda self: self.number)
    @rule(which=which, session=st.integers(-1, 1))
    def answer(self, which: int, session: int) -> None:
        fact = self.pick(which)
        target = self.hall.sessions[session] if session >= 0 else None
        attribution_set(
            actor=SYSTEM, seller=fact.seller, event_ids=[fact.pk], session=target,
            rule="manual" if target else "no_session",
        )  # fmt: skip

    @rule(
        session=st.integers(0, 1),
        host=small,
        at=hours,
        length=hours,
        role=st.sampled_from(["host", "controller"]),
    )
    def shift(self, session: int, host: int, at: float, length: float, role: str) -> None:
        try:
            shift_begin(
                actor=SYSTEM, session=self.hall.sessions[session], host=self.hall.hosts[host], role=role,
                at=TEN + at * HOUR, ends_at=TEN + (at + length) * HOUR,
            )  # fmt: skip
        except DomainError:
            return

    @rule(which=which, at=hours)
    def other_end(self, which: int, at: float) -> None:
        rows = list(HostShift.objects.order_by("pk"))
        try:
            shift_end(actor=SYSTEM, shift=rows[which % len(rows)], at=TEN + at * HOUR)
        except DomainError:
            return

    @rule(step=st.sampled_from([placing.drain, rollup.drain, shares.drain]))
    def drain(self, step: Any) -> None:
        step()

    @rule()
    def rebuild(self) -> None:
        SessionShare.objects.filter(part="host").delete()
        rollup.rebuild()

    @rule()
    def check(self) -> None:
        drain_everything()
        assert not BucketMark.objects.exists()
        found = {
            (row.session_id, row.part, row.party): (
                to_units(row.gmv_paid), to_units(row.refunds), row.units_paid, row.units_refunded,
            )
            for row in SessionShare.objects.all()
        }  # fmt: skip
        assert found == recount(), "shares"
        assert_adds_up()

    def pick(self, which: int) -> SalesEvent:
        events = list(SalesEvent.objects.current().select_related("seller").order_by("pk"))
        return events[which % len(events)]


def assert_adds_up() -> None:
    """Every part of a session is the whole session."""
    for figures in SessionFigures.objects.all():
        for part in ("host", "controller", "agency", "owner"):
            rows = list(SessionShare.objects.filter(session=figures.session_id, part=part))
            for name in ("gmv_paid", "refunds", "units_paid", "units_refunded"):
                assert sum(getattr(row, name) for row in rows) == getattr(figures, name), (part, name)


Line = tuple[int, str, str, str]
Sums = dict[Any, list[int]]


def recount() -> dict[tuple[int, str, int], tuple[int, ...]]:
    """The shares once more, fact by fact, from the ledger and the shifts; it shares no code with what it checks."""
    events = list(SalesEvent.objects.current().with_session().order_by("pk"))
    told = {event.pk: as_told(event) for event in events}
    worth = cancellation_values(orders_of(told.values()))
    line_of = lines_of(told.values())
    paid_at: dict[Line, dt.datetime] = {}
    for fact in told.values():
        if fact.kind == "paid":
            line = line_of[fact]
            paid_at[line] = min(fact.at, paid_at.get(line, fact.at))
    agency = dict(Host.objects.values_list("pk", "tenant_id"))
    owned = by_owner(events, told, worth, line_of)
    found: Sums = empty()
    for session in {event.session_now for event in events if event.session_now}:
        totals: Sums = empty()
        for event in events:
            if event.session_now == session:
                sums = sums_of(told[event.pk], worth)
                add(totals[line_of[told[event.pk]]], sums)
                for owner, parts in owned[event.pk].items():
                    add(found[session, "owner", owner], parts)
        for role in ("host", "controller"):
            for person, sums in by_person(totals, paid_at, session, role):
                add(found[session, role, person], sums)
                if role == "host":
                    add(found[session, "agency", agency.get(person, 0)], sums)
    return {key: tuple(row) for key, row in found.items() if any(row)}


def empty() -> Sums:
    return defaultdict(lambda: [0, 0, 0, 0])


def add(row: list[int], sums: Any) -> None:
    row[:] = [one + other for one, other in zip(row, sums, strict=True)]


def lines_of(facts: Collection[Told]) -> dict[Told, Line]:
    """The lines of facts. A refund whose own door has no payment of the number is of the one order it may be of."""
    paid = {(fact.tenant, fact.source, fact.order_no) for fact in facts if fact.kind == "paid"}
    platforms = ("douyin", "taobao")
    found: dict[Told, Line] = {}
    for fact in facts:
        source, number, line = fact.source, fact.order_no, fact.line_no
        if fact.kind == "refunded":
            number, line = fact.ref_order_no, fact.ref_line
            payers = {told for tenant, told, order in paid if (tenant, order) == (fact.tenant, number)}
            if source not in payers:
                if source in platforms:
                    payers -= {*platforms}
                if len(payers) == 1:
                    (source,) = payers
        found[fact] = fact.tenant, source, number, line
    return found


def sums_of(fact: Told, worth: dict[Told, Decimal]) -> tuple[int, int, int, int]:
    goods = fact.qty if fact.line_type == "goods" else 0
    if fact.kind == "paid":
        return to_units(fact.amount), 0, goods, 0
    if fact.kind == "refunded":
        return 0, to_units(fact.amount), 0, goods
    return 0, to_units(worth.get(fact, Decimal(0))), 0, 0


def by_owner(
    events: list[SalesEvent], told: dict[int, Told], worth: dict[Told, Decimal], line_of: dict[Told, Line]
) -> dict[int, dict[int, list[int]]]:
    """What each fact adds by owner: what says whose it is first, then what names a line, then the others."""
    left: dict[tuple[int, str, str], dict[tuple[str, int], int]] = defaultdict(lambda: defaultdict(int))
    lines: set[Line] = set()
    for event in events:
        fact = told[event.pk]
        if fact.kind == "paid":
            lines.add(line_of[fact])
            if fact.line_type == "goods":
                left[line_of[fact][:3]][fact.line_no, event.owner_id] += to_units(fact.amount)

    def vague(event: SalesEvent) -> bool:
        fact = told[event.pk]
        back = fact.kind in ("refunded", "cancelled") and fact.line_type == "goods"
        return back and event.owner_id == fact.tenant

    found = {}
    for event in sorted(
        events, key=lambda event: (vague(event), line_of[told[event.pk]] not in lines, event.pk)
    ):
        fact = told[event.pk]
        sums = sums_of(fact, worth)
        found[event.pk] = {event.owner_id: list(sums)}
        line, goods = line_of[fact], left[line_of[fact][:3]]
        weights = {
            key: units
            for key, units in sorted(goods.items())
            if units
            and (line not in lines or key[0] == line[3])
            and (vague(event) or key[1] == event.owner_id)
        }
        if fact.kind in ("refunded", "cancelled") and fact.line_type == "goods" and weights:
            of_goods = shared(min(sums[1], sum(weights.values())), weights)
            for key, part in of_goods.items():
                goods[key] -= part
            if vague(event):
                rows: Sums = empty()
                rows[event.owner_id][1] += sums[1] - sum(of_goods.values())
                for column, parts in ((1, of_goods), (3, shared(sums[3], weights))):
                    for key, part in parts.items():
                        rows[key[1]][column] += part
                found[event.pk] = dict(rows)
    return found


def by_person(
    totals: Sums, paid_at: dict[Line, dt.datetime], session: int, role: str
) -> Iterator[tuple[int, list[int]]]:
    """Lines first, then what names no line of its order: that is shared as the order was paid."""
    of_order: dict[tuple[int, str, str], dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for line in sorted(totals, key=lambda line: line not in paid_at):
        if line in paid_at:
            weights = dict.fromkeys(on_shift(session, role, paid_at[line]), 1)
        else:
            weights = dict(of_order[line[:3]]) or {0: 1}
        parts = [shared(total, weights) for total in totals[line]]
        for person in weights:
            sums = [part[person] for part in parts]
            if line in paid_at:
                of_order[line[:3]][person] += sums[0]
            yield person, sums


def as_told(event: SalesEvent) -> Told:
    return Told(
        tenant=event.seller_id, external_id=event.external_id, version=event.version, kind=event.kind,
        at=event.occurred_at, order_no=event.order_no, line_no=event.line_no, ref_order_no=event.ref_order_no,
        ref_line=event.ref_line, line_type=event.line_type, qty=event.quantity, amount=event.amount,
        source=event.source,
    )  # fmt: skip


def on_shift(session: int, role: str, at: dt.datetime) -> set[int]:
    return {
        shift.host_id
        for shift in HostShift.objects.filter(session=session, role=role)
        if shift.starts_at <= at and (shift.ends_at is None or shift.ends_at > at)
    } or {0}


def shared(total: int, weights: dict[Any, int]) -> dict[Any, int]:
    """By exact fractions: rounded down, and the rest to the largest remainders, of equal ones to the lowest id."""
    whole = sum(weights.values())
    exact = {
        key: Fraction(total * weight, whole) if whole else Fraction(total, len(weights))
        for key, weight in weights.items()
    }
    parts = {key: int(value) for key, value in exact.items()}
    for key in sorted(exact, key=lambda key: (parts[key] - exact[key], key))[: total - sum(parts.values())]:
        parts[key] += 1
    return parts


@pytest.fixture
def machine() -> Any:
    with time_machine.travel(NOW):
        yield type("SharesMachine", (SharesMachine,), {"hall": Hall()})


def runs(number: int, steps: int) -> settings:
    return settings(
        max_examples=number,
        stateful_step_count=steps,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],
    )


@pytest.mark.gate
def test_shares_are_a_recount_and_add_up(machine: type[SharesMachine]) -> None:
    run_state_machine_as_test(machine, settings=runs(50, 40))


@pytest.fixture
def hall() -> Iterator[Hall]:
    with time_machine.travel(NOW):
        yield Hall()


def told(hall: Hall, **values: Any) -> None:
    defaults: dict[str, Any] = {
        "kind": "paid",
        "order_no": "A",
        "line_no": "1",
        "qty": 1,
        "amount": Decimal(101),
    }
    source = values.pop("source", "test")
    fact = SaleFact(**{**defaults, "occurred_at": TEN + HOUR, **values})
    sales_record(actor=SYSTEM, seller=hall.sellers[0], source=source, facts=[(0, fact)], atomic=True)
    drain_everything()


def of_hosts(session: LiveSession) -> dict[str, tuple[Decimal, Decimal]]:
    rows = SessionShare.objects.filter(session=session, part="host")
    return {row.who: (row.gmv_paid, row.refunds) for row in rows}


def test_shifts_told_later_share_out_what_was_sold_before(hall: Hall) -> None:
    first = hall.sessions[0]
    told(hall, session_ref=str(first.uid))
    told(
        hall, kind="refunded", order_no="r", ref_order_no="A", ref_line="1", line_no="", amount=Decimal(1),
        occurred_at=NOW - HOUR,
    )  # fmt: skip
    ming, _hua, guest = (str(host) for host in hall.hosts)
    assert of_hosts(first) == {ming: (Decimal(101), Decimal(1))}
    beside = shift_begin(
        actor=SYSTEM, session=first, host=hall.hosts[2], at=TEN + HOUR, ends_at=TEN + 2 * HOUR
    )
    drain_everything()
    half = (Decimal("50.5"), Decimal("0.5"))
    assert of_hosts(first) == {ming: half, guest: half}
    shift_end(actor=SYSTEM, shift=first.shifts.get(host=hall.hosts[0]), at=TEN + HOUR)
    drain_everything()
    assert of_hosts(first) == {guest: (Decimal(101), Decimal(1))}
    shift_end(actor=SYSTEM, shift=beside, at=TEN + HOUR + dt.timedelta(minutes=1))
    told(hall, session_ref=str(first.uid), order_no="B", occurred_at=TEN + HOUR + dt.timedelta(minutes=1))
    assert of_hosts(first)[str(SessionShare(session=first).who)] == (Decimal(101), Decimal(0))


def test_a_refund_in_another_session_goes_by_its_payment_when_that_is_corrected(hall: Hall) -> None:
    first, second = hall.sessions
    shift_begin(actor=SYSTEM, session=second, host=hall.hosts[2], at=TEN + 4 * HOUR, ends_at=TEN + 5 * HOUR)
    at = TEN + 3.5 * HOUR
    told(hall, session_ref=str(first.uid), external_id="e", occurred_at=at)
    told(
        hall, kind="refunded", order_no="r", ref_order_no="A", ref_line="1", amount=Decimal(1), line_no="",
        session_ref=str(second.uid), occurred_at=NOW - HOUR,
    )  # fmt: skip
    _ming, hua, guest = (str(host) for host in hall.hosts)
    assert of_hosts(second) == {hua: (Decimal(0), Decimal(1))}
    told(hall, session_ref=str(first.uid), external_id="e", version=2, occurred_at=TEN + 4.5 * HOUR)
    assert of_hosts(second) == dict.fromkeys((hua, guest), (Decimal(0), Decimal("0.5")))
    # The payment was another order's: the refund is left alone, and nobody sold what it gives back.
    told(hall, session_ref=str(first.uid), external_id="e", version=3, order_no="B", occurred_at=TEN + HOUR)
    assert of_hosts(second) == {SessionShare(session=second).who: (Decimal(0), Decimal(1))}


def test_what_another_door_gives_back_is_of_the_host_who_sold_it(hall: Hall) -> None:
    """A tool told of it before the platform's file came; what another platform tells is of another order."""
    first, ming, guest = hall.sessions[0], str(hall.hosts[0]), str(hall.hosts[2])
    shift_begin(actor=SYSTEM, session=first, host=hall.hosts[2], at=TEN + HOUR, ends_at=TEN + 2 * HOUR)
    refund = {
        "kind": "refunded", "order_no": "r", "ref_order_no": "A", "ref_line": "1", "line_no": "",
        "amount": Decimal("0.01"), "occurred_at": NOW - HOUR, "qty": 0,
    }  # fmt: skip
    told(hall, source="erp", **refund)
    told(hall, source="douyin", **refund)
    assert of_hosts(first) == {}
    told(hall, source="taobao", session_ref=str(first.uid))
    half = (Decimal("50.5"), Decimal("0.005"))
    assert of_hosts(first) == {ming: half, guest: half}
    told(hall, source="jd", order_no="A", session_ref=str(hall.sessions[1].uid))
    assert of_hosts(first) == dict.fromkeys((ming, guest), (Decimal("50.5"), Decimal(0)))


def test_each_sees_its_own_share() -> None:
    """A host its own row, its firm its hosts' rows in others' sessions, a stranger none."""
    world: World = make_world("alpha")
    seller, agency = world.tenants
    session: LiveSession = seller.session
    assert session.started_at is not None
    HostShift.objects.all().delete()
    HostShift.objects.create(
        session=session, host=agency.host, starts_at=session.started_at, ends_at=session.ended_at
    )
    fact = SaleFact(
        kind="paid", order_no="A", line_no="1", qty=2, amount=Decimal(10), session_ref=str(session.uid),
        occurred_at=session.started_at,
    )  # fmt: skip
    sales_record(actor=SYSTEM, seller=seller.tenant, source="test", facts=[(0, fact)], atomic=True)
    drain_everything()

    def parts(actor: Any) -> set[str]:
        return set(visible_to(SessionShare.objects.all(), actor).values_list("part", flat=True))

    assert parts(seller.owner) == {"host", "controller", "agency", "owner"}
    assert parts(world.manager) == {"host", "controller", "agency", "owner"}
    assert parts(agency.owner) == {"host", "agency"}
    assert parts(user_actor(agency.users["host"])) == {"host"}
    assert parts(user_actor(seller.users["host"])) == set()
    (row,) = SessionShare.objects.filter(part="host")
    assert (row.host, row.net_sales, row.units_paid) == (agency.host, Decimal(10), 2)
