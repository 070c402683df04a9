"""The result of a session beside a recount by hand: from facts, agreements, statements, bookings and ad spend."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
import time_machine

from analytics.choices import ResultPart
from analytics.result import Account, account_of
from core.actors import Actor, user_actor
from core.choices import Role
from core.errors import NotFound
from livestreams.choices import BookingState
from livestreams.models import AdSpend, Booking
from supplychain.models import Agreement, Product, Statement
from supplychain.services import agreement_propose, agreement_sign, statement_approve, statement_count
from tests.factories import (
    SYSTEM,
    make_host,
    make_park,
    make_room,
    make_session,
    make_sku,
    make_tenant,
    make_user,
)
from tests.supplychain.ledger import fact, record

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

JAN, FEB = dt.date(2025, 1, 1), dt.date(2025, 2, 1)
# Ten in the evening in Shanghai: the session sees February.
TEN = dt.datetime(2025, 1, 31, 14, 0, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)
MARCH = dt.datetime(2025, 3, 20, 4, 0, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def _in_march() -> Iterator[None]:
    with time_machine.travel(MARCH, tick=False):
        yield


class Firm:
    """A seller whose session was sold by an agency's host for two hours and then by its own."""

    def __init__(self) -> None:
        self.park = make_park("east")
        self.seller, self.agency = make_tenant(self.park, "ming"), make_tenant(self.park, "mcn")
        self.star, self.own_host = make_host(self.agency, "star"), make_host(self.seller, "own")
        room = make_room(self.park, "room")
        self.booking = Booking.objects.create(
            room=room, tenant=self.seller, starts_at=TEN, ends_at=TEN + 6 * HOUR, blocked_from=TEN,
            blocked_until=TEN + 6 * HOUR, state=BookingState.COMPLETED, price=Decimal(100), due=Decimal(100),
        )  # fmt: skip
        self.session = make_session(self.seller, room=room, booking=self.booking, starts_at=TEN, hours=4)
        self.session.shown_tenants.create(tenant=self.agency)
        for host, since, until in ((self.star, 0, 2), (self.own_host, 2, 4)):
            self.session.shifts.create(
                host=host, role="host", starts_at=TEN + since * HOUR, ends_at=TEN + until * HOUR
            )
        self.dress, self.scarf = make_sku(self.seller, "dress"), make_sku(self.seller, "scarf")
        Product.objects.filter(code="P-scarf").update(cost=0)
        self.owner = user_actor(make_user("boss", Role.TENANT_OWNER, self.seller.node))

    def sell(self, order: str, amount: str, hours: float = 0.5, **values: Any) -> None:
        told = {"session_ref": str(self.session.uid), "sku_code": "dress", **values}
        record(self.seller, fact(order, amount=amount, occurred_at=TEN + hours * HOUR, **told))

    def refund(self, order: str, amount: str, at: dt.datetime = TEN + 5 * HOUR, **values: Any) -> None:
        told = {
            "ref_order_no": order,
            "ref_line": "1",
            "occurred_at": at,
            "session_ref": str(self.session.uid),
        }
        record(self.seller, fact(f"R{order}", "refunded", amount, **{**told, **values}))

    def agree(self, **values: Any) -> Agreement:
        terms: dict[str, Any] = {
            "seller": self.seller, "kind": "agency", "title": "frame contract", "from_day": JAN, "sales": "hosts",
            "tiers": [(Decimal(0), Decimal(20))], **values,
        }  # fmt: skip
        if "outside_name" not in values:
            terms["partner"] = self.agency.code
        return agreement_sign(actor=SYSTEM, agreement=agreement_propose(actor=self.owner, **terms))

    def agree_with_platform(self) -> Agreement:
        return self.agree(
            kind="platform", outside_name="Douyin", sales="sessions", tiers=[(Decimal(0), Decimal(5))]
        )

    def spend(self, *amounts: str) -> None:
        for number, amount in enumerate(amounts):
            AdSpend.objects.create(session=self.session, hour=TEN + number * HOUR, amount=Decimal(amount))

    def account(self) -> Account:
        session = type(self.session).objects.select_related("booking__room").get(pk=self.session.pk)
        return account_of(self.owner, session)


@pytest.fixture
def firm() -> Firm:
    return Firm()


def amounts(account: Account) -> dict[str, Decimal | None]:
    return {part.value: line.amount for part, line in account.lines.items()}  # type: ignore[attr-defined]


def test_a_session_with_everything_on_record(firm: Firm) -> None:
    firm.sell("A", "300.00", qty=3)
    firm.sell("B", "100.00", hours=3)
    firm.refund("A", "100.00", qty=1)
    firm.agree(slot_fee=Decimal(25))
    firm.agree_with_platform()
    firm.spend("30.00", "20.50")
    found = firm.account()
    assert amounts(found) == {
        "net_sales": Decimal(300),
        "goods": Decimal(120),  # two dresses of A and one of B at 40
        "platform": Decimal(15),  # 5 % of 300
        "commission": Decimal(40),  # 20 % of what the agency's host sold and kept: 200
        "slot_fee": Decimal(25),
        "room": Decimal(100),
        "ad_spend": Decimal("50.50"),
        "parcels": None,
    }
    assert found.amount == Decimal("-50.50")
    assert found.metrics["roi_net"] == Decimal("5.940594")
    assert found.provisional


def test_a_service_firm_that_is_known_by_name_is_no_platform(firm: Firm) -> None:
    firm.sell("A", "100.00")
    firm.agree(
        kind="service", outside_name="Swift Captions", sales="sessions", tiers=[(Decimal(0), Decimal(2))]
    )
    found = firm.account()
    assert (amounts(found)["platform"], amounts(found)["commission"]) == (None, Decimal(2))


def test_what_another_platform_takes_is_nothing_of_this_session(firm: Firm) -> None:
    firm.sell("A", "100.00")
    terms = {"kind": "platform", "sales": "sessions", "tiers": [(Decimal(0), Decimal(5))]}
    firm.agree(outside_name="Taobao", platform="taobao", **terms)
    assert amounts(firm.account())["platform"] is None
    firm.agree(outside_name="Douyin", platform="douyin", **terms)
    assert amounts(firm.account())["platform"] == Decimal(5)


def test_without_records_every_line_says_why_it_is_not_known(firm: Firm) -> None:
    firm.sell("A", "50.00", sku_code="scarf")
    firm.sell("B", "60.00", sku_code="")
    firm.sell("C", "70.00")
    found = firm.account()
    assert amounts(found)["commission"] == Decimal(0)
    missing = {line.part: len(line.missing) for line in found.missing}
    assert missing == {ResultPart.GOODS: 2, ResultPart.PLATFORM: 1, ResultPart.AD_SPEND: 1}
    assert found.lines[ResultPart.GOODS].known_amount == Decimal(40)
    assert (found.amount, found.left_amount) == (None, Decimal(180) - 40 - 100)


def test_statements_are_believed_and_later_months_follow_the_terms(firm: Firm) -> None:
    firm.sell("A", "300.00")
    agreement = firm.agree()
    jan = statement_count(actor=SYSTEM, agreement=agreement, month=JAN)
    statement_approve(actor=SYSTEM, statement=jan)
    line = firm.account().lines[ResultPart.COMMISSION]
    assert ([each.kind for each in line.sources], line.amount) == (["statement"], Decimal(60))
    assert not line.provisional
    firm.refund("A", "100.00", MARCH - HOUR)
    line = firm.account().lines[ResultPart.COMMISSION]
    assert [(each.kind, each.amount) for each in line.sources] == [
        ("statement", Decimal(60)),
        ("agreement", Decimal(-20)),
    ]
    assert Statement.objects.count() == 1


def test_goods_that_came_back_cost_nothing_and_those_of_others_need_an_agreement(firm: Firm) -> None:
    firm.sell("A", "100.00")
    firm.sell("B", "100.00", qty=2)
    # In full, whatever the row says of units; and an order as a whole.
    firm.refund("A", "100.00", qty=0)
    firm.refund("B", "100.00", ref_line="", line_no="")
    assert firm.account().lines[ResultPart.GOODS].amount == Decimal(0)
    firm.sell("C", "100.00", owner="mcn", sku_code="theirs")
    assert firm.account().lines[ResultPart.GOODS].amount is None
    firm.agree(kind="owner", sales="owned", tiers=[(Decimal(0), Decimal(60))])
    found = firm.account()
    assert (amounts(found)["goods"], amounts(found)["commission"]) == (Decimal(0), Decimal(60))


def test_what_others_sell_in_the_session_is_none_of_the_firms_result(firm: Firm) -> None:
    firm.sell("A", "100.00")
    theirs = fact("Z", amount="900.00", occurred_at=TEN + HOUR, session_ref=str(firm.session.uid))
    record(firm.agency, theirs)
    assert amounts(firm.account())["net_sales"] == Decimal(100)


def test_sessions_of_one_booking_share_its_price_to_the_cent(firm: Firm) -> None:
    second = make_session(firm.seller, booking=firm.booking, starts_at=TEN + 4 * HOUR, hours=2)
    rooms = [account_of(firm.owner, each).lines[ResultPart.ROOM] for each in (firm.session, second)]
    assert [line.amount for line in rooms] == [Decimal("66.67"), Decimal("33.33")]
    firm.booking.state, firm.booking.due = BookingState.NO_SHOW, Decimal(30)
    firm.booking.save()
    assert firm.account().lines[ResultPart.ROOM].amount == Decimal(20)


def test_who_does_not_keep_the_money_sees_no_result(firm: Firm) -> None:
    firm.sell("A", "100.00")

    def of(role: str, node: Any) -> Actor:
        return user_actor(make_user(f"{role}-{node.code}", role, node))

    assert account_of(of(Role.TENANT_FINANCE, firm.seller.node), firm.session).net
    for role, node in (
        (Role.TENANT_STAFF, firm.seller.node),
        (Role.HOST, firm.seller.node),
        (Role.TENANT_OWNER, firm.agency.node),
        (Role.PARK_MANAGER, firm.park.node),
        (Role.PARK_FINANCE, firm.park.node),
    ):
        with pytest.raises(NotFound):
            account_of(of(role, node), firm.session)
