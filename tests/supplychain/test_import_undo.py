"""An import is taken back by new facts: the ledger says what it would say without it, and the file may come again."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from core import clock, jobs
from core.actors import Actor
from core.choices import JobState, UnresolvedKind
from core.errors import Conflict, Refused
from core.models import AuditEntry, Membership, Unresolved
from supplychain.choices import ImportState
from supplychain.models import ImportBatch, SalesEvent, StockLevel
from supplychain.services import import_run, import_stage, import_undo, sales_record
from supplychain.services.undo import undo_run
from tenants.models import Tenant
from tests import factories
from tests.factories import TenantWorld
from tests.supplychain.ledger import SYSTEM, fact, marked, unmark
from tests.supplychain.stockroom import Shop, levels_equal_moves

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
HEAD = "订单号,行号,类型,时间,数量,金额,SKU编码,已退款金额,退款时间\n"
FIRST = f"""{HEAD}A1,1,已付款,2025-06-01 10:00:00,1,10.00,S1,,
A2,1,已付款,2025-06-01 11:00:00,2,20.00,S1,5.00,2025-06-02 11:00:00
"""
LATER = f"""{HEAD}A2,1,已付款,2025-06-01 11:00:00,2,20.00,S1,8.00,2025-06-04 11:00:00
A3,1,已付款,2025-06-03 11:00:00,1,30.00,S1,,
"""
WRONG = FIRST.replace("10.00", "100.00")


@pytest.fixture
def mine() -> TenantWorld:
    return factories.make_world("alpha").tenants[0]


def quiet(done: int, total: int, message: str) -> None:
    """Nobody watches."""


def imported(actor: Actor, tenant: Tenant, text: str) -> ImportBatch:
    batch = import_stage(actor=actor, tenant=tenant, file_name="orders.csv", chunks=[text.encode()])
    report, _rejects = import_run(actor=actor, batch=batch, progress=quiet)
    assert not report["refused"], report["problems"]
    return batch


@pytest.fixture
def bring(mine: TenantWorld) -> Callable[[str], ImportBatch]:
    return lambda text: imported(mine.owner, mine.tenant, text)


def undo(actor: Actor, batch: ImportBatch) -> dict[str, Any]:
    return undo_run(actor=actor, batch=batch, progress=quiet)


def refusal(actor: Actor, batch: ImportBatch) -> str:
    """Why an import is not taken back."""
    with pytest.raises(Conflict) as refused:
        import_undo(actor=actor, batch=batch)
    return refused.value.code


def sums(seller: TenantWorld) -> dict[str, Decimal]:
    """What counts, by order and kind."""
    found: dict[str, Decimal] = {}
    for event in SalesEvent.objects.filter(seller=seller.tenant, source="file").current():
        if event.amount:
            found[f"{event.order_no} {event.kind}"] = event.amount
    return found


ALL = {"A1 paid": Decimal(10), "A2 paid": Decimal(20), "A2 refunded": Decimal(5)}
BOTH = {**ALL, "A2 refunded": Decimal(8), "A3 paid": Decimal(30)}


def test_what_a_file_brought_is_gone_and_the_file_may_come_again(
    mine: TenantWorld, bring: Callable[[str], ImportBatch]
) -> None:
    batch = bring(WRONG)
    assert sums(mine)["A1 paid"] == Decimal(100)
    before = SalesEvent.objects.count()
    unmark()
    found = undo(mine.owner, batch)
    assert (found["taken_back"], found["restated"]) == (3, 0)
    assert sums(mine) == {}
    assert SalesEvent.objects.count() == before + 3  # nothing is deleted
    assert len(marked(mine.tenant)) == 3
    assert AuditEntry.objects.filter(verb="import.undo").count() == 1
    batch.refresh_from_db()
    assert batch.report["undone"]["taken_back"] == 3
    assert refusal(mine.owner, batch) == "undone"
    for text, stored in ((FIRST, 3), (FIRST, 0)):
        again = bring(text)
        assert (again.report["stored"], again.report["conflicts"]) == (stored, 0)
        assert sums(mine) == ALL


@pytest.mark.parametrize("first", [FIRST, LATER])
def test_what_other_files_say_counts_again(
    mine: TenantWorld, bring: Callable[[str], ImportBatch], first: str
) -> None:
    second = LATER if first is FIRST else FIRST
    kept, batch = bring(first), bring(second)
    assert sums(mine) == BOTH
    undo(mine.owner, batch)
    alone = {"A2 paid": Decimal(20), "A2 refunded": Decimal(8), "A3 paid": Decimal(30)}
    assert sums(mine) == (ALL if first is FIRST else alone)
    bring(second)
    assert sums(mine) == BOTH
    undo(mine.owner, kept)
    bring(second)  # what it only repeated was the other file's
    assert sums(mine) == (alone if first is FIRST else ALL)
    bring(first)
    assert sums(mine) == BOTH


def test_older_states_do_not_come_back_over_newer_ones_after_an_undo(
    mine: TenantWorld, bring: Callable[[str], ImportBatch]
) -> None:
    bring(LATER)
    batch = bring(LATER.replace("8.00", "9.00"))
    undo(mine.owner, batch)
    assert sums(mine)["A2 refunded"] == Decimal(8)
    bring(FIRST)
    assert sums(mine)["A2 refunded"] == Decimal(8)
    bring(LATER.replace("8.00", "9.00"))
    assert sums(mine)["A2 refunded"] == Decimal(9)


def test_undoing_both_leaves_nothing_and_what_a_tool_said_stays(
    mine: TenantWorld, bring: Callable[[str], ImportBatch]
) -> None:
    told = fact("A2", amount="20.00", qty=2, external_id="A2:1:paid", version=7)
    sales_record(actor=mine.owner, seller=mine.tenant, source="file", facts=[(0, told)], atomic=True)
    first, later = bring(FIRST), bring(LATER)
    for batch in (first, later):
        undo(mine.owner, batch)
    assert sums(mine) == {"A2 paid": Decimal(20)}


def test_nobody_is_asked_any_more_what_only_the_file_named(
    mine: TenantWorld, bring: Callable[[str], ImportBatch]
) -> None:
    """What another file names as well waits on; the file again asks again."""
    asked = Unresolved.objects.filter(
        node_id=mine.tenant.pk, kind=UnresolvedKind.SKU, resolved_at__isnull=True
    )
    before = set(asked.values_list("reference", flat=True))

    def questions() -> set[str]:
        return set(asked.values_list("reference", flat=True)) - before

    first = bring(
        FIRST.replace(
            "A2,1,已付款,2025-06-01 11:00:00,2,20.00,S1", "A2,1,已付款,2025-06-01 11:00:00,2,20.00,S2"
        )
    )
    bring(f"{HEAD}A3,1,已付款,2025-06-03 11:00:00,1,30.00,S2,,\n")
    assert questions() == {"S1", "S2"}
    undo(mine.owner, first)
    assert questions() == {"S2"}
    bring(FIRST)
    assert questions() == {"S1", "S2"}


def test_questions_that_a_file_does_not_ask_make_nobody_read_the_ledger(
    mine: TenantWorld, bring: Callable[[str], ImportBatch]
) -> None:
    """What is open is open for other facts: whether they wait still is not asked of all that the firm ever sold."""
    sales_record(
        actor=mine.owner, seller=mine.tenant, source="tool", facts=[(0, fact("B1", sku_code="GHOST"))]
    )
    batch = bring(FIRST.replace("S1", ""))
    asked: list[str] = []

    def listen(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        asked.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(listen):
        undo(mine.owner, batch)
    assert not [sql for sql in asked if "DISTINCT" in sql and "supplychain_salesevent" in sql]
    assert Unresolved.objects.filter(reference="GHOST", resolved_at__isnull=True).exists()


def test_stock_comes_back() -> None:
    shop = Shop()
    shop.receive(10)
    text = FIRST.replace("S1", shop.sku.code)
    batch = imported(SYSTEM, shop.seller, text)
    assert StockLevel.objects.get(sku=shop.sku).on_hand == 7
    undo(SYSTEM, batch)
    assert StockLevel.objects.get(sku=shop.sku).on_hand == 10
    assert levels_equal_moves()


def test_who_may_and_what_can_be_taken_back(mine: TenantWorld, bring: Callable[[str], ImportBatch]) -> None:
    staged = import_stage(
        actor=mine.owner, tenant=mine.tenant, file_name="orders.csv", chunks=[FIRST.encode()]
    )
    assert refusal(mine.owner, staged) == "not_imported"
    batch = bring(FIRST)
    with pytest.raises(Refused):
        import_undo(actor=factories.make_world("beta").tenants[0].owner, batch=batch)
    undo(mine.owner, batch)
    of_undo = ImportBatch.objects.get(profile="undo")
    assert (of_undo.state, of_undo.options) == (ImportState.IMPORTED, {"undoes": batch.pk})
    assert refusal(mine.owner, of_undo) == "not_imported"


def test_an_undo_that_fails_leaves_everything(mine: TenantWorld, bring: Callable[[str], ImportBatch]) -> None:
    told = fact("A2", amount="20.00", qty=2, external_id="A2:1:paid", version=7)
    sales_record(actor=mine.owner, seller=mine.tenant, source="file", facts=[(0, told)], atomic=True)
    first, _later = bring(FIRST), bring(LATER)
    mine.tenant.closed_on = first.created_at.date().replace(year=2025, month=5, day=1)
    mine.tenant.save()
    with pytest.raises(Conflict) as refused:
        undo(mine.owner, first)
    assert refused.value.code == "undo_refused"
    assert sums(mine) == BOTH
    assert not ImportBatch.objects.filter(profile="undo").exists()


@pytest.mark.django_db(transaction=True)
def test_a_job_takes_it_back_once(mine: TenantWorld, bring: Callable[[str], ImportBatch]) -> None:
    batch = bring(FIRST)
    job = import_undo(actor=mine.owner, batch=batch)
    assert import_undo(actor=mine.owner, batch=batch).pk == job.pk
    assert jobs.run_due() >= 1
    job.refresh_from_db()
    assert (job.state, job.result["taken_back"]) == (JobState.DONE, 3)
    assert sums(mine) == {}


@pytest.mark.django_db(transaction=True)
def test_a_right_that_ended_meanwhile_takes_nothing_back(
    mine: TenantWorld, bring: Callable[[str], ImportBatch]
) -> None:
    job = import_undo(actor=mine.owner, batch=bring(FIRST))
    Membership.objects.update(ended_at=clock.now())
    assert jobs.run_due() >= 1
    job.refresh_from_db()
    assert job.state == JobState.FAILED
    assert sums(mine) == ALL
