"""What the park's warehouses say of a session: whatever was bought for show never leaves them."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest
import time_machine

from analytics import rollup, services
from analytics.models import TrustVerdict
from analytics.tasks import judge_parcels
from analytics.trust import judging
from analytics.trust.evidence import Sent
from analytics.trust.gathering import gather
from core import buckets
from core.clock import DAY, HOUR
from livestreams.models import LiveSession
from supplychain.services import stock_receive, wave_make
from supplychain.tasks import release_refunded
from tests import factories
from tests.supplychain.ledger import NOON, SYSTEM
from tests.supplychain.stockroom import PackingShop

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

ORDERS = [f"P{number:02d}" for number in range(12)]


class Show(PackingShop):
    """A session in which a dozen orders were paid, all of them out of the park's warehouse."""

    def __init__(self) -> None:
        super().__init__()
        stock_receive(actor=SYSTEM, warehouse=self.near, sku=self.sku, quantity=100)
        self.session: LiveSession = factories.make_session(self.seller, starts_at=NOON - HOUR)
        for order in ORDERS:
            self.sell(order, session_ref=str(self.session.uid))
        services.session_claim(actor=SYSTEM, session=self.session, sales=Decimal(125))
        wave_make(actor=SYSTEM, warehouse=self.near)
        self.judge()

    def send(self, orders: list[str]) -> None:
        for order in orders:
            self.dispatch(order)

    def judge(self) -> list[tuple[str, str]]:
        rollup.drain()
        judging.drain()
        return list(
            TrustVerdict.objects.filter(session=self.session)
            .order_by("version")
            .values_list("verdict", "reasons")
        )


@pytest.fixture
def clock() -> Iterator[time_machine.Coordinates]:
    with time_machine.travel(NOON + 2 * HOUR, tick=False) as coordinates:
        yield coordinates


def test_what_was_paid_and_never_left_makes_the_sales_doubtful_until_it_leaves(
    clock: time_machine.Coordinates,
) -> None:
    show = Show()
    show.send(ORDERS[:6])
    before = show.judge()
    clock.shift(6 * DAY)
    assert judge_parcels() == 0, "an order may still leave"
    buckets.mark(buckets.TRUST, [(show.seller.pk, show.session.pk)])
    assert show.judge() == before
    clock.shift(DAY)
    assert judge_parcels() == 1
    assert show.judge()[-1] == ("doubtful", "parcels")
    (finding,) = [row for row in TrustVerdict.objects.latest("pk").witnesses if row["witness"] == "parcels"]
    assert (finding["stated"], finding["seen"], finding["origin"]) == ("12", "6", "warehouse")
    versions = len(show.judge())
    assert judge_parcels() == 1, "for as long as something may still leave"
    assert len(show.judge()) == versions
    show.send(ORDERS[6:])
    assert judge_parcels() == 1
    assert show.judge()[-1] == ("verified", "agreement")
    assert judge_parcels() == 0


def test_orders_of_the_tail_are_looked_at_when_their_days_are_over(clock: time_machine.Coordinates) -> None:
    """Bought for show a day after the end: by then nothing else is said of the session."""
    show = Show()
    show.send(ORDERS)
    clock.shift(DAY)
    for number in range(10):
        show.sell(f"T{number}", session_ref=str(show.session.uid), occurred_at=NOON + DAY)
    show.judge()
    clock.shift(6 * DAY)
    judge_parcels()
    assert show.judge()[-1][0] == "verified"
    clock.shift(7 * DAY)
    assert judge_parcels() == 1
    assert show.judge()[-1] == ("doubtful", "parcels")


def test_what_came_in_late_has_its_days_from_then(clock: time_machine.Coordinates) -> None:
    show = Show()
    show.send(ORDERS)
    clock.shift(8 * DAY)
    for number in range(10):
        show.sell(f"L{number}", session_ref=str(show.session.uid))
    judge_parcels()
    assert show.judge()[-1][0] == "verified"


def test_a_warehouse_that_has_longer_than_a_week_has_it(clock: time_machine.Coordinates) -> None:
    show = Show()
    show.near.ship_within_hours = 10 * 24
    show.near.save()
    show.send(ORDERS[:6])
    show.judge()
    clock.shift(8 * DAY)
    judge_parcels()
    assert show.judge()[-1][0] == "cannot_tell", "what is made to order may still leave"
    clock.shift(2 * DAY)
    assert judge_parcels() == 1
    assert show.judge()[-1] == ("doubtful", "parcels")


def test_what_lies_in_a_warehouse_that_packs_no_more_is_not_waited_for(
    clock: time_machine.Coordinates,
) -> None:
    show = Show()
    show.send(ORDERS[:6])
    show.judge()
    show.near.packs_orders = False
    show.near.save()
    clock.shift(7 * DAY)
    judge_parcels()
    assert show.judge()[-1][0] == "cannot_tell"


def test_what_was_given_back_before_it_left_is_nobodys_to_send(clock: time_machine.Coordinates) -> None:
    show = Show()
    show.send(ORDERS[2:])
    for order in ORDERS[:2]:
        show.refund(order, 10)
    release_refunded()
    clock.shift(7 * DAY)
    judge_parcels()
    verdict, _reasons = show.judge()[-1]
    findings = {row["witness"]: row for row in TrustVerdict.objects.latest("pk").witnesses}
    assert verdict == "verified"
    assert (findings["parcels"]["stated"], findings["parcels"]["seen"]) == ("10", "10")


def test_a_session_whose_goods_the_park_does_not_pack_says_nothing_of_parcels(
    clock: time_machine.Coordinates,
) -> None:
    show = Show()
    for number in range(13):
        show.sell(f"X{number}", session_ref=str(show.session.uid), sku_code="unknown")
    clock.shift(7 * DAY)
    judge_parcels()
    show.judge()
    witnesses = {row["witness"] for row in TrustVerdict.objects.latest("pk").witnesses}
    assert witnesses == {"orders"}


def test_what_one_shop_sent_is_no_witness_for_the_order_of_another(clock: time_machine.Coordinates) -> None:
    show = Show()
    for order in ORDERS:
        show.sell(order, session_ref=str(show.session.uid), source="other")
    show.send(ORDERS)
    clock.shift(8 * DAY)
    (gathered,) = gather([LiveSession.objects.select_related("booking").get(pk=show.session.pk)])
    assert gathered.evidence.sent == Sent(due=24, left=12)
