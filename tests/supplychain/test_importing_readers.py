"""Tables out of files of any make: the right encoding, the right header, and no file that takes the reader down."""

from __future__ import annotations

import io
import tracemalloc
import zipfile
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from supplychain.facts import SaleFact
from supplychain.importing import FileError, FileReport, iter_facts, preview, profile
from supplychain.importing.readers import sniff_encoding

HEADER = ["订单号", "行号", "类型", "商品名称", "数量", "金额", "时间"]
LINES = [
    ["6917528391234567891", "1", "已付款", "连衣裙，印花", "2", "1,234.50", "2025-06-01 20:03:00"],
    ["6917528391234567892", "1", "已付款", '5" 皮带', "1", "59.90", "2025-06-01 21:00:00"],
]


def table(lines: list[list[str]], separator: str = ",", newline: str = "\r\n") -> str:
    """CSV text, every cell quoted."""
    return (
        newline.join(separator.join('"' + cell.replace('"', '""') + '"' for cell in line) for line in lines)
        + newline
    )


def read(body: bytes, code: str = "", **options: Any) -> tuple[list[SaleFact], FileReport]:
    """All facts of a file, and its report."""
    file = iter_facts(io.BytesIO(body), profile(code) if code else None, **options)
    return [fact for result in file for fact in result.facts], file.report


def refusal(body: bytes, code: str = "generic", **options: Any) -> FileError:
    """The error that stops a file."""
    with pytest.raises(FileError) as caught:
        read(body, code, **options)
    assert caught.value.message
    return caught.value


GOOD = table([HEADER, *LINES])


@pytest.mark.parametrize(
    ("encoding", "found"),
    [("utf-8", "utf-8"), ("utf-8-sig", "utf-8"), ("gb18030", "gb18030"), ("gbk", "gb18030"), ("utf-16", "utf-16"),
     ("utf-16-le", "utf-16-le"), ("utf-16-be", "utf-16-be")],
)  # fmt: skip
def test_encodings_need_no_hint(encoding: str, found: str) -> None:
    facts, report = read(GOOD.encode(encoding))
    assert [fact.title for fact in facts] == ["连衣裙，印花", '5" 皮带']
    assert report.form == f"csv {found} ','"


@pytest.mark.parametrize("separator", [",", "\t", ";", "|"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_separators_and_line_ends(separator: str, newline: str) -> None:
    facts, report = read(table([HEADER, *LINES], separator, newline).encode())
    assert [str(fact.amount) for fact in facts] == ["1234.50", "59.90"]
    assert (report.rows, report.bad_rows) == (2, 0)


def test_a_late_chinese_character_still_decides_the_encoding() -> None:
    lines = [
        ["A1", str(number), "paid", "plain", "1", "1.00", "2025-06-01 20:03:00"] for number in range(20_000)
    ]
    head = [["order_no", "line_no", "kind", "title", "qty", "amount", "occurred_at"]]
    last = [["A2", "1", "paid", "连衣裙", "1", "1.00", "2025-06-01 20:03:00"]]
    facts, report = read(table(head + lines + last).encode("gb18030"))
    assert facts[-1].title == "连衣裙"
    assert report.form.startswith("csv gb18030")


def test_the_header_is_found_below_titles() -> None:
    facts, report = read(table([["订单导出", "", ""], [], ["导出时间：2025-06-02"], HEADER, *LINES]).encode())
    assert len(facts) == 2
    assert report.header_line == 4


def test_blank_rows_totals_and_remarks_are_left_out() -> None:
    blank = [""] * len(HEADER)
    total = ["合计", "", "", "", "3", "1,294.40", ""]
    body = table([HEADER, LINES[0], blank, [" ", "\t", "", "", "", "", ""], LINES[1], total, ["注：演示"]])
    facts, report = read(body.encode())
    assert (len(facts), report.rows, report.bad_rows) == (2, 2, 0)
    assert report.notes["footer"] == 3


def test_rows_of_the_wrong_width() -> None:
    shifted = [*LINES[1], "", "9.90"]
    body = table([HEADER, LINES[0], shifted, LINES[1] + ["", ""]]) + '"6917528391234567893","1"'
    facts, report = read(body.encode())
    assert len(facts) == 2
    assert [(problem.row, problem.code) for problem in report.problems] == [(3, "cells"), (5, "cut_off")]


def test_rows_are_numbered_by_the_lines_of_the_file() -> None:
    two_lines = [*LINES[0]]
    two_lines[3] = "第一行\r\n第二行"
    bad = [*LINES[1]]
    bad[5] = "1e3"
    facts, report = read(table([["标题"], HEADER, two_lines, bad]).encode())
    assert facts[0].title == "第一行 第二行"
    assert [(problem.row, problem.field, problem.code) for problem in report.problems] == [
        (5, "金额", "amount")
    ]


def test_an_open_quote_spoils_its_row_and_is_told() -> None:
    body = table([HEADER, LINES[0]]) + '"6917528391234567893,1,已付款\r\n' + table([LINES[1]])
    _facts, report = read(body.encode())
    assert [(problem.row, problem.code) for problem in report.problems] == [(3, "malformed")]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b"\xff\xfe", "empty"),
        (b" \r\n\r\n", "empty"),
        (bytes(range(256)) * 20, "binary"),
        (b"\x00" * 9000, "binary"),
        (b"\xd0\xcf\x11\xe0" + b"\x00" * 600, "old_workbook"),
        (b"PK\x03\x04" + b"\x00" * 600, "workbook"),
        (GOOD.encode() + b"a,b\x00c\n", "binary"),
        (GOOD.encode() + "连衣裙".encode("gb18030"), "encoding"),
        (b"\x81\x20,\xff\xff\n", "encoding"),
        (b"a,b,c\n1,2,3\n", "unknown_headers"),
        (table([HEADER[:3], LINES[0][:3]]).encode(), "missing_headers"),
        (table([HEADER[:5] + HEADER[6:], LINES[0][:5] + LINES[0][6:]]).encode(), "missing_headers"),
        (("x" * 1024 * 1024 + "\n").encode(), "line_too_long"),
        (table([HEADER + [f"列{number}" for number in range(600)]]).encode(), "columns"),
    ],
)
def test_files_refused(body: bytes, code: str) -> None:
    assert refusal(body).code == code


def test_a_nul_is_named_by_its_line() -> None:
    for filler in ("", "x" * 5000):  # within what is looked at first, and beyond it
        body = f"order_no,qty\n{filler}\nA\0,1\n".encode()
        with translation.override("en"), pytest.raises(FileError, match="Line 3 holds a NUL"):
            sniff_encoding(io.BytesIO(body))


def test_refused_headers_are_listed() -> None:
    error = refusal(table([["订单号", "时间", "金额", "备注"], ["1", "2025-06-01", "1", ""]]).encode())
    assert error.missing == ("qty",)
    assert error.seen == ("订单号", "时间", "金额", "备注")
    assert refusal(b"a,b,c\n1,2,3\n").seen == ("a", "b", "c")


def test_limits() -> None:
    assert refusal(GOOD.encode(), max_bytes=100).code == "too_large"
    assert refusal(GOOD.encode(), max_rows=1).code == "too_many_rows"
    assert len(read(GOOD.encode(), max_rows=2)[0]) == 2


def test_the_stream_stays_open_and_uploads_will_do() -> None:
    upload = SimpleUploadedFile("orders.csv", GOOD.encode())
    assert len([result for result in iter_facts(upload) if result.facts]) == 2
    assert sniff_encoding(upload) == "utf-8-sig"


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    path = tmp_path / "large.csv"
    with path.open("w", encoding="utf-8") as out:
        out.write(table([HEADER]))
        for number in range(20_000):
            out.write(table([[str(number), "1", "已付款", "连衣裙", "1", "1.00", "2025-06-01 20:03:00"]]))
    tracemalloc.start()
    with path.open("rb") as stream:
        rows = sum(1 for _result in iter_facts(stream, profile("generic")))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert rows == 20_000
    assert peak < 8 * 1024**2


def test_preview_stops_early() -> None:
    short = preview(io.BytesIO(GOOD.encode()))
    assert (short.profile.code, short.complete, len(short.facts)) == ("generic", True, 2)
    assert preview(io.BytesIO(GOOD.encode()), rows=1).complete is False


@given(st.binary(max_size=400))
def test_no_file_fails_otherwise(body: bytes) -> None:
    for data in (body, GOOD.encode() + body, b"PK\x03\x04" + body):
        with suppress(FileError):
            read(data)


@given(st.data())
def test_no_damaged_file_fails_otherwise(data: st.DataObject) -> None:
    body = bytearray(GOOD.encode(data.draw(st.sampled_from(["utf-8", "gb18030", "utf-16"]))))
    for _change in range(data.draw(st.integers(1, 5))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    with suppress(FileError):
        read(bytes(body), "generic")


# Workbooks


def workbook(*sheets: list[list[Any]], **names: Any) -> bytes:
    """An XLSX file with these sheets."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for number, rows in enumerate(sheets):
        sheet = book.create_sheet(f"表{number + 1}")
        for row in rows:
            sheet.append(row)
    if names.get("hide_first"):
        book.worksheets[0].sheet_state = "hidden"
    if names.get("epoch_1904"):
        from openpyxl.utils.datetime import CALENDAR_MAC_1904

        book.epoch = CALENDAR_MAC_1904
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


TYPED = [
    ["6917528391234567891", 1, "已付款", "连衣裙", 2, 1234.5, datetime.fromisoformat("2025-06-01T20:03:00")],
    ["6917528391234567892", 1, "已付款", "皮带", 1, 0.1 + 0.2, datetime.fromisoformat("2025-06-01T21:00:00")],
    [None] * 7,
    ["6917528391234567893", 1, "已付款", "衬衫", 1.0, "¥9.90", 45809.835416666666],
]


@pytest.mark.parametrize("epoch_1904", [False, True])
def test_workbooks_read_like_csv(epoch_1904: bool) -> None:
    rows = TYPED[:3] if epoch_1904 else TYPED  # a bare serial number says nothing of its epoch
    facts, report = read(workbook([["说明"]], [["标题"], HEADER, *rows], epoch_1904=epoch_1904))
    assert [str(fact.amount) for fact in facts] == ["1234.5", "0.3", "9.90"][: len(facts)]
    assert facts[0].occurred_at == datetime(2025, 6, 1, 12, 3, tzinfo=UTC)
    assert facts[-1].qty == 1
    assert report.form == "xlsx 表2"
    assert (report.header_line, report.bad_rows) == (2, 0)


def test_hidden_sheets_are_not_read() -> None:
    hidden = [HEADER, *TYPED]
    facts, _report = read(workbook(hidden, [HEADER, TYPED[0]], hide_first=True))
    assert len(facts) == 1


def test_a_cell_whose_style_the_workbook_does_not_define_is_read_as_it_stands() -> None:
    plain, out = workbook([HEADER, *TYPED]), io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(plain)) as given, zipfile.ZipFile(out, "w") as odd:
        for name in given.namelist():
            odd.writestr(name, given.read(name).replace(b'<c r="E2"', b'<c r="E2" s="99"'))
    assert b's="99"' in zipfile.ZipFile(out).read("xl/worksheets/sheet1.xml")
    assert len(read(out.getvalue())[0]) == 3


def test_ids_that_a_workbook_holds_as_numbers_are_refused_by_row() -> None:
    numbers = [
        [6.91752839123457e18, *TYPED[0][1:]],
        [6917528391234560000, *TYPED[0][1:]],
        [12345, *TYPED[0][1:]],
    ]
    facts, report = read(workbook([HEADER, *numbers]))
    assert [(problem.row, problem.field, problem.code) for problem in report.problems] == [
        (2, "订单号", "id_ruined"),
        (3, "订单号", "id_ruined"),
    ]
    assert [fact.order_no for fact in facts] == ["12345"]


def repacked(body: bytes, **parts: bytes) -> bytes:
    """The workbook with some parts replaced or added; names are matched by their end."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(body)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for info in old.infolist():
            stem = Path(info.filename).stem
            new.writestr(info.filename, parts.pop(stem, None) or old.read(info.filename))
        for stem, content in parts.items():
            new.writestr(f"xl/{stem}.xml", content)
    return out.getvalue()


ENTITIES = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><sst>&b;</sst>'


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ({"sheet1": b"<worksheet>" + b" " * 32 * 1024**2 + b"</worksheet>"}, "bomb"),
        ({f"part{number}": b"x" for number in range(2001)}, "bomb"),
        ({"sharedStrings": ENTITIES}, "entities"),
        ({"sheet1": ENTITIES.decode().encode("utf-16")}, "entities"),
        ({"sheet1": b"<worksheet><sheetData><row><c r='A1'"}, "workbook"),
        ({"workbook": b"<workbook/>"}, "unknown_headers"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_workbooks_refused(parts: dict[str, bytes], code: str) -> None:
    assert refusal(repacked(workbook([HEADER, *TYPED]), **parts)).code == code


def test_texts_that_a_workbook_would_hold_in_memory_are_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("supplychain.importing.workbook.MAX_SHARED_STRINGS", 1000)
    body = workbook([HEADER, *TYPED])
    assert len(read(body)[0]) == 3
    assert refusal(repacked(body, sharedStrings=b"<sst>" + b" " * 1000 + b"</sst>")).code == "bomb"


def test_half_a_workbook_is_refused() -> None:
    body = workbook([HEADER, *TYPED])
    assert refusal(body[: len(body) // 2]).code == "workbook"


def test_a_million_columns_do_not_hurt() -> None:
    wide = workbook([[*HEADER, *range(3000)], [*TYPED[0], *range(3000)]])
    facts, _report = read(wide)
    assert len(facts) == 1
    assert refusal(("a," * 1_000_000 + "\n1\n").encode()).code in {
        "line_too_long",
        "columns",
        "unknown_headers",
    }
