"""The three real days of UCI order lines, to the last digit, in any order."""

from __future__ import annotations

import io
import random
import time
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest

from supplychain.facts import SaleFact, content_hash
from supplychain.importing import FileReport, iter_facts, profile

UCI = "uci-online-retail"
# (lines, sales, refunds, journal entries) of each day in pounds, as published with the files
DAYS = {
    "2010-12-01": (3108, "58960.79", "325.23", "0"),
    "2011-08-12": (1122, "21169.29", "57.75", "-11062.06"),
    "2011-10-31": (3414, "57369.15", "8893.70", "0"),
}
HEAD = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"


def read(body: bytes, **options: str) -> tuple[list[SaleFact], FileReport]:
    """All facts of a file, and its report."""
    file = iter_facts(io.BytesIO(body), profile(UCI), **options)
    return [fact for result in file for fact in result.facts], file.report


def read_lines(*lines: str) -> tuple[list[SaleFact], FileReport]:
    """All facts of these lines."""
    return read((HEAD + "\n".join(lines) + "\n").encode())


def identity(facts: list[SaleFact]) -> set[tuple[str, bytes]]:
    """Ids with their content; as many as there are facts."""
    found = {(fact.external_id, content_hash(fact)) for fact in facts}
    assert len(found) == len(facts)
    return found


@pytest.mark.parametrize("day", DAYS)
def test_known_totals(day: str, shared_dir: Path) -> None:
    body = (shared_dir / "data" / "uci" / f"{day}.csv").read_bytes()
    lines, sales, refunds, journal = DAYS[day]
    facts, report = read(body)
    assert (report.rows, report.bad_rows, len(facts)) == (lines, 0, lines)
    assert report.sums["paid"] == {"CNY": Decimal(sales)}
    assert report.sums["refunded"] == {"CNY": Decimal(refunds)}
    assert report.sums["adjusted"] == {"CNY": Decimal(journal)}
    assert report.dropped == ["CustomerID"]
    assert {fact.occurred_at.date().isoformat() for fact in facts} == {day}


@pytest.mark.parametrize("day", DAYS)
def test_order_does_not_matter(day: str, shared_dir: Path) -> None:
    body = (shared_dir / "data" / "uci" / f"{day}.csv").read_bytes()
    head, *lines = body.splitlines(keepends=True)
    known = identity(read(body)[0])
    for seed in range(3):
        random.Random(seed).shuffle(lines)
        assert identity(read(head + b"".join(lines))[0]) == known


def test_days_share_no_ids(shared_dir: Path) -> None:
    ids = [identity(read((shared_dir / "data" / "uci" / f"{day}.csv").read_bytes())[0]) for day in DAYS]
    assert len(set.union(*ids)) == sum(map(len, ids))


def test_every_line_of_an_invoice_counts() -> None:
    line = "536409,21866,UNION JACK FLAG,1,2010-12-01 11:45:00,1.25,17908.0,United Kingdom"
    facts, _report = read_lines(line, line, line.replace("21866", "21866a"), line)
    assert len(identity(facts)) == 4
    assert sorted(fact.external_id.rpartition(":")[2] for fact in facts) == ["1", "1", "2", "3"]
    assert {fact.sku_code for fact in facts} == {"21866", "21866a"}


def test_kinds() -> None:
    facts, report = read_lines(
        "536365,85123A,LANTERN,6,2010-12-01 08:26:00,2.555,17850.0,United Kingdom",
        "C536379,D,Discount,-1,2010-12-01 09:41:00,27.50,14527.0,United Kingdom",
        "A563186,B,Adjust bad debt,1,2011-08-12 14:51:00,-11062.06,,United Kingdom",
        "536589,21777,,-10,2010-12-01 16:50:00,0.0,,United Kingdom",
        "536414,22139,,56,2010-12-01 11:52:00,0.0,,France",
    )
    assert report.bad_rows == 0
    assert [(fact.kind, fact.qty, str(fact.amount)) for fact in facts] == [
        ("paid", 6, "15.330"),
        ("refunded", 1, "27.50"),
        ("adjusted", 1, "-11062.06"),
        ("adjusted", -10, "0"),
        ("paid", 56, "0"),
    ]
    assert {fact.ref_order_no for fact in facts} == {""}
    assert facts[4].destination == "France"


def test_rows_that_make_no_sense_are_refused_by_line() -> None:
    facts, report = read_lines(
        "536365,85123A,LANTERN,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom",
        "536366,85123A,LANTERN,-6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom",
        "C536367,85123A,LANTERN,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom",
        "536368,85123A,LANTERN,2147483648,2010-12-01 08:26:00,2.55,17850.0,United Kingdom",
        "1.23457E+17,85123A,LANTERN,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom",
        "536370,85123A,LANTERN,6,2010-12-01 08:26:00,1e3,17850.0,United Kingdom",
        "536371,85123A,LANTERN,6,yesterday,2.55,17850.0,United Kingdom",
        ",85123A,LANTERN,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom",
        "536373,85123A,LANTERN,six,2010-12-01 08:26:00,-2.55,17850.0,United Kingdom",
        "536374,85123A,LANTERN,6,2010-12-01 08:26:00,-2.55,17850.0,United Kingdom",
    )
    assert len(facts) == 1
    assert [(problem.row, problem.field, problem.code) for problem in report.problems] == [
        (3, "Quantity", "sign"),
        (4, "Quantity", "sign"),
        (5, "Quantity", "range"),
        (6, "InvoiceNo", "id_ruined"),
        (7, "UnitPrice", "amount"),
        (8, "InvoiceDate", "time"),
        (9, "InvoiceNo", "required"),
        (10, "Quantity", "integer"),
        (11, "amount", "negative"),
    ]


def test_currency_and_time_zone_change_what_is_meant_and_not_who_is_meant() -> None:
    line = "536365,85123A,LANTERN,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom"
    here, _report = read_lines(line)
    there, report = read((HEAD + line).encode(), currency="GBP", timezone="Europe/London")
    assert (there[0].amount, there[0].amount_foreign, there[0].currency) == (None, Decimal("15.30"), "GBP")
    assert there[0].occurred_at.hour == here[0].occurred_at.hour + 8
    assert there[0].external_id == here[0].external_id  # so a second import is a conflict and no second sale
    assert report.sums == {"paid": {"GBP": Decimal("15.30")}}


def test_other_editions_of_the_file_are_the_same_lines() -> None:
    plain, _report = read_lines("536365,85123A,LANTERN,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom")
    slashes, _report = read(
        b"Invoice,StockCode,Description,Quantity,InvoiceDate,Price,Customer ID,Country\n"
        b"536365,85123A,LANTERN,6,12/1/2010 8:26,2.55,17850,United Kingdom\n"
    )
    book = openpyxl.Workbook()
    book.active.append(HEAD.strip().split(","))
    book.active.append(
        [536365, "85123A", "LANTERN", 6, plain[0].occurred_at.replace(tzinfo=None, hour=8), 2.55]
    )
    book.active["H2"] = "United Kingdom"
    out = io.BytesIO()
    book.save(out)
    typed, report = read(out.getvalue())
    assert identity(plain) == identity(slashes) == identity(typed)
    assert report.dropped == ["CustomerID"]


def test_speed(shared_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The figure is printed; the bound only catches a fall by an order of magnitude."""
    head, *lines = (shared_dir / "data" / "uci" / "2010-12-01.csv").read_bytes().splitlines(keepends=True)
    body = head + b"".join(lines) * 20
    start = time.perf_counter()
    rows = sum(1 for _result in iter_facts(io.BytesIO(body), profile(UCI)))
    rate = rows / (time.perf_counter() - start)
    with capsys.disabled():
        print(f"\nuci: {rate:,.0f} rows/s", end="")
    assert rows == len(lines) * 20
    assert rate > 6000
