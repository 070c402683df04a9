"""Columns remember what their cells were read as, and nothing else."""

from __future__ import annotations

from decimal import Decimal

import pytest

from core.strict import StrictError
from supplychain.importing import cells
from supplychain.importing.profiles.base import REMEMBERED, Layout, Row


def layout(*names: str, **constants: str) -> Layout:
    return Layout({name: place for place, name in enumerate(names)}, constants, trusted=())


def test_what_a_cell_says_is_worked_out_once() -> None:
    asked: list[str] = []

    def parse(text: str) -> int:
        asked.append(text)
        return int(text)

    table = layout("qty")
    assert [Row(table, [cell]).read("qty", parse) for cell in ("1", "2", "", "1", "", "2")] == [
        1, 2, None, 1, None, 2,
    ]  # fmt: skip
    assert asked == ["1", "2"]


def test_a_long_file_is_not_remembered_whole() -> None:
    table = layout("amount")
    for number in range(2 * REMEMBERED + 1):
        for _line in range(2):
            assert Row(table, [f"{number}.50"]).need("amount", cells.money) == Decimal(f"{number}.50")
        assert f"{number}.50" in table.columns["amount"].known, "the next line may say the same"
    assert len(table.columns["amount"].known) <= REMEMBERED


def test_long_cells_are_not_remembered() -> None:
    table = layout("title")
    assert Row(table, ["x" * 65]).text("title") == "x" * 65
    assert not table.columns["title"].known


def test_a_column_that_is_read_in_two_ways_says_of_each_what_it_is() -> None:
    table = layout("amount")
    for _row in range(3):
        row = Row(table, ["12.50"])
        assert row.text("amount") == "12.50"
        assert row.read("amount", cells.money) == Decimal("12.50")


def test_the_same_cell_means_in_each_column_what_that_column_says() -> None:
    table = layout("qty", "amount", currency="CNY")
    for _row in range(2):
        row = Row(table, ["3", "3"])
        assert (row.need("qty", cells.count), row.need("amount", cells.money)) == (3, Decimal(3))
        assert row.text("currency") == "CNY"
        assert row.read("title", str) is None


def test_a_bad_cell_is_refused_on_every_row() -> None:
    table = layout("amount")
    for _row in range(3):
        with pytest.raises(StrictError) as caught:
            Row(table, ["12,5"]).read("amount", cells.money)
        assert (caught.value.code, caught.value.field) == ("amount", "amount")


@pytest.mark.parametrize("cell", ["null", "NULL", "None"])
def test_words_for_nothing_are_no_ids(cell: str) -> None:
    assert Row(layout("line_no"), [cell]).identifier("line_no", needed=False) == ""


@pytest.mark.parametrize(
    ("cell", "code"),
    [("6917528391234560000", "id_ruined"), ("7" * 65, "too_long"), ("1.23457E+17", "id_ruined")],
)
def test_ids_that_are_none_are_looked_at_twice(cell: str, code: str) -> None:
    with pytest.raises(StrictError) as caught:
        Row(layout("order_no"), [cell]).identifier("order_no")
    assert (caught.value.code, caught.value.field) == (code, "order_no")


def test_a_row_that_is_shorter_than_its_header_is_empty_at_its_end() -> None:
    row = Row(layout("order_no", "title"), ["17"])
    assert (row.identifier("order_no"), row.text("title")) == ("17", "")
