"""Table files: what a spreadsheet would run stays text, what is a number stays one."""

from __future__ import annotations

import csv
from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO, StringIO

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from core.doors.export import FORMULA_STARTS, safe_cell, table_response
from core.models import AuditEntry
from livestreams.models import Booking
from supplychain.models import Product
from tenants.models import Charge
from tests.admin.conftest import Worlds, url_of

TRAPS = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "＝1+1",
    "＋1",
    "－1",
    "＠x",
    ' "=1',
    "'=1",
    "“=1",
    "\u3000=1",
]


@pytest.mark.parametrize("text", TRAPS)
def test_a_formula_gets_an_apostrophe(text: str) -> None:
    assert safe_cell(text) == f"'{text}"


@pytest.mark.parametrize(
    "value", [-5, Decimal("-12.50"), 0, -1.5, date(2024, 2, 29), None, True, "商户-1", "a=b", ""]
)
def test_other_values_stay(value: object) -> None:
    assert safe_cell(value) == value
    assert type(safe_cell(value)) is type(value)


def test_instants_are_written_as_they_read_in_shanghai() -> None:
    assert safe_cell(datetime(2024, 5, 1, 18, 30, tzinfo=UTC)) == datetime.fromisoformat("2024-05-02T02:30")


@given(st.lists(st.lists(st.text(), min_size=2, max_size=2), max_size=5))
def test_no_cell_of_any_text_is_a_formula(rows: list[list[str]]) -> None:
    sheet = load_workbook(BytesIO(b"".join(table_response("xlsx", "x", ["a", "b"], rows)))).active
    assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)
    text = b"".join(table_response("csv", "x", ["a", "b"], rows)).decode("utf-8-sig")
    for row in csv.reader(StringIO(text, newline="")):
        assert all(cell[:1] not in FORMULA_STARTS for cell in row if cell)


@pytest.mark.django_db
def test_the_export_is_the_filtered_list_with_numbers_and_an_audit_entry(
    manager: Client, worlds: Worlds
) -> None:
    seat = worlds.mine.tenants[0]
    Charge.objects.filter(tenant=seat.tenant).update(amount=Decimal("-12.50"), source="=cmd|x")
    answer = manager.get(url_of(Charge, f"export/xlsx/?tenant__node__exact={seat.tenant.pk}"))
    assert answer["Content-Disposition"].startswith("attachment")
    header, row = load_workbook(BytesIO(b"".join(answer.streaming_content))).active.iter_rows(
        values_only=True
    )
    values = dict(zip(header, row, strict=True))
    assert len(values) == 7
    assert -12.5 in row
    assert "'=cmd|x" in row
    entry = AuditEntry.objects.latest("pk")
    assert (entry.verb, entry.object_type, entry.after) == (
        "export",
        "tenants.Charge",
        {"rows": 1, "kind": "xlsx"},
    )


@pytest.mark.django_db
def test_a_refused_filter_exports_nothing(manager: Client, worlds: Worlds) -> None:
    assert manager.get(url_of(Charge, "export/csv/?tenant__code__startswith=a")).status_code == 400
    assert manager.get(url_of(Charge, "export/csv/?tenant__node__exact=abc")).status_code == 302
    foreign = worlds.other.tenants[0].tenant.pk
    answer = manager.get(url_of(Charge, f"export/csv/?tenant__node__exact={foreign}"))
    assert len(b"".join(answer.streaming_content).decode().strip().splitlines()) == 1  # the header alone


@pytest.mark.django_db
def test_states_and_people_read_as_on_the_page(manager: Client, worlds: Worlds) -> None:
    text = b"".join(manager.get(url_of(Booking, "export/csv/")).streaming_content).decode()
    booking = worlds.mine.tenants[0].booking
    assert booking.get_state_display() in text
    assert booking.tenant.name in text


@pytest.mark.django_db
def test_a_park_exports_no_costs(as_user: object, worlds: Worlds) -> None:
    keeper = as_user(worlds.mine.users["park_warehouse"])  # type: ignore[operator]
    text = b"".join(keeper.get(url_of(Product, "export/csv/")).streaming_content).decode()
    assert "99.00" in text
    assert "40.00" not in text
    page = keeper.get(
        url_of(Product, f"{worlds.mine.tenants[0].skus[0].product_id}/change/")
    ).content.decode()
    assert "40.00" not in page
