"""Files into the ledger by the command: exact in any order, twice, shuffled; refused whole; a report for people."""

from __future__ import annotations

import gc
import json
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from io import StringIO
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import Sum
from django.utils import translation

from core import clock, dbrules
from core.models import AuditEntry, BucketMark, ExchangeRate, Unresolved
from supplychain.models import ImportBatch, SalesEvent, SalesEventKey
from tenants.models import Tenant
from tests import factories
from tests.supplychain import files

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.fixture
def seller(db: None) -> Tenant:
    return factories.make_tenant(factories.make_park("alpha"), "alpha-a")


def run(path: Path, **options: Any) -> str:
    out = StringIO()
    call_command("import_orders", str(path), tenant="alpha-a", stdout=out, skip_checks=True, **options)
    return out.getvalue()


def sums() -> dict[str, Decimal]:
    rows = SalesEvent.objects.values("kind").annotate(total=Sum("amount"))
    return {row["kind"]: row["total"] for row in rows}


@pytest.mark.parametrize("order", list(permutations(files.DAYS))[::2])
def test_three_real_days_in_any_order(seller: Tenant, shared_dir: Path, order: tuple[str, ...]) -> None:
    for place, day in enumerate(order, 1):
        run(files.uci(shared_dir, day), profile="uci-online-retail")
        assert sums() == files.uci_sums(*order[:place])
    for day in files.DAYS:
        of_day = SalesEvent.objects.filter(business_day=day)
        assert of_day.count() == files.LINES[day]
        assert of_day.filter(kind="paid").aggregate(total=Sum("amount"))["total"] == Decimal(
            files.SUMS[day][0]
        )


def import_again_and_shuffled(shared_dir: Path, folder: Path) -> None:
    """Import a real day, the same again, and shuffled: the day's lines are there once."""
    day = files.DAYS[2]
    path = files.uci(shared_dir, day)
    for seed, each in enumerate((path, path, files.shuffled(path, folder / "a.csv", 1))):
        stored = files.LINES[day] if seed == 0 else 0
        assert f"Stored {stored:,}, known already {files.LINES[day] - stored:,}" in run(each)
    assert sums() == files.uci_sums(day)
    assert SalesEvent.objects.count() == SalesEventKey.objects.count() == files.LINES[day]


def test_again_and_shuffled_stores_nothing_new(seller: Tenant, shared_dir: Path, tmp_path: Path) -> None:
    import_again_and_shuffled(shared_dir, tmp_path)


@pytest.fixture
def no_uniqueness(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The key table without its unique key; afterwards it is empty and has it again."""
    (rule,) = SalesEventKey._meta.constraints
    with monkeypatch.context() as without:
        without.setattr(SalesEventKey._meta, "constraints", [])  # SQLite makes the table anew from the model
        with connection.schema_editor() as editor:
            editor.remove_constraint(SalesEventKey, rule)
    yield
    with dbrules.lifted():
        SalesEventKey.objects.all().delete()
    with connection.schema_editor() as editor:
        editor.add_constraint(SalesEventKey, rule)
    for item in dbrules.objects_of(SalesEventKey, connection):
        item.install(connection, SalesEventKey._meta.db_table)


@pytest.mark.django_db(transaction=True)
def test_that_test_fails_without_the_uniqueness_rule(
    no_uniqueness: None, shared_dir: Path, tmp_path: Path
) -> None:
    factories.make_tenant(factories.make_park("alpha"), "alpha-a")
    with pytest.raises(AssertionError, match="Stored 0, known already"):
        import_again_and_shuffled(shared_dir, tmp_path)
    assert SalesEvent.objects.count() > files.LINES[files.DAYS[2]]


def test_the_report_counts_sums_and_names_what_was_dropped(seller: Tenant, shared_dir: Path) -> None:
    out = run(files.uci(shared_dir, "2011-08-12"))
    for expected in (
        "Rows 1,122, facts 1,122, 2011-08-12 09:04 to 2011-08-12 16:54\n",
        "21169.29 CNY",
        "57.75 CNY",
        "-11062.06 CNY",
        "CustomerID",
        "Stored 1,122",
    ):
        assert expected in out
    batch = ImportBatch.objects.get()
    assert (batch.state, batch.profile, batch.source, batch.file_name) == (
        "imported",
        "uci-online-retail",
        "uci",
        "2011-08-12.csv",
    )
    assert batch.report["sums"]["adjusted"] == {"CNY": "-11062.06"}
    assert SalesEvent.objects.filter(import_batch=batch).count() == 1_122
    assert AuditEntry.objects.get(verb="sales.import").after["stored"] == 1_122
    assert BucketMark.objects.filter(node_id=seller.pk).exists()


def test_a_dry_run_says_what_would_be_and_keeps_nothing(seller: Tenant, tmp_path: Path) -> None:
    path = files.orders_file(tmp_path / "f.csv", 3)
    run(files.orders_file(tmp_path / "known.csv", 1))
    before = (SalesEvent.objects.count(), BucketMark.objects.count(), ImportBatch.objects.count())
    assert "Would store 4, known already 2" in run(path, dry_run=True)
    assert (SalesEvent.objects.count(), BucketMark.objects.count(), ImportBatch.objects.count()) == before


def test_no_garbage_is_looked_for_among_the_rows_of_a_file(seller: Tenant, tmp_path: Path) -> None:
    """Each time all that is young is walked through, every hundredth time all that is loaded."""
    path = files.orders_file(tmp_path / "f.csv", 2_000)
    collected: list[str] = []

    def told(phase: str, _about: dict[str, int]) -> None:
        collected.append(phase)

    gc.collect()
    gc.callbacks.append(told)
    try:
        assert "Stored 4,000" in run(path)
    finally:
        gc.callbacks.remove(told)
    assert collected.count("start") <= 2


def bad_file(tmp_path: Path) -> Path:
    path = files.orders_file(tmp_path / "bad.csv", 4)
    text = path.read_text().replace("X1,1,2025-06-01 00:01:00,1,10.00", "X1,1,2025-06-01 00:01:00,1,1e3")
    path.write_text(text.replace("X3,0,2025-06-01", "X3,0,2025-13-01"))
    return path


def test_a_bad_row_refuses_the_file_and_every_bad_row_is_named(seller: Tenant, tmp_path: Path) -> None:
    out = StringIO()
    with pytest.raises(CommandError, match="Nothing is imported"):
        call_command("import_orders", str(bad_file(tmp_path)), tenant="alpha-a", stdout=out, skip_checks=True)
    assert "Refused: 2 rows" in out.getvalue()
    assert "line 5: 金额" in out.getvalue()
    assert "line 8: 时间" in out.getvalue()
    assert not SalesEvent.objects.exists()
    batch = ImportBatch.objects.get()
    assert (batch.state, batch.report["bad_rows"], batch.report["refused"]) == ("refused", 2, True)


def test_a_file_of_which_no_row_can_be_read_has_no_time(seller: Tenant, tmp_path: Path) -> None:
    path, out = tmp_path / "bad.csv", StringIO()
    path.write_text(
        "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice\n1,2,x,many,2011-08-12 09:04:00,1\n"
    )
    with pytest.raises(CommandError, match="Nothing is imported"):
        call_command("import_orders", str(path), tenant="alpha-a", stdout=out, skip_checks=True)
    assert "Rows 1, facts 0\n" in out.getvalue()


def test_a_missing_rate_is_told_once_for_its_day(seller: Tenant, tmp_path: Path) -> None:
    path = files.orders_file(tmp_path / "f.csv", 3)
    text = path.read_text()
    path.write_text(text.replace("X2,0,2025-06-01", "X2,0,2025-06-02").replace("X2,1,2025-06-01", "X2,1,x"))
    out = StringIO()
    with pytest.raises(CommandError):
        call_command(
            "import_orders", str(path), tenant="alpha-a", currency="GBP", stdout=out, skip_checks=True
        )
    told = [line.split(":")[0] for line in out.getvalue().splitlines() if line.startswith("  line")]
    assert told == ["  line 2", "  line 6", "  line 7"]
    assert "rate of GBP for 2025-06-01. Rows that need it: 4." in out.getvalue()
    assert "rate of GBP for 2025-06-02. Rows that need it: 1." in out.getvalue()
    assert "Rates are entered by whoever runs this site." in out.getvalue()
    report = ImportBatch.objects.get().report
    assert (report["bad_rows"], report["problem_count"], len(report["problems"])) == (6, 3, 3)
    run(path, currency="GBP", skip_bad_rows=True, rejects=tmp_path / "rejects.csv")
    rejects = (tmp_path / "rejects.csv").read_text(encoding="utf-8-sig").splitlines()
    assert len(rejects) == 1 + 6  # each row is told in the file of those not taken


def test_the_command_speaks_the_language_of_the_site(seller: Tenant, tmp_path: Path) -> None:
    path = files.orders_file(tmp_path / "f.csv", 1)
    out = StringIO()
    with translation.override("zh-hans"), pytest.raises(CommandError):
        call_command(
            "import_orders", str(path), tenant="alpha-a", currency="GBP", stdout=out, skip_checks=True
        )
    assert "没有 GBP 在 2025-06-01 的汇率" in out.getvalue()
    assert "There is no exchange rate" not in out.getvalue()


def test_orders_with_a_bad_row_can_be_left_out_whole(seller: Tenant, tmp_path: Path) -> None:
    out = run(bad_file(tmp_path), skip_bad_rows=True, rejects=tmp_path / "rejects.csv")
    rejects = (tmp_path / "rejects.csv").read_text(encoding="utf-8-sig").splitlines()
    assert [row.split(",")[:2] for row in rejects[1:]] == [["X1", "0"], ["X1", "1"], ["X3", "0"], ["X3", "1"]]
    assert set(SalesEvent.objects.values_list("order_no", flat=True)) == {"X0", "X2"}
    assert "rows of the same orders: 2" in out
    assert "Stored 4" in out


def test_an_order_that_the_ledger_would_not_take_is_left_out_whole(seller: Tenant, tmp_path: Path) -> None:
    """Its rows look good; tomorrow's, and those of a day on which the seller was gone, are no sales."""
    path = files.orders_file(tmp_path / "ahead.csv", 3)
    ahead = f"{clock.local(clock.now() + clock.DAY):%Y-%m-%d}"
    path.write_text(path.read_text().replace("X2,0,2025-06-01", f"X2,0,{ahead}"))
    with pytest.raises(CommandError, match="Nothing is imported"):
        run(path)
    problem = ImportBatch.objects.get().report["problems"][0]
    assert (problem["row"], problem["field"], problem["code"]) == (6, "time of payment or event", "future")
    path.write_text(path.read_text().replace("X1,1,2025-06-01", "X1,1,2025-06-02"))
    seller.closed_on = date(2025, 6, 2)
    seller.save()
    assert "rows of the same orders: 2" in run(path, skip_bad_rows=True)
    assert set(SalesEvent.objects.values_list("order_no", flat=True)) == {"X0"}


def test_a_row_that_contradicts_the_ledger_refuses_the_file(seller: Tenant, tmp_path: Path) -> None:
    run(files.orders_file(tmp_path / "f.csv", 1))
    path = tmp_path / "g.csv"
    path.write_text(
        files.orders_file(path, 2)
        .read_text()
        .replace("X0,1,2025-06-01 00:00:00,1,10.00", "X0,1,2025-06-01 00:00:00,1,9.00")
    )
    with pytest.raises(CommandError, match="Nothing is imported"):
        run(path)
    assert SalesEvent.objects.count() == 2
    assert not Unresolved.objects.filter(kind="conflict").exists()
    assert "Stored 2, known already 1, conflicts 1" in run(path, skip_bad_rows=True)
    assert Unresolved.objects.get(kind="conflict").detail["offered"]["amount"] == "9.00"


def test_another_currency_needs_its_rate_for_each_day(
    seller: Tenant, shared_dir: Path, tmp_path: Path
) -> None:
    path = files.uci(shared_dir, "2011-08-12")
    with pytest.raises(CommandError, match="Nothing is imported"):
        run(path, currency="GBP", timezone="America/New_York")
    assert "GBP" in ImportBatch.objects.get().report["problems"][0]["message"]
    for day in (12, 13):
        ExchangeRate.objects.create(
            currency="GBP", day=date(2011, 8, day), cny_per_unit=Decimal(10), source="t"
        )
    run(path, currency="GBP", timezone="America/New_York")
    assert sums()["paid"] == Decimal("211692.90")
    assert SalesEvent.objects.filter(kind="paid").aggregate(total=Sum("amount_foreign"))["total"] == Decimal(
        "21169.29"
    )
    # A day in New York ends on the next one in Shanghai.
    assert set(SalesEvent.objects.values_list("business_day", flat=True)) == {
        date(2011, 8, 12),
        date(2011, 8, 13),
    }


def test_a_mapping_reads_headers_that_nobody_foresaw(seller: Tenant, tmp_path: Path) -> None:
    path, mapping = tmp_path / "f.csv", tmp_path / "map.json"
    path.write_text("Beleg,Menge,Preis,Wann\nB1,2,3.50,2025-06-01 10:00:00\n")
    columns = {"Beleg": "order_no", "Menge": "qty", "Preis": "unit_price", "Wann": "occurred_at"}
    mapping.write_text(json.dumps({"columns": columns, "source": "till"}))
    assert "Stored 1" in run(path, map=mapping)
    event = SalesEvent.objects.get()
    assert (event.amount, event.source, event.quantity) == (7, "till", 2)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"tenant": "nobody"}, "no tenant with the code nobody"),
        ({"profile": "nothing"}, "invalid choice"),
        ({"file": "/nowhere.csv"}, "no file"),
        ({"timezone": "Mars/Olympus"}, "Mars/Olympus"),
        ({"currency": "cny"}, "cny"),
        ({"map": Path("/nowhere.json")}, "no file"),
        ({"profile": "douyin-orders"}, "No known column headers"),
    ],
)
def test_what_is_unknown_is_said_plainly(
    seller: Tenant, tmp_path: Path, options: dict[str, Any], words: str
) -> None:
    path = options.pop("file", str(files.orders_file(tmp_path / "f.csv", 1)))
    arguments = [str(part) for name, value in options.items() for part in (f"--{name}", value)]
    tenant = [] if "tenant" in options else ["--tenant", "alpha-a"]
    with pytest.raises(CommandError, match=words):
        call_command("import_orders", path, *tenant, *arguments, skip_checks=True)
    assert not SalesEvent.objects.exists()
    assert not ImportBatch.objects.exists()
