"""Our ledger beside settlements and reports: read from real files, explained until nothing is left."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
import time_machine

from analytics.beside import Bridge, days_beside, money_in_transit, session_beside
from analytics.choices import BesidePart, ClaimSource, ReadBy
from analytics.models import SessionReading
from analytics.services import session_claim
from core.actors import user_actor
from core.choices import Role
from core.clock import HOUR, day_start, now
from core.errors import NotFound
from core.money import to_units
from supplychain.importing.profiles.base import EXAMPLES
from supplychain.models import ImportBatch
from supplychain.services import import_run, import_stage
from supplychain.services.undo import undo_run
from tests.factories import TenantWorld, World
from tests.supplychain.exports import sample, table
from tests.supplychain.ledger import SYSTEM, fact, record

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
FIRST, SECOND = dt.date(2025, 6, 1), dt.date(2025, 6, 2)


@pytest.fixture
def mine(world: World) -> TenantWorld:
    return world.tenants[0]


def bring(mine: TenantWorld, code: str, body: bytes = b"") -> ImportBatch:
    batch = import_stage(
        actor=mine.owner,
        tenant=mine.tenant,
        file_name=f"{code}.csv",
        chunks=[body or (EXAMPLES / f"{code}.csv").read_bytes()],
    )
    report, _rejects = import_run(actor=mine.owner, batch=batch, progress=lambda *_step: None)
    assert not report["refused"], report["problems"]
    return batch


def told(bridge: Bridge) -> dict[str, tuple[Decimal, Decimal]]:
    """Paid and refunds of both ends and of every part."""
    sides = {"ours": bridge.ours, **bridge.parts, "theirs": bridge.theirs}
    return {str(name): side.amounts[:2] for name, side in sides.items()}  # type: ignore[misc]


def yuan(paid: str, refunds: str = "0") -> tuple[Decimal, Decimal]:
    return Decimal(paid), Decimal(refunds)


def bridges(mine: TenantWorld) -> dict[tuple[dt.date, str], Bridge]:
    return {
        (each.day, each.platform): each.bridge for each in days_beside(mine.owner, mine.tenant, FIRST, SECOND)
    }


def test_a_day_is_explained_order_by_order(mine: TenantWorld) -> None:
    bring(mine, "douyin-orders")
    bring(mine, "douyin-settlement")
    found = bridges(mine)
    assert told(found[FIRST, "douyin"]) == {
        "ours": yuan("472", "129"),
        "given_back": yuan("-129", "-129"),
        "not_imported": yuan("50"),
        "refunds_missing": yuan("0", "79.50"),
        "theirs": yuan("393", "79.50"),
    }
    assert found[FIRST, "douyin"].orders[BesidePart.NOT_IMPORTED] == ["6935112345678901240"]
    assert told(found[SECOND, "douyin"]) == {
        "ours": yuan("297"),
        "not_settled": yuan("-297"),
        "not_imported": yuan("1500", "300"),
        "theirs": yuan("1500", "300"),
    }


def test_a_fee_that_names_an_order_does_not_settle_it(mine: TenantWorld) -> None:
    bring(mine, "douyin-orders")
    with time_machine.travel(day_start(SECOND) + 24 * HOUR, tick=False):
        rows = [dict(row) for row in sample("douyin-funds.csv")]
        nothing = dict.fromkeys(("订单实付应结", "实际平台补贴", "平台服务费", "佣金"), "")
        rows[0] |= {"动账方向": "出账", "动账场景": "运费险扣款", "动账金额": "2.00", **nothing}
        bring(mine, "douyin-funds", table(rows[:1]).encode())
        waits = {each.platform: each.total for each in money_in_transit(mine.owner, mine.tenant)}
    found = bridges(mine)[FIRST, "douyin"]
    assert "6935112345678901231" in found.orders[BesidePart.NOT_SETTLED]
    assert found.explained
    assert waits["douyin"] == to_units(Decimal(119 + 159 + 65 + 297))


def test_the_after_sales_close_what_was_missing(mine: TenantWorld) -> None:
    for code in ("douyin-orders", "douyin-settlement", "douyin-after-sales"):
        bring(mine, code)
    assert BesidePart.REFUNDS_MISSING not in bridges(mine)[FIRST, "douyin"].parts


def test_a_refund_after_the_settlement_is_named(mine: TenantWorld) -> None:
    bring(mine, "douyin-orders")
    bring(mine, "douyin-settlement")
    later = dt.datetime(2025, 6, 14, 4, tzinfo=dt.UTC)
    refund = fact(
        "R1", "refunded", "19.00", ref_order_no="6935112345678901231", ref_line="6935112345678901231",
        occurred_at=later, external_id="late",
    )  # fmt: skip
    record(mine.tenant, refund, source="douyin")
    parts = bridges(mine)[FIRST, "douyin"].parts
    assert parts[BesidePart.LATE_REFUNDS].amounts[:2] == yuan("0", "-19")


def test_what_movements_add_is_the_platforms_word(mine: TenantWorld) -> None:
    bring(mine, "douyin-orders")
    bring(mine, "douyin-settlement")
    before = bridges(mine)[FIRST, "douyin"].theirs
    bring(mine, "douyin-funds")
    after = bridges(mine)[FIRST, "douyin"].theirs
    assert (after.paid, after.refunds - before.refunds) == (before.paid, to_units(Decimal("79.50")))


def test_money_in_transit_by_age(mine: TenantWorld) -> None:
    with time_machine.travel(dt.datetime(2025, 6, 30, 4, tzinfo=dt.UTC), tick=False):
        bring(mine, "douyin-orders")
        (before,) = money_in_transit(mine.owner, mine.tenant)
        assert (before.platform, before.settled_until, before.orders) == ("douyin", None, 0)
        settlement = bring(mine, "douyin-settlement")
        (transit,) = money_in_transit(mine.owner, mine.tenant)
        assert (transit.platform, transit.ages, transit.orders) == (
            "douyin",
            [0, 0, to_units(Decimal(297)), 0],
            1,
        )
        # known to us by another number of its line, and settled all the same
        settled = fact("6935112345678901240", amount="50.00", line_no="1", occurred_at=day_start(FIRST))
        record(mine.tenant, settled, source="douyin")
        (again,) = money_in_transit(mine.owner, mine.tenant)
        assert (again.ages, again.orders) == (transit.ages, transit.orders)
        undo_run(actor=mine.owner, batch=settlement, progress=lambda *_step: None)
        (again,) = money_in_transit(mine.owner, mine.tenant)
        assert again == before


def test_only_the_firm_reads_it(world: World, mine: TenantWorld) -> None:
    park = user_actor(world.users[Role.PARK_MANAGER])
    for ask in (
        lambda: days_beside(park, mine.tenant, FIRST, SECOND),
        lambda: money_in_transit(park, mine.tenant),
        lambda: session_beside(park, mine.session),
        lambda: days_beside(world.tenants[1].owner, mine.tenant, FIRST, SECOND),
    ):
        with pytest.raises(NotFound):
            ask()


class TestSession:
    def report(self, mine: TenantWorld, sales: str, account: str = "") -> None:
        batch = ImportBatch.objects.create(tenant=mine.tenant, source="session-report")
        SessionReading.objects.create(
            session=mine.session,
            claim=session_claim(
                actor=SYSTEM, session=mine.session, source=ClaimSource.REPORT, sales=Decimal(sales)
            ),
            batch=batch,
            line_no=1,
            key="live",
            account=account,
            how=ReadBy.TIME,
            read_at=now(),
        )

    def sell(self, mine: TenantWorld, order: str, amount: str, **fields: object) -> None:
        defaults = {"occurred_at": mine.session.started_at, "session_ref": str(mine.session.uid)}
        record(mine.tenant, fact(order, amount=amount, **(defaults | fields)))

    def test_without_a_report_there_is_nothing_beside(self, mine: TenantWorld) -> None:
        self.sell(mine, "A", "100.00")
        found = session_beside(mine.owner, mine.session)
        assert (found.ours.amounts[0], found.bridge) == (Decimal(100), None)

    def test_tail_other_session_and_what_is_missing(self, mine: TenantWorld) -> None:
        assert mine.session.ended_at is not None
        self.sell(mine, "A", "100.00")
        self.sell(mine, "B", "20.00", occurred_at=mine.session.ended_at + HOUR)
        self.sell(mine, "C", "7.00", session_ref="", host_ref="acc", channel="product_card")
        self.report(mine, "110.00", account="acc")
        bridge = session_beside(mine.owner, mine.session).bridge
        assert bridge is not None
        assert told(bridge) == {
            "ours": yuan("120"),
            "tail": yuan("-20"),
            "other_session": yuan("7"),
            "unexplained": yuan("3"),
            "theirs": yuan("110"),
        }

    def test_freight_that_the_report_leaves_out(self, mine: TenantWorld) -> None:
        self.sell(mine, "A", "100.00")
        self.sell(mine, "A", "6.00", line_type="freight", line_no="2")
        self.report(mine, "100.00")
        bridge = session_beside(mine.owner, mine.session).bridge
        assert bridge is not None
        assert told(bridge)["freight"] == yuan("-6")
        assert bridge.explained

    def test_refunds_after_the_report_are_counted_apart(self, mine: TenantWorld) -> None:
        self.sell(mine, "A", "100.00")
        self.report(mine, "100.00")
        refund = fact(
            "R", "refunded", "30.00", ref_order_no="A", ref_line="1", occurred_at=now() + HOUR / 60,
            session_ref=str(mine.session.uid),
        )  # fmt: skip
        record(mine.tenant, refund)
        found = session_beside(mine.owner, mine.session)
        assert (found.late, found.ours.amounts[2]) == (to_units(Decimal(30)), Decimal(70))
