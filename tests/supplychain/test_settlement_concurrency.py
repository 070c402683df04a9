"""Two people at one statement: real threads, each with a connection of its own."""

from __future__ import annotations

import datetime as dt
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
import time_machine
from django.db import connection

from core.errors import DomainError
from supplychain.choices import STATEMENT_OPEN
from supplychain.models import Agreement, Statement, StatementLine
from supplychain.services import agreement_sign, statement_approve, statement_count
from supplychain.settlement.source import Sold, sold_under
from tests.supplychain.settling import APRIL, FEB, HOUR, JAN, SYSTEM, TEN, Firms

pytestmark = pytest.mark.both_databases
READ = "supplychain.services.statements.sold_under"


def together(*works: Callable[[], object]) -> list[str]:
    """Do things at the same moment, each in a thread of its own; what was refused gives its code."""
    gate = threading.Barrier(len(works))

    def one(work: Callable[[], object]) -> str:
        try:
            gate.wait(timeout=30)
            work()
        except DomainError as refusal:
            return refusal.code
        finally:
            connection.close()
        return "done"

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(one, works))


@pytest.fixture
def firms(transactional_db: None) -> Firms:
    with time_machine.travel(APRIL, tick=False):
        return Firms()


def test_one_of_two_approves(firms: Firms) -> None:
    with time_machine.travel(APRIL, tick=True):
        firms.sell("A", "100.00", 1)
        statement = statement_count(actor=SYSTEM, agreement=firms.agree(), month=JAN)
        outcomes = together(*[lambda: statement_approve(actor=SYSTEM, statement=statement, version=1)] * 4)
    assert Counter(outcomes) == {"done": 1, "wrong_state": 3}


def test_what_is_approved_is_what_was_seen_whoever_counts_meanwhile(firms: Firms) -> None:
    with time_machine.travel(APRIL, tick=True):
        firms.sell("A", "100.00", 1)
        agreement = firms.agree()
        statement = statement_count(actor=SYSTEM, agreement=agreement, month=JAN)
        for number in range(5):
            firms.refund("A", "1.00", TEN + (1.5 + number / 100) * HOUR, str(number))
            seen = statement_count(actor=SYSTEM, agreement=agreement, month=JAN).version
            together(
                lambda: firms.sell("B", "50.00", 1),
                lambda: statement_count(actor=SYSTEM, agreement=agreement, month=JAN),
                lambda: statement_count(actor=SYSTEM, agreement=agreement, month=FEB),
                lambda seen=seen: statement_approve(actor=SYSTEM, statement=statement, version=seen),  # type: ignore[misc]
            )
            statement.refresh_from_db()
            lines = StatementLine.objects.filter(statement=statement, version=statement.version)
            assert statement.total == sum(line.amount for line in lines)
            if statement.state not in STATEMENT_OPEN:
                assert statement.version == seen
                break
        else:
            statement_count(actor=SYSTEM, agreement=agreement, month=JAN)
            statement_approve(actor=SYSTEM, statement=statement)
        february = statement_count(actor=SYSTEM, agreement=agreement, month=FEB)
        everything = sum(row.total for row in Statement.objects.all())
        assert february.month == FEB
    # 20 % of all that was sold, less what was given back.
    refunds = number + 1
    assert everything == Decimal(100 + 50 - refunds) / 5


def meanwhile(monkeypatch: pytest.MonkeyPatch, work: Callable[[], object]) -> list[str]:
    """Have something done by another connection, once, after sales were read for a statement: what came of it."""
    outcomes: list[str] = []

    def read(agreement: Agreement) -> Sold:
        sold = sold_under(agreement)
        monkeypatch.setattr(READ, sold_under)
        outcomes.extend(together(work))
        return sold

    monkeypatch.setattr(READ, read)
    return outcomes


def test_who_counts_keeps_nobody_from_selling_and_overwrites_no_later_count(
    firms: Firms, monkeypatch: pytest.MonkeyPatch
) -> None:
    with time_machine.travel(APRIL, tick=True):
        firms.sell("A", "100.00", 1)
        agreement = firms.agree()

        def sold_and_counted() -> None:
            firms.sell("B", "50.00", 1)
            statement_count(actor=SYSTEM, agreement=agreement, month=JAN)

        outcomes = meanwhile(monkeypatch, sold_and_counted)
        statement = statement_count(actor=SYSTEM, agreement=agreement, month=JAN)
        assert (outcomes, statement.version, statement.total) == (["done"], 1, 30)

        outcomes = meanwhile(monkeypatch, lambda: firms.sell("C", "20.00", 1))
        approved = statement_approve(actor=SYSTEM, statement=statement, version=1)
        assert (outcomes, approved.total) == (["done"], 30)
        assert statement_count(actor=SYSTEM, agreement=agreement, month=FEB).total == 4


def test_an_end_that_is_said_while_sales_are_read_counts(
    firms: Firms, monkeypatch: pytest.MonkeyPatch
) -> None:
    with time_machine.travel(APRIL, tick=True):
        firms.sell("A", "100.00", 1)
        agreement = firms.agree()
        other = firms.agree(follows=agreement, from_day=dt.date(2025, 1, 15), signed=False)
        outcomes = meanwhile(monkeypatch, lambda: agreement_sign(actor=SYSTEM, agreement=other))
        statement = statement_count(actor=SYSTEM, agreement=agreement, month=JAN)
        assert (outcomes, statement.total) == (["done"], 0)
