"""The cash-flow calendar on the ledger: each kind of entry on its day, the usual delay, and who sees it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from analytics.beside import days as beside_days
from analytics.cash import CashFlow, Entry, cash_flow
from analytics.choices import CashKind, PeriodKind
from analytics.periods import Period
from core.actors import user_actor
from core.choices import Role
from core.clock import day_start
from core.errors import NotFound
from core.money import from_units
from livestreams.models import AdSpend
from supplychain.facts import SaleFact
from supplychain.models import Agreement, ImportBatch, PayoutEntry, Statement
from tenants.choices import ChargeKind
from tenants.services import charge_record
from tests.analytics.browsers import browser_of
from tests.factories import SYSTEM, TenantWorld, World, make_world
from tests.supplychain.ledger import fact, record

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
JUNE = Period(PeriodKind.MONTH, dt.date(2025, 6, 1))
MAY, JULY = Period(PeriodKind.MONTH, dt.date(2025, 5, 1)), Period(PeriodKind.MONTH, dt.date(2025, 7, 1))
TODAY = dt.date(2025, 6, 20)
HOUR = dt.timedelta(hours=1)


def june(day: int) -> dt.date:
    return dt.date(2025, 6, day)


@pytest.fixture(autouse=True)
def _on_the_twentieth() -> Iterator[None]:
    with time_machine.travel(day_start(TODAY) + 12 * HOUR, tick=False):
        yield


@pytest.fixture
def world() -> World:
    """What every world has lies in April, and of its statements nothing is owed."""
    with time_machine.travel(day_start(dt.date(2025, 4, 10)), tick=False):
        found = make_world("alpha")
    Statement.objects.update(state="draft")
    return found


@pytest.fixture
def mine(world: World) -> TenantWorld:
    return world.tenants[0]


def paid(order: str, day: dt.date, amount: str) -> SaleFact:
    """Late in the evening in Shanghai."""
    return fact(order, amount=amount, occurred_at=day_start(day) + 23 * HOUR)


def pay(firm: TenantWorld, order: str, day: dt.date, amount: str, source: str = "douyin") -> None:
    record(firm.tenant, paid(order, day, amount), source=source)


def settlement(
    firm: TenantWorld, order: str, day: dt.date, amount: str, platform: str = "douyin", **values: Any
) -> list[PayoutEntry]:
    """What was paid for goods, and what of it reached the account."""
    batch, _made = ImportBatch.objects.get_or_create(tenant=firm.tenant, source=f"{platform}-settlement")
    known = {"tenant": firm.tenant, "platform": platform, "order_no": order, "import_batch": batch}
    at = {"occurred_at": day_start(day) + 3 * HOUR, "business_day": day}
    return [
        PayoutEntry(external_id=f"{order}:{kind}", kind=kind, amount=units, **known, **at, **values)
        for kind, units in (("goods", Decimal(amount)), ("settled", Decimal(amount) - 1))
    ]


def settle(*args: Any, **values: Any) -> None:
    PayoutEntry.objects.bulk_create(settlement(*args, **values))


def state(
    seller: TenantWorld, partner: TenantWorld | None, total: str, *, seller_pays: bool = True, **values: Any
) -> Statement:
    """With somebody who is here, or with a platform."""
    whom = (
        {"kind": "agency", "partner": partner.tenant.node}
        if partner
        else {"kind": "platform", "outside_name": "D"}
    )
    agreement = Agreement.objects.create(
        seller=seller.tenant, title="shares", sales="all", from_day=dt.date(2025, 4, 1), state="signed",
        proposed_by=seller.tenant.node, seller_pays=seller_pays, **whom,
    )  # fmt: skip
    month = {"month": dt.date(2025, 5, 1), "counted_at": day_start(TODAY)}
    return Statement.objects.create(agreement=agreement, total=Decimal(total), **{**month, **values})


def charge(firm: TenantWorld, month: dt.date, amount: str) -> None:
    charge_record(
        actor=SYSTEM, tenant=firm.tenant, park=firm.tenant.node.parent.park, kind=ChargeKind.SERVICE, source="test",
        source_id=f"{firm.tenant.code} {month} {amount}", period=month, amount=Decimal(amount), explanation={},
    )  # fmt: skip


def told(flow: CashFlow, kind: CashKind) -> list[tuple[int | None, Decimal | None, bool]]:
    """Day of the month, amount and whether it is expected, of all entries of a kind."""
    entries = [*(entry for day in flow.calendar.days for entry in day.entries), *flow.calendar.undated]
    return [
        (entry.day.day if entry.day else None, from_units(entry.amount), entry.is_expected)
        for entry in entries
        if entry.kind == kind
    ]


def yuan(amount: str) -> Decimal:
    return Decimal(amount).quantize(Decimal("0.0001"))


def undated(flow: CashFlow, kind: CashKind) -> list[Entry]:
    return [entry for entry in flow.calendar.undated if entry.kind == kind]


def settled_before(firm: TenantWorld, orders: int = 30) -> None:
    """Orders of May of which all but fourteen were settled after five days, those after three."""
    names = [f"S{number}" for number in range(orders)]
    record(firm.tenant, *(paid(name, dt.date(2025, 5, 12), "10.00") for name in names), source="douyin")
    days = (dt.date(2025, 5, 15 if number < 14 else 17) for number in range(orders))
    entries = (settlement(firm, name, day, "10.00") for name, day in zip(names, days, strict=True))
    PayoutEntry.objects.bulk_create([entry for some in entries for entry in some])


class TestInTransit:
    def test_it_is_expected_after_the_usual_delay(self, mine: TenantWorld) -> None:
        settled_before(mine)
        pay(mine, "W1", june(18), "100.00")
        pay(mine, "W2", june(19), "40.00")
        pay(mine, "W3", june(19), "30.00")
        refund = {"ref_order_no": "W3", "ref_line": "1", "occurred_at": day_start(TODAY) + HOUR}
        record(mine.tenant, fact("R", "refunded", "12.00", **refund), source="douyin")
        pay(mine, "W4", june(15), "7.00")
        flow = cash_flow(mine.owner, mine.tenant, JUNE)
        assert flow.delays == {"douyin": 5}
        # Of the fifteenth it is expected today.
        assert told(flow, CashKind.TRANSIT) == [
            (20, yuan("7"), True),
            (23, yuan("100"), True),
            (24, yuan("58"), True),
        ]
        assert [entry.paid_on for entry in flow.calendar.days[22].entries] == [june(18)]
        assert flow.calendar.flow.expected_in == 1_650_000
        assert told(cash_flow(mine.owner, mine.tenant, MAY), CashKind.TRANSIT) == []

    def test_a_day_that_is_past_is_not_told_again(self, mine: TenantWorld) -> None:
        settled_before(mine)
        pay(mine, "W1", june(14), "100.00")
        pay(mine, "W2", june(10), "20.00")
        flow = cash_flow(mine.owner, mine.tenant, JUNE)
        (overdue,) = undated(flow, CashKind.TRANSIT)
        assert (from_units(overdue.amount), overdue.was_due) == (yuan("120"), june(15))
        assert flow.calendar.flow.expected_in == 0
        # It stands in the present month alone.
        for month in (MAY, JULY):
            assert told(cash_flow(mine.owner, mine.tenant, month), CashKind.TRANSIT) == []

    def test_what_is_expected_in_the_next_month_stands_there(self, mine: TenantWorld) -> None:
        settled_before(mine)
        with time_machine.travel(day_start(june(29)), tick=False):
            pay(mine, "W1", june(28), "100.00")
            assert told(cash_flow(mine.owner, mine.tenant, JUNE), CashKind.TRANSIT) == []
            july = cash_flow(mine.owner, mine.tenant, JULY)
        assert told(july, CashKind.TRANSIT) == [(3, yuan("100"), True)]

    def test_too_few_settled_orders_give_no_day(self, mine: TenantWorld) -> None:
        settled_before(mine, 29)
        pay(mine, "W1", june(18), "100.00")
        flow = cash_flow(mine.owner, mine.tenant, JUNE)
        (unknown,) = undated(flow, CashKind.TRANSIT)
        assert (from_units(unknown.amount), unknown.was_due, flow.delays) == (yuan("100"), None, {})

    def test_settlements_of_long_ago_and_of_others_say_nothing(self, world: World, mine: TenantWorld) -> None:
        settled_before(mine, 29)
        settled_before(world.tenants[1])
        pay(mine, "old", dt.date(2024, 12, 20), "10.00")
        settle(mine, "old", TODAY - dt.timedelta(180), "10.00")
        settle(mine, "not ours", dt.date(2025, 5, 15), "10.00")
        pay(mine, "W1", june(18), "100.00")
        pay(mine, "S29", dt.date(2025, 5, 12), "10.00")  # that one of the neighbour is another order
        assert cash_flow(SYSTEM, mine.tenant, JUNE).delays == {}
        settle(mine, "old", TODAY - dt.timedelta(179), "10.00", version=2)
        assert cash_flow(mine.owner, mine.tenant, JUNE).delays == {"douyin": 5}

    def test_each_platform_has_its_own_delay(self, mine: TenantWorld) -> None:
        settled_before(mine)
        settle(mine, "K", june(1), "10.00", platform="kuaishou")
        pay(mine, "W1", june(18), "100.00", source="kuaishou")
        pay(mine, "W2", june(18), "50.00", source="taobao")
        flow = cash_flow(mine.owner, mine.tenant, JUNE)
        assert [(each.platform, each.amount) for each in undated(flow, CashKind.TRANSIT)] == [
            ("kuaishou", 1_000_000)
        ]
        # Of a platform that settled nothing here nobody knows what is on its way.
        assert flow.not_settled == ("taobao",)
        assert cash_flow(mine.owner, mine.tenant, JULY).not_settled == ()
        assert flow.settled_until == {"douyin": dt.date(2025, 5, 17), "kuaishou": june(1)}

    def test_what_a_shop_sells_over_the_counter_waits_for_no_platform(self, mine: TenantWorld) -> None:
        pay(mine, "W1", june(18), "100.00", source="erp")
        assert cash_flow(mine.owner, mine.tenant, JUNE).not_settled == ()

    def test_orders_of_platforms_that_settle_nothing_here_are_not_read(
        self, mine: TenantWorld, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        settle(mine, "K", june(1), "10.00", platform="kuaishou")
        for number in range(5):
            pay(mine, f"T{number}", june(18), "10.00", source="taobao")
        pay(mine, "E", june(18), "7.00", source="erp")  # the platform settled one of its two lines
        record(mine.tenant, fact("E", line_no="2", amount="3.00", external_id="E2"), source="erp")
        settle(mine, "E", june(19), "7.00", platform="kuaishou", line_no="1")
        asked: list[set[str]] = []
        read = beside_days.our_orders
        monkeypatch.setattr(
            beside_days,
            "our_orders",
            lambda tenant, numbers: asked.append(set(numbers)) or read(tenant, numbers),
        )
        flow = cash_flow(mine.owner, mine.tenant, JUNE)
        assert asked == [{"E"}]
        assert flow.not_settled == ("taobao",)


def test_payouts_stand_on_the_day_of_their_settlement(mine: TenantWorld) -> None:
    for order, day, amount in (("A", 1, "10.00"), ("B", 1, "21.50"), ("C", 30, "5.00"), ("D", 3, "0.50")):
        settle(mine, order, june(day), amount)
    settle(mine, "E", dt.date(2025, 5, 31), "10.00")
    settle(mine, "F", dt.date(2025, 7, 1), "10.00")
    settle(mine, "B", june(1), "20.00", version=2)
    flow = cash_flow(mine.owner, mine.tenant, JUNE)
    assert told(flow, CashKind.PAYOUT) == [
        (1, yuan("28"), False),
        (3, yuan("-0.50"), False),
        (30, yuan("4"), False),
    ]
    assert (flow.calendar.flow.came_in, flow.calendar.flow.went_out) == (320_000, 5_000)
    # What is taken back on a day on which something is paid out went out all the same.
    settle(mine, "G", june(30), "-2.00")
    flow = cash_flow(mine.owner, mine.tenant, JUNE)
    assert (flow.calendar.flow.came_in, flow.calendar.flow.went_out) == (320_000, 35_000)
    flow = cash_flow(mine.owner, mine.tenant, JUNE)
    assert [from_units(flow.calendar.days[day].running) for day in (0, 1, 2, 28, 29)] == [
        yuan(amount) for amount in ("28", "28", "27.5", "27.5", "28.5")
    ]


def test_statements_count_for_both_parties_in_their_direction(world: World, mine: TenantWorld) -> None:
    other = world.tenants[1]
    state(mine, other, "50.00", state="paid", paid_on=june(12), due_on=june(30))
    state(mine, other, "20.00", state="approved", due_on=june(25))
    state(mine, other, "-7.00", state="invoiced", due_on=TODAY)
    state(mine, other, "9.00", seller_pays=False, state="paid", paid_on=june(30))
    state(mine, other, "4.00", state="approved", due_on=june(19))
    state(mine, other, "3.00", state="approved", due_on=dt.date(2025, 7, 1))
    state(mine, other, "2.00", state="paid", paid_on=dt.date(2025, 5, 31))
    state(mine, other, "1000.00", state="draft", due_on=june(25))
    state(mine, other, "0", state="paid", paid_on=june(12))
    seen = [
        (12, "-50", False),
        (20, "7", True),
        (25, "-20", True),
        (30, "9", False),
        (None, "-4", True),
    ]
    flow, theirs = (cash_flow(firm.owner, firm.tenant, JUNE) for firm in (mine, other))
    assert told(flow, CashKind.STATEMENT) == [(day, yuan(amount), is_to) for day, amount, is_to in seen]
    assert told(theirs, CashKind.STATEMENT) == [(day, -yuan(amount), is_to) for day, amount, is_to in seen]
    (overdue,) = undated(flow, CashKind.STATEMENT)
    assert (overdue.was_due, overdue.name) == (june(19), f"{other.tenant} 2025-05")
    assert str(mine.tenant) in undated(theirs, CashKind.STATEMENT)[0].name
    assert told(cash_flow(mine.owner, mine.tenant, JULY), CashKind.STATEMENT) == [(1, yuan("-3"), True)]


def test_a_fee_that_the_platform_keeps_goes_out_once(mine: TenantWorld) -> None:
    """Its payouts are without it."""
    settle(mine, "A", june(1), "100.00")
    state(mine, None, "1.00", state="approved", due_on=june(25))
    state(mine, None, "1.00", state="paid", paid_on=june(12))
    flow = cash_flow(mine.owner, mine.tenant, JUNE)
    assert told(flow, CashKind.STATEMENT) == []
    assert (flow.calendar.flow.came_in, flow.calendar.flow.net) == (990_000, 990_000)


def test_ad_spend_stands_on_the_day_of_its_hour(world: World, mine: TenantWorld) -> None:
    midnight = day_start(june(4))
    for number, amount in ((-1, "10.00"), (0, "5.00"), (1, "2.50")):
        AdSpend.objects.create(session=mine.session, hour=midnight + number * HOUR, amount=Decimal(amount))
    AdSpend.objects.create(session=mine.session, hour=midnight - HOUR, amount=Decimal("11.00"), version=2)
    other = world.tenants[1]
    AdSpend.objects.create(session=other.session, hour=midnight + 2 * HOUR, amount=Decimal("99.00"))
    spent = told(cash_flow(mine.owner, mine.tenant, JUNE), CashKind.AD_SPEND)
    assert spent == [(3, yuan("-11"), False), (4, yuan("-7.5"), False)]


def test_a_charge_stands_without_a_day_in_its_month(mine: TenantWorld) -> None:
    charge(mine, MAY.first, "80.00")
    for amount in ("81.00", "4.00", "-4.00"):
        charge(mine, JUNE.first, amount)
    flow = cash_flow(mine.owner, mine.tenant, JUNE)
    assert told(flow, CashKind.CHARGE) == [(None, yuan("-81"), True)]
    assert (flow.calendar.flow.expected_out, flow.calendar.undated_flow.expected_out) == (0, 810_000)
    charge(mine, JUNE.first, "-81.00")
    assert told(cash_flow(mine.owner, mine.tenant, JUNE), CashKind.CHARGE) == []
    assert told(cash_flow(mine.owner, mine.tenant, MAY), CashKind.CHARGE) == [(None, yuan("-80"), True)]


class TestDoors:
    def filled(self, world: World, mine: TenantWorld) -> Statement:
        settled_before(mine)
        settle(mine, "A", june(1), "101.00")
        pay(mine, "W1", june(18), "77.00")
        return state(mine, world.tenants[1], "20.00", state="approved", due_on=june(25))

    def test_page_and_api_say_the_same(self, world: World, mine: TenantWorld) -> None:
        statement = self.filled(world, mine)
        owner, code = browser_of(mine), mine.tenant.code
        answer = owner.get(reverse("api-cash-flow"), {"tenant": code, "month": "2025-06"}).json()
        assert (answer["month"], answer["came_in"], answer["expected_out"]) == ("2025-06", "100.00", "20.00")
        assert answer["delays"] == [{"platform": "douyin", "days": 5}]
        days = {row["day"]: row for row in answer["days"]}
        assert [days[f"2025-06-{day}"]["running"] for day in ("01", "22", "23", "25", "30")] == [
            "100.00", "100.00", "177.00", "157.00", "157.00",
        ]  # fmt: skip
        (due,) = days["2025-06-25"]["entries"]
        assert (due["kind"], due["uid"], due["amount"]) == ("statement", str(statement.uid), "-20.00")
        assert owner.get(reverse("api-cash-flow"), {"tenant": code}).json() == answer
        shown = owner.get(reverse("portal-cash", args=[code]), {"month": "2025-06"}).content.decode()
        for text in (
            "¥100.00", "-¥20.00", "¥177.00", "no balance of an account", "usually settles 5 days after",
            "are imported until 2025-06-01",
            f"{reverse('portal-beside', args=[code])}?until=2025-06-18",
            reverse("portal-statement", kwargs={"tenant": code, "uid": statement.uid}),
        ):  # fmt: skip
            assert text in shown, text
        for month in ("2025-Q2", "x", "2025-13"):
            page = owner.get(reverse("portal-cash", args=[code]), {"month": month}).content.decode()
            assert "¥177.00" in page
        empty = owner.get(reverse("portal-cash", args=[code]), {"month": "2031-01"}).content.decode()
        assert "No money is on record for this month" in empty

    def test_bad_questions_are_refused(self, mine: TenantWorld) -> None:
        owner, api = browser_of(mine), reverse("api-cash-flow")
        assert owner.get(api).status_code == 400
        for month in ("2025", "2025-Q2", "2025-13", "x"):
            assert owner.get(api, {"tenant": mine.tenant.code, "month": month}).status_code == 400
        for code in ("A b", "nobody"):
            assert owner.get(api, {"tenant": code}).status_code == 404

    def test_only_those_who_keep_the_money_see_it(self, world: World, mine: TenantWorld) -> None:
        page, api = reverse("portal-cash", args=[mine.tenant.code]), reverse("api-cash-flow")
        asked = {"tenant": mine.tenant.code}
        for role in (Role.TENANT_OWNER, Role.TENANT_FINANCE):
            browser = browser_of(mine, role)
            assert browser.get(page).status_code == browser.get(api, asked).status_code == 200
            assert page in browser.get(reverse("portal-more", args=[mine.tenant.code])).content.decode()
        for role in (Role.TENANT_STAFF, Role.HOST):
            browser = browser_of(mine, role)
            assert browser.get(page).status_code == browser.get(api, asked).status_code == 403
            assert page not in browser.get(reverse("portal-more", args=[mine.tenant.code])).content.decode()
        neighbour = browser_of(world.tenants[1])
        assert neighbour.get(page).status_code == neighbour.get(api, asked).status_code == 404
        key = {"Authorization": f"Bearer {mine.secret}"}
        assert Client().get(api, asked, headers=key).status_code == 403
        for actor in (world.tenants[1].owner, user_actor(world.users[Role.PARK_FINANCE])):
            with pytest.raises(NotFound):
                cash_flow(actor, mine.tenant, JUNE)

    def test_a_neighbour_has_nothing_of_it(self, world: World, mine: TenantWorld) -> None:
        """Also for somebody who sees both firms."""
        other = world.tenants[1]
        before = cash_flow(SYSTEM, other.tenant, JUNE)
        settle(mine, "A", june(1), "101.00")
        pay(mine, "W1", june(18), "77.00")
        with_park = state(mine, other, "20.00", state="approved", due_on=june(25)).agreement
        Agreement.objects.filter(pk=with_park.pk).update(partner=world.park.node)
        AdSpend.objects.create(session=mine.session, hour=day_start(june(4)), amount=Decimal("5.00"))
        charge(mine, JUNE.first, "80.00")
        assert cash_flow(SYSTEM, other.tenant, JUNE) == before == cash_flow(other.owner, other.tenant, JUNE)
        assert cash_flow(SYSTEM, mine.tenant, JUNE).calendar.flow != before.calendar.flow

    def test_more_money_takes_no_more_statements(self, world: World, mine: TenantWorld) -> None:
        def asked() -> int:
            with CaptureQueriesContext(connection) as queries:
                cash_flow(mine.owner, mine.tenant, JUNE)
            return len(queries)

        self.filled(world, mine)
        before = asked()
        for number in range(8):
            pay(mine, f"M{number}", june(12 + number), "5.00")
            settle(mine, f"N{number}", june(1 + number), "5.00")
            state(mine, world.tenants[1], "1.00", state="approved", due_on=june(21))
            AdSpend.objects.create(
                session=mine.session, hour=day_start(june(2 + number)), amount=Decimal("5.00")
            )
        assert asked() == before
