"""Settlements of platforms: what their files hold, and how they become facts that can be taken back."""

from __future__ import annotations

import io
from decimal import Decimal

import pytest
from django.db import DatabaseError, transaction
from django.db.models import Sum
from hypothesis import given
from hypothesis import strategies as st

from core.actors import Actor, user_actor
from core.choices import Role
from core.errors import Refused
from supplychain.choices import ImportState
from supplychain.importing import PAYOUT_PROFILES, FileError, iter_payouts, preview
from supplychain.importing.payouts.line import Sums
from supplychain.importing.profiles.base import EXAMPLES
from supplychain.models import ImportBatch, PayoutEntry, SalesEvent
from supplychain.services import import_run, import_stage
from supplychain.services.undo import undo_run
from tenants.models import Tenant
from tests.factories import TenantWorld
from tests.supplychain.exports import Rows, sample, table

# Sample -> rows and sums by kind, counted by hand.
EXPECTED = {
    "douyin-settlement": (
        5,
        {
            "settled": "1182.02",
            "goods": "1887.00",
            "freight": "6.00",
            "subsidy": "10.00",
            "refund": "-379.50",
            "commission": "-339.48",
            "other": "-2.00",
        },
    ),
    "douyin-funds": (
        5,
        {
            "settled": "61.50",
            "goods": "178.00",
            "freight": "6.00",
            "subsidy": "10.00",
            "refund": "-79.50",
            "commission": "-33.00",
            "other": "-20.00",
        },
    ),
    "kuaishou-settlement": (
        4,
        {
            "settled": "1104.55",
            "goods": "1447.90",
            "subsidy": "5.00",
            "refund": "-179.00",
            "commission": "-169.35",
        },
    ),
}
FORM = {"douyin-settlement": 34, "douyin-funds": 38, "kuaishou-settlement": 40}


def quiet(done: int, total: int, message: str) -> None:
    """Nobody watches."""


def stage(actor: Actor, tenant: Tenant, body: str | bytes, name: str = "payout.csv") -> ImportBatch:
    content = body.encode("utf-8-sig") if isinstance(body, str) else body
    return import_stage(actor=actor, tenant=tenant, file_name=name, chunks=[content])


def run(actor: Actor, batch: ImportBatch, *, skip_bad_rows: bool = False) -> dict[str, object]:
    report, _rejects = import_run(actor=actor, batch=batch, skip_bad_rows=skip_bad_rows, progress=quiet)
    return report


def sample_of(code: str) -> bytes:
    return (EXAMPLES / f"{code}.csv").read_bytes()


def sums_of(tenant: Tenant) -> dict[str, Decimal]:
    rows = PayoutEntry.objects.filter(tenant=tenant).standing()
    return dict(rows.order_by().values_list("kind").annotate(Sum("amount")))


@pytest.mark.parametrize("code", EXPECTED)
def test_a_sample_is_recognised_and_adds_up(code: str) -> None:
    rows, sums = EXPECTED[code]
    seen = preview(io.BytesIO(sample_of(code)))
    assert (seen.profile.code, seen.report.rows, seen.report.bad_rows) == (code, rows, 0)
    assert seen.report.sums == {kind: {"CNY": Decimal(amount)} for kind, amount in sums.items()}
    assert len(sample(f"{code}.csv")[0]) == FORM[code]
    for result in iter_payouts(io.BytesIO(sample_of(code)), PAYOUT_PROFILES[code], currency="", timezone=""):
        settled = [line.amount for line in result.facts if line.kind == "settled"]
        parts = [line.amount or 0 for line in result.facts if line.kind != "settled"]
        assert not settled or sum(parts) == settled[0]


def test_a_movement_of_ones_own_money_is_no_payout() -> None:
    assert preview(io.BytesIO(sample_of("douyin-funds"))).report.notes["skipped"] == 1


MONEY = st.decimals(-10_000, 10_000, places=2)


@given(MONEY, MONEY, MONEY, MONEY, MONEY, MONEY)
def test_parts_add_up_to_what_was_settled_whatever_a_row_states(
    settled: Decimal, paid: Decimal, freight: Decimal, subsidy: Decimal, refund: Decimal, costs: Decimal
) -> None:
    sums = Sums(settled, paid, freight, subsidy, refund, costs)
    assert sum(sums.parts().values()) == settled


@given(st.integers(1, 9999), st.integers(0, 999), st.integers(0, 999), st.booleans(), st.booleans())
def test_a_row_that_adds_up_leaves_nothing_unexplained(
    paid: int, back: int, costs: int, costs_are_signed: bool, paid_is_net: bool
) -> None:
    sums = Sums(
        settled=Decimal(paid - back - costs),
        paid=Decimal(paid - back if paid_is_net else paid),
        freight=Decimal(0),
        subsidy=Decimal(0),
        refund=Decimal(back),
        costs=Decimal(-costs if costs_are_signed else costs),
    )
    parts = sums.parts()
    assert (parts["goods"] + parts["refund"] + parts["commission"], parts["other"]) == (sums.settled, 0)
    assert parts["refund"] == -back


def changed(code: str, row: int, **cells: str) -> str:
    rows: Rows = [dict(each) for each in sample(f"{code}.csv")]
    rows[row] |= cells
    return table(rows)


def test_a_row_that_contradicts_its_own_totals_is_named() -> None:
    body = changed("douyin-settlement", 1, 结算金额="98.25")
    (problem,) = preview(io.BytesIO(body.encode())).report.problems
    assert (problem.field, problem.code) == ("结算金额", "sum")


def test_an_unknown_direction_is_named() -> None:
    body = changed("douyin-funds", 0, 动账方向="冻结")
    (problem,) = preview(io.BytesIO(body.encode())).report.problems
    assert (problem.field, problem.code) == ("动账方向", "direction")


def test_another_currency_is_refused() -> None:
    with pytest.raises(FileError) as refused:
        preview(io.BytesIO(sample_of("kuaishou-settlement")), currency="USD")
    assert refused.value.code == "currency"


@pytest.mark.django_db
@pytest.mark.both_databases
class TestStored:
    def bring(self, mine: TenantWorld, body: str | bytes) -> ImportBatch:
        batch = stage(mine.owner, mine.tenant, body)
        assert not run(mine.owner, batch)["refused"]
        return batch

    def base(self, mine: TenantWorld) -> dict[str, Decimal]:
        """What the world holds before."""
        return sums_of(mine.tenant)

    def gained(self, mine: TenantWorld, before: dict[str, Decimal]) -> dict[str, Decimal]:
        now = sums_of(mine.tenant)
        return {kind: gain for kind in now if (gain := now[kind] - before.get(kind, 0))}

    def test_a_settlement_becomes_facts_and_no_sale(self, mine: TenantWorld) -> None:
        before, sales = self.base(mine), SalesEvent.objects.count()
        batch = self.bring(mine, sample_of("douyin-settlement"))
        expected = {kind: Decimal(text) for kind, text in EXPECTED["douyin-settlement"][1].items()}
        assert self.gained(mine, before) == expected
        assert SalesEvent.objects.count() == sales
        batch.refresh_from_db()
        assert (batch.state, batch.profile) == (ImportState.IMPORTED, "douyin-settlement")

    def test_the_same_file_again_changes_nothing(self, mine: TenantWorld) -> None:
        self.bring(mine, sample_of("kuaishou-settlement"))
        rows = PayoutEntry.objects.count()
        again = self.bring(mine, sample_of("kuaishou-settlement"))
        assert (PayoutEntry.objects.count(), again.report["stored"]) == (rows, 0)
        assert again.report["duplicates"] == again.report["facts"]

    def test_what_contradicts_an_earlier_file_is_a_bad_row(self, mine: TenantWorld) -> None:
        before = self.base(mine)
        self.bring(mine, sample_of("kuaishou-settlement"))
        gained = self.gained(mine, before)
        body = changed(
            "kuaishou-settlement",
            1,
            **{"实际结算金额(元)": "60.90", "合计支出(元)": "4.00", "技术服务费(元)": "4.00"},
        )
        batch = stage(mine.owner, mine.tenant, body)
        report = run(mine.owner, batch)
        assert (report["refused"], report["bad_rows"], report["conflicts"]) == (True, 1, 1)
        assert self.gained(mine, before) == gained
        report = run(mine.owner, batch, skip_bad_rows=True)
        assert (report["refused"], report["stored"]) == (False, 0)

    def test_taken_back_it_says_nothing_and_may_come_again(self, mine: TenantWorld) -> None:
        before = self.base(mine)
        batch = self.bring(mine, sample_of("douyin-settlement"))
        gained = self.gained(mine, before)
        undo_run(actor=mine.owner, batch=batch, progress=quiet)
        assert self.base(mine) == before
        self.bring(mine, sample_of("douyin-settlement"))
        assert self.gained(mine, before) == gained

    def test_a_payout_told_by_settlement_and_movements_counts_once(self, mine: TenantWorld) -> None:
        before = self.base(mine)
        self.bring(mine, sample_of("douyin-settlement"))
        movements = self.bring(mine, sample_of("douyin-funds"))
        # the settlement, a refund after it and an insurance: two payouts are told twice
        assert self.gained(mine, before)["settled"] == Decimal("1182.02") - Decimal("79.50") - 20
        undo_run(actor=mine.owner, batch=movements, progress=quiet)
        assert self.gained(mine, before)["settled"] == Decimal("1182.02")

    def test_a_file_that_a_spreadsheet_saved_without_seconds_is_the_same_file(
        self, mine: TenantWorld
    ) -> None:
        self.bring(mine, changed("kuaishou-settlement", 0, 实际结算时间="2025-06-13 02:00:05"))
        rows = PayoutEntry.objects.count()
        minutes = {"实际结算时间": "2025/6/13 2:00", "订单创建时间": "2025/6/1 20:00"}
        again = self.bring(mine, changed("kuaishou-settlement", 0, **minutes))
        assert (PayoutEntry.objects.count(), again.report["stored"]) == (rows, 0)

    def test_a_compensation_is_not_the_payout_of_its_order(self, mine: TenantWorld) -> None:
        before = self.base(mine)
        self.bring(mine, sample_of("douyin-settlement"))
        nothing = dict.fromkeys(("订单实付应结", "实际平台补贴", "平台服务费", "佣金"), "")
        self.bring(mine, changed("douyin-funds", 0, 动账场景="平台赔付", 动账金额="5.00", **nothing))
        expected = Decimal("1182.02") + 5 - Decimal("79.50") - 20
        assert self.gained(mine, before)["settled"] == expected

    def test_facts_are_not_changed(self, mine: TenantWorld) -> None:
        self.bring(mine, sample_of("douyin-settlement"))
        for change in (
            lambda: PayoutEntry.objects.update(amount=1),
            lambda: PayoutEntry.objects.all().delete(),
        ):
            with pytest.raises(DatabaseError), transaction.atomic():
                change()

    def test_finance_reads_and_does_not_import(self, mine: TenantWorld) -> None:
        batch = stage(mine.owner, mine.tenant, sample_of("douyin-settlement"))
        with pytest.raises(Refused):
            run(user_actor(mine.users[Role.TENANT_FINANCE]), batch)
