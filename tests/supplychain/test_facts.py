"""Sales facts and batches: the same verdict by the quick and the careful way, row by row, and never a surprise."""

from __future__ import annotations

import csv
import io
import json
import time
from contextlib import suppress
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import partial
from typing import Any

import msgspec
import pytest
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st

from core import strict
from core.strict import StrictError
from supplychain import choices
from supplychain.facts import (
    CHANNELS,
    CUSTOMS_MODES,
    KINDS,
    LINE_TYPES,
    BatchError,
    FactError,
    ParsedBatch,
    SaleFact,
    content_hash,
    fact_from_values,
    parse_batch,
)
from supplychain.facts.wire import quick_facts

JSON, NDJSON, CSV = "application/json", "application/x-ndjson", "text/csv"
parsed = partial(parse_batch, max_bytes=8 * 2**20)
ROW: dict[str, Any] = {
    "kind": "paid",
    "order_no": "6917528391234567891",
    "line_no": "1",
    "sku_code": "SKU-1",
    "title": "连衣裙 👗",
    "qty": 2,
    "amount": "123.45",
    "occurred_at": "2025-06-01T20:00:00+08:00",
    "channel": "live",
}
AT = datetime(2025, 6, 1, 12, tzinfo=UTC)


def fact(**changes: Any) -> SaleFact:
    """A paid line with some fields changed."""
    fields = {"kind": "paid", "order_no": "A1", "qty": 1, "amount": Decimal("10.00"), "occurred_at": AT}
    return SaleFact(**{**fields, **changes})


def rows_of(**changes: Any) -> dict[str, Any]:
    """A raw row with some fields changed; those set to ... are left out."""
    return {name: value for name, value in {**ROW, **changes}.items() if value is not ...}


def batch_of(*rows: Any) -> ParsedBatch:
    """The rows sent as a JSON array."""
    return parsed(json.dumps(rows).encode(), JSON)


def problems_of(batch: ParsedBatch) -> list[tuple[int, str, str]]:
    """(row from 1, field, code) of everything that is wrong."""
    assert all(problem.message for problem in batch.problems)
    return [(problem.row, problem.field, problem.code) for problem in batch.problems]


# The fact itself


def test_choices_are_those_of_the_ledger() -> None:
    assert set(choices.SalesKind.values) == set(KINDS)
    assert set(choices.Channel.values) == set(CHANNELS)
    assert set(choices.CustomsMode.values) == set(CUSTOMS_MODES)
    assert set(choices.LineType.values) == set(LINE_TYPES)


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"amount": None}, "amount", "required"),
        ({"amount": Decimal(-1)}, "amount", "negative"),
        ({"qty": -1}, "qty", "negative"),
        ({"amount_foreign": Decimal(1)}, "amount_foreign", "currency"),
        ({"rate": Decimal(7)}, "rate", "currency"),
        ({"rate_day": date(2025, 6, 1)}, "rate", "required"),
        ({"currency": "USD"}, "amount_foreign", "required"),
        ({"currency": "USD", "amount_foreign": Decimal(1)}, "amount", "currency"),
        ({"currency": "USD", "amount": None, "amount_foreign": Decimal(-1)}, "amount_foreign", "negative"),
        (
            {"currency": "USD", "amount": None, "amount_foreign": Decimal(1), "rate": Decimal(0)},
            "rate",
            "rate",
        ),
    ],
)
def test_contradictions_are_refused(changes: dict[str, Any], field: str, code: str) -> None:
    with pytest.raises(StrictError) as caught:
        fact(**changes)
    assert (caught.value.field, caught.value.code) == (field, code)


def test_only_adjustments_are_signed() -> None:
    assert fact(kind="adjusted", qty=-4, amount=Decimal("-11062.06")).amount == Decimal("-11062.06")
    foreign = fact(currency="USD", amount=None, amount_foreign=Decimal(5), rate=Decimal("7.1"))
    assert foreign.amount is None


def test_derived_ids_keep_facts_apart() -> None:
    assert fact(line_no="2").external_id == "A1:2:paid"
    assert fact(line_type="freight").external_id == "A1::freight-paid"
    assert fact(kind="refunded", ref_order_no="A0", ref_line="3").external_id == "A1::refunded:A0:3"
    assert fact(external_id="mine").key == ("mine", 1)
    tricky = [
        fact(order_no="A:1", line_no="2"),
        fact(order_no="A", line_no="1:2"),
        fact(order_no="A%3A1", line_no="2"),
        fact(order_no="A" * 64, line_no="B" * 64, ref_order_no="C" * 64),
        fact(order_no="A" * 64, line_no="B" * 64, ref_order_no="D" * 64),
    ]
    assert len({each.external_id for each in tricky}) == len(tricky)
    assert all(len(each.external_id) <= 128 for each in tricky)


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": "created"},
        {"order_no": "A2"},
        {"line_no": "2"},
        {"line_type": "freight"},
        {"ref_order_no": "A0"},
        {"ref_line": "1"},
        {"sku_code": "s"},
        {"qty": 2},
        {"amount": Decimal("10.0001")},
        {"currency": "USD", "amount": None, "amount_foreign": Decimal(10)},
        {"occurred_at": datetime(2025, 6, 1, 12, 0, 1, tzinfo=UTC)},
        {"channel": "live"},
        {"session_ref": "x"},
        {"host_ref": "x"},
        {"owner": "x"},
        {"destination": "x"},
        {"customs_mode": "9610"},
    ],
)
def test_content_hash_sees_what_carries_meaning(changes: dict[str, Any]) -> None:
    assert content_hash(fact(external_id="e", **changes)) != content_hash(fact(external_id="e"))


def test_content_hash_overlooks_what_does_not() -> None:
    known = content_hash(fact())
    assert len(known) == 16
    assert content_hash(fact(external_id="x", version=7, title="renamed", amount=Decimal("10.0000"))) == known
    usd = {"currency": "USD", "amount": None, "amount_foreign": Decimal(5)}
    assert content_hash(fact(**usd, rate=Decimal("7.10"))) == content_hash(fact(**usd, rate=Decimal("7.1")))
    assert content_hash(fact(**usd, rate=Decimal("7.2"))) != content_hash(fact(**usd, rate=Decimal("7.1")))


def test_every_field_is_hashed_or_knowingly_left_out() -> None:
    """A new field must decide: it changes the hash in the test above, or it is named here."""
    left_out = {"external_id", "version", "title"}
    in_foreign_facts = {"amount_foreign", "rate", "rate_day"}
    assert len(SaleFact.__struct_fields__) == 23, "does content_hash know the new field?"
    assert left_out | in_foreign_facts < set(SaleFact.__struct_fields__)


# Batches


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        (JSON, json.dumps([ROW, rows_of(line_no="2")]).encode()),
        (JSON + "; charset=utf-8", b"\xef\xbb\xbf" + json.dumps([ROW, rows_of(line_no="2")]).encode()),
        (NDJSON, "\r\n".join(json.dumps(row) for row in (ROW, rows_of(line_no="2"))).encode() + b"\n\n"),
        (CSV, b"kind,order_no,line_no,sku_code,title,qty,amount,occurred_at,channel\r\n"
              + "".join(f'paid,6917528391234567891,{line},SKU-1,"连衣裙 👗",2,123.45,2025-06-01T20:00:00+08:00,live\r\n'
                        for line in (1, 2)).encode()),
    ],
)  # fmt: skip
def test_three_forms_of_the_same_batch(content_type: str, body: bytes) -> None:
    batch = parsed(body, content_type)
    assert not batch.problems
    assert [index for index, _fact in batch.facts] == [0, 1]
    first = batch.facts[0][1]
    assert first == fact_from_values(ROW)
    assert (first.amount, first.occurred_at, first.title) == (Decimal("123.45"), AT, "连衣裙 👗")


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        (rows_of(amount=123.45), ("amount", "number")),
        (rows_of(amount=100), ("amount", "number")),
        (rows_of(amount=" 12.50"), ("amount", "amount")),
        (rows_of(amount="-0.00"), ("amount", "negative_zero")),
        (rows_of(amount="-1.00"), ("amount", "negative")),
        (rows_of(amount="0.00001"), ("amount", "digits")),
        (rows_of(amount=...), ("amount", "required")),
        (rows_of(qty=2**70), ("qty", "range")),
        (rows_of(qty=1.0), ("qty", "integer")),
        (rows_of(qty=True), ("qty", "integer")),
        (rows_of(qty=-1), ("qty", "negative")),
        (rows_of(version=0), ("version", "range")),
        (rows_of(version=2**31), ("version", "range")),
        (rows_of(kind="sold"), ("kind", "choice")),
        (rows_of(channel="tv"), ("channel", "choice")),
        (rows_of(order_no="  "), ("order_no", "required")),
        (rows_of(order_no=123), ("order_no", "type")),
        (rows_of(order_no=123456789012345000), ("order_no", "type")),
        *((rows_of(**{name: "1.23457E+17"}), (name, "id_ruined"))
          for name in ("external_id", "order_no", "line_no", "ref_order_no", "ref_line", "session_ref", "host_ref")),
        (rows_of(order_no="479012345678901234.0"), ("order_no", "id_ruined")),
        (rows_of(title="a\0b"), ("title", "characters")),
        (rows_of(sku_code="\udfff"), ("sku_code", "characters")),
        (rows_of(occurred_at=...), ("occurred_at", "required")),
        (rows_of(occurred_at="0001-01-01T00:00:00+14:00"), ("occurred_at", "year")),
        (rows_of(occurred_at="1990-04-15 02:30:00"), ("occurred_at", "gap")),
        (rows_of(occurred_at=1748779200), ("occurred_at", "type")),
        (rows_of(price="1"), ("price", "unknown_field")),
        (rows_of(title={"a": [1]}), ("title", "type")),
        (rows_of(currency="usd"), ("currency", "currency")),
        ([], ("", "type")),
        (None, ("", "type")),
        ("row", ("", "type")),
    ],
)  # fmt: skip
@pytest.mark.parametrize("form", [JSON, NDJSON])
def test_a_bad_row_is_named_and_the_others_stand(row: Any, problem: tuple[str, str], form: str) -> None:
    rows = [json.dumps(each) for each in (rows_of(line_no="a"), row, rows_of(line_no="b"))]
    body = "[" + ",".join(rows) + "]" if form == JSON else "\n".join(rows)
    batch = parsed(body.encode(), form)
    assert problems_of(batch) == [(2, *problem)]
    assert [index for index, _fact in batch.facts] == [0, 2]
    assert (batch.rows, batch.bad_rows) == (3, 1)


def test_only_a_table_may_have_been_through_a_spreadsheet() -> None:
    """An id that ends in zeros is taken as it stands from JSON, and for ruined in CSV."""
    cut_off = rows_of(order_no="123456789012345000")
    assert not batch_of(cut_off).problems
    table = "\n".join([",".join(cut_off), ",".join(map(str, cut_off.values()))])
    assert problems_of(parsed(table.encode(), CSV)) == [(1, "order_no", "id_ruined")]


def test_every_problem_of_a_row_is_listed() -> None:
    batch = batch_of({"qty": "many", "amount": 1, "colour": "red"})
    assert {(field, code) for _row, field, code in problems_of(batch)} == {
        ("qty", "integer"),
        ("amount", "number"),
        ("colour", "unknown_field"),
        ("kind", "required"),
        ("order_no", "required"),
        ("occurred_at", "required"),
    }


@pytest.mark.parametrize(
    "twice",
    [
        '"amount": "1.00", "amount": "2.00"',
        '"amount": "1.00", "amoun\\u0074": "1.00"',
        '"amount": "1.00", "amount" : "1.00", "title": "a\\":b\\\\"',
    ],
)
def test_duplicate_keys_are_found_in_their_row(twice: str) -> None:
    good = json.dumps(rows_of(line_no="9", title='{"amount": [\\"1:2\\"]} \\'))
    bad = '{"kind": "paid", "order_no": "A1", "qty": 1, "occurred_at": "2025-06-01T12:00:00Z", ' + twice + "}"
    for body, form in ((f"[{good},{bad}]", JSON), (f"{good}\n{bad}", NDJSON)):
        batch = parsed(body.encode(), form)
        assert problems_of(batch) == [(2, "amount", "duplicate_key")]
        assert len(batch.facts) == 1


def test_same_key_in_one_batch() -> None:
    batch = batch_of(
        ROW, rows_of(title="other words"), rows_of(amount="1.00"), rows_of(amount="1.00", version=2)
    )
    assert [index for index, _fact in batch.facts] == [0, 1, 3]
    assert problems_of(batch) == [(3, "external_id", "conflict_in_batch")]


@pytest.mark.parametrize(
    ("body", "content_type", "code", "status"),
    [
        (b" \n ", NDJSON, "empty", 400),
        (b"null", JSON, "not_a_list", 400),
        (b'{"a": 1, "a": 2}', JSON, "not_a_list", 400),
        (b'[{"kind": "paid",]', JSON, "malformed", 400),
        (b'[{"a":' * 50_000, JSON, "too_deep", 400),
        (b"[" + b"9" * 5000 + b"]", JSON, "number", 400),
        (b"\xef\xbb\xbf", CSV, "header", 400),
        (b"kind,order_no,qty\npaid,1,1", CSV, "header", 400),
        (b"kind,order_no,qty,occurred_at,price\n", CSV, "header", 400),
        (b"kind,kind,order_no,qty,occurred_at\n", CSV, "duplicate_key", 400),
        (b'kind,order_no,qty,occurred_at\npaid,"1,1,2025-06-01T12:00:00Z\n', CSV, "malformed", 400),
        (b"<xml/>", "application/xml", "unsupported_type", 415),
        (b"[]", "", "unsupported_type", 415),
    ],
)
def test_bodies_refused_as_a_whole(body: bytes, content_type: str, code: str, status: int) -> None:
    with pytest.raises(BatchError) as caught:
        parsed(body, content_type)
    assert (caught.value.code, caught.value.status) == (code, status)
    assert caught.value.message


def test_one_deep_line_does_not_take_the_others_down() -> None:
    body = b'"\n' + b"[" * 100_000 + b"\n" + json.dumps(ROW).encode()
    batch = parsed(body, NDJSON)
    assert problems_of(batch) == [(1, "", "malformed"), (2, "", "too_deep")]
    assert len(batch.facts) == 1


def test_limits_name_the_way_for_larger_files() -> None:
    with translation.override("en"), pytest.raises(BatchError, match="import page") as rows:
        parsed(json.dumps([ROW] * 3).encode(), JSON, max_lines=2)
    with translation.override("en"), pytest.raises(BatchError, match="import page") as size:
        parsed(json.dumps([ROW] * 3).encode(), JSON, max_bytes=100)
    assert rows.value.status == size.value.status == 413


def test_csv_rows_are_checked_against_the_header() -> None:
    head = "kind,order_no,qty,occurred_at,amount\n"
    good = "paid,A1,1,2025-06-01T12:00:00Z,1.00\n"
    batch = parsed(
        (head + good + "paid,A2,1,2025-06-01T12:00:00Z,1,000.00\n" + "\n" + "paid,A3\n").encode(), CSV
    )
    assert [index for index, _fact in batch.facts] == [0]
    assert {(row, code) for row, _field, code in problems_of(batch)} == {(2, "cells"), (3, "required")}


PLAIN = st.text(
    alphabet=st.characters(min_codepoint=32, max_codepoint=0x4E10, exclude_categories=["Cs"]), max_size=70
)
RAW_ROWS = st.fixed_dictionaries(
    {},
    optional={
        "kind": st.sampled_from([*KINDS, "sold", None]),
        "order_no": PLAIN | st.none() | st.integers(),
        "line_no": PLAIN,
        "qty": st.integers(-5, 5) | st.integers() | st.sampled_from(["1", "1.0", 1.0, True]),
        "version": st.integers(-1, 3),
        "amount": st.sampled_from(
            ["1", "1.00", "-1", "-0", "1e3", "", " 1", "１", "9" * 13, "9" * 14, None, 1, 1.5]
        ),
        "currency": st.sampled_from(["CNY", "USD", "cny", "", None]),
        "amount_foreign": st.sampled_from(["5", "-5", "", None, 5]),
        "rate": st.sampled_from(["7.1", "0", "0.00000001", "0.000000001", "", None]),
        "rate_day": st.sampled_from(["2025-06-01", "2025-13-01", "", None]),
        "occurred_at": st.sampled_from(["2025-06-01T12:00:00Z", "2025-06-01 12:00", "2025-06-01", "", 5]),
        "channel": st.sampled_from([*CHANNELS, "", "tv"]),
        "title": PLAIN,
        "owner": PLAIN,
        "colour": PLAIN,
    },
)


@given(st.lists(RAW_ROWS, min_size=1, max_size=4), st.booleans(), st.booleans())
@settings(max_examples=300)
def test_the_quick_way_and_the_careful_way_agree(
    rows: list[dict[str, Any]], escaped: bool, ndjson: bool
) -> None:
    texts = [json.dumps(row, ensure_ascii=escaped) for row in rows]
    body = ("\n".join(texts) if ndjson else "[" + ",".join(texts) + "]").encode()
    careful: list[SaleFact | None] = []
    for row in rows:
        try:
            careful.append(fact_from_values(row))
        except FactError:
            careful.append(None)
    quick = quick_facts(body, keys=strict.outline(body).count(b":"), ndjson=ndjson)
    assert quick is None or quick == careful
    batch = parsed(body, NDJSON if ndjson else JSON)
    conflicts = {problem.row - 1 for problem in batch.problems if problem.code == "conflict_in_batch"}
    good = {index: found for index, found in enumerate(careful) if found is not None}
    assert dict(batch.facts) == {index: found for index, found in good.items() if index not in conflicts}
    assert batch.bad_rows == len({problem.row for problem in batch.problems})


def test_ordinary_batches_take_the_quick_way() -> None:
    rows = [
        ROW,
        rows_of(destination="United Kingdom"),
        rows_of(line_no=""),
        rows_of(kind="refunded", ref_order_no="1"),
    ]
    foreign = rows_of(currency="USD", amount=..., amount_foreign="5.00", rate="7.1", rate_day="2025-06-01")
    body = json.dumps([*rows, foreign]).encode()
    assert quick_facts(body, keys=strict.outline(body).count(b":"), ndjson=False) is not None


@given(
    st.binary() | st.text(alphabet='[]{}":,\\ \nkindpay0').map(str.encode),
    st.sampled_from([JSON, NDJSON, CSV]),
)
def test_no_body_fails_otherwise(body: bytes, content_type: str) -> None:
    with suppress(BatchError):
        batch = parsed(body, content_type)
        assert batch.rows == len(batch.facts) + len({problem.row for problem in batch.problems})


def test_facts_survive_the_wire() -> None:
    found = fact_from_values(rows_of(currency="USD", amount=..., amount_foreign="5.00"))
    assert msgspec.json.decode(msgspec.json.encode(found), type=SaleFact) == found


def test_five_thousand_lines_are_parsed_quickly(capsys: pytest.CaptureFixture[str]) -> None:
    """The figure is printed; the bound only catches a fall by an order of magnitude."""
    rows = [rows_of(order_no=f"69175283{number:08d}912") for number in range(5000)]
    out = io.StringIO()
    table = csv.DictWriter(out, rows[0])
    table.writeheader()
    table.writerows(rows)
    ndjson = "\n".join(map(json.dumps, rows))
    bodies = {JSON: json.dumps(rows).encode(), NDJSON: ndjson.encode(), CSV: out.getvalue().encode()}
    for content_type, body in bodies.items():
        best = 9.0
        for _round in range(3):
            start = time.perf_counter()
            assert len(parsed(body, content_type).facts) == 5000
            best = min(best, time.perf_counter() - start)
        with capsys.disabled():
            print(f"\n5,000 lines as {content_type}: {best * 1000:.1f} ms", end="")
        assert best < 0.6
