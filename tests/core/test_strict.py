"""Strict parsing: whatever comes in, a bounded value or a StrictError comes out, and nothing else."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from core import strict
from core.strict import StrictError

MIB = 1024 * 1024
ONE_SECOND = 1.0
ANYTHING: st.SearchStrategy[Any] = st.one_of(
    st.text(),
    st.text(alphabet="0123456789０１.,-+eE 万T:Z"),
    st.from_regex(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2})?([+-][0-9]{2}:[0-9]{2})?"),
    st.binary(),
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.lists(st.integers(), max_size=2),
)
PARSERS: list[Callable[[Any], object]] = [
    strict.amount,
    lambda value: strict.amount(value, signed=True),
    strict.quantity,
    lambda value: strict.quantity(value, signed=True),
    strict.instant,
    strict.stamp,
    strict.moment,
    strict.day,
    strict.zone,
    strict.currency,
    lambda value: strict.code(value, 64),
    lambda value: strict.identifier(value, 64),
    lambda value: strict.text(value, 200),
]


def refusal(call: Callable[..., object], *args: Any, **kwargs: Any) -> str:
    """The code with which a call is refused."""
    with pytest.raises(StrictError) as caught:
        call(*args, **kwargs)
    assert caught.value.message
    assert str(caught.value).isprintable()
    return caught.value.code


def load(body: bytes) -> Any:
    return strict.load_json(body, max_bytes=MIB)


@given(ANYTHING)
@pytest.mark.parametrize("parse", PARSERS)
def test_no_parser_fails_otherwise(parse: Callable[[Any], object], value: Any) -> None:
    with suppress(StrictError):
        parse(value)


@given(st.one_of(st.binary(), st.text(alphabet='{}[]":,\\ud8c0 1e.NaInfty').map(str.encode)))
def test_json_never_fails_otherwise(body: bytes) -> None:
    with suppress(StrictError):
        assert json.dumps(load(body)).encode()


JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\0")),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(min_size=1, max_size=9), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(JSON_VALUES, st.booleans())
def test_json_that_is_right_comes_back(value: Any, escaped: bool) -> None:
    body = json.dumps(value, ensure_ascii=escaped)
    if "\\u0000" in body:
        assert refusal(load, body.encode()) == "nul"
    else:
        assert load(body.encode()) == value


@given(JSON_VALUES, st.booleans())
def test_outline_counts_keys_and_depth(value: Any, escaped: bool) -> None:
    def keys(found: Any) -> int:
        children = found.values() if isinstance(found, dict) else found if isinstance(found, list) else []
        return sum(map(keys, children)) + (len(found) if isinstance(found, dict) else 0)

    def depth(found: Any) -> int:
        children = list(found.values()) if isinstance(found, dict) else found
        return 1 + max(map(depth, children), default=0) if isinstance(found, dict | list) else 0

    shape = strict.outline(json.dumps(value, ensure_ascii=escaped).encode())
    assert shape.count(b":") == keys(value)
    strict.check_depth(shape, depth(value))
    if depth(value) > 1:
        assert refusal(strict.check_depth, shape, depth(value) - 1) == "too_deep"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "malformed"),
        (b"{", "malformed"),
        (b"[1]]", "malformed"),
        (b"]" * 1000, "malformed"),
        (b'{"a": 1, "a": 1}', "duplicate_key"),
        (b'{"a": {"b": 1, "\\u0062": 2}}', "duplicate_key"),
        (b"[NaN]", "number"),
        (b"[-Infinity]", "number"),
        (b"[1e999]", "number"),
        (b"[" + b"9" * 5000 + b"]", "number"),
        (b'["\\u0000"]', "nul"),
        (b'["a\x00"]', "nul"),
        (b'["\\ud800"]', "surrogate"),
        (b'["\\udc00\\ud800"]', "surrogate"),
        (b'["\xed\xa0\x80"]', "not_utf8"),
        ("[“订单”]".encode("gb18030"), "not_utf8"),
        (b"[" * 100_000, "too_deep"),
        (b'{"a":' * 100_000, "too_deep"),
        (b"[" * 33 + b"]" * 33, "too_deep"),
        (b'["' + b"x" * MIB + b'"]', "too_large"),
    ],
)
def test_json_refused(body: bytes, code: str) -> None:
    assert refusal(load, body) == code


@pytest.mark.parametrize(
    "body",
    [
        b'["\\\\u0000"]',
        b'["\\\\ud800"]',
        b'["\\ud83d\\ude00"]',
        b"\xef\xbb\xbf[]",
        b"[" * 32 + b"]" * 32,
        b'["[[[["]',
    ],
)
def test_json_accepted(body: bytes) -> None:
    assert isinstance(load(body), list)


def test_errors_name_their_place() -> None:
    with pytest.raises(StrictError) as broken:
        load(b'{"a": 1,\n "b" 2}')
    assert (broken.value.line, broken.value.offset) == (2, 14)
    with pytest.raises(StrictError) as encoding:
        load(b"\xef\xbb\xbf[\n\xff]")
    assert (encoding.value.line, encoding.value.offset) == (2, 5)
    assert encoding.value.extra == {"line": 2, "offset": 5}


@pytest.mark.parametrize(
    ("body", "code", "field", "row"),
    [
        (b'{"a": {"b": "x\\u0000"}}', "nul", "a.b", None),
        (b'{"a": "x\x00"}', "nul", "a", None),
        (b'{"a": [{"b": 1}, {"b": "\\udc00"}]}', "surrogate", "a.b", 2),
        (b'[{"a": 1}, {"a\\u0000": 2}]', "nul", "a\ufffd", 2),
        (b'{"a": {"b": [1, NaN]}}', "number", "a.b", 2),
        (b'{"a": -1e999}', "number", "a", None),
        (b'{"a": {"b": 1, "b": 2}}', "duplicate_key", "a.b", None),
        (b'{"a": [{"b": 1}, {"b": 1, "b": 2}]}', "duplicate_key", "a.b", 2),
        (b'{"b": 1, "b": 2}', "duplicate_key", "b", None),
    ],
)
def test_errors_name_field_and_row(body: bytes, code: str, field: str, row: int | None) -> None:
    with pytest.raises(StrictError) as caught:
        load(body)
    assert (caught.value.code, caught.value.field, caught.value.extra.get("row")) == (code, field, row)


@given(st.decimals(min_value=0, max_value=Decimal("9999999999999.9999"), places=4))
def test_amounts_come_back_exactly(value: Decimal) -> None:
    assert strict.amount(f"{value:f}") == value
    if value:
        assert strict.amount(f"-{value:f}", signed=True) == -value


@pytest.mark.parametrize(
    "value",
    [
        *(
            "",
            " 1",
            "1 ",
            "1e3",
            "1E3",
            "1.",
            ".5",
            "+1",
            "-1",
            "-0",
            "-0.00",
            "00",
            "007",
            "1,000",
            "１２",
            "1_0",
        ),
        *(
            "1.00001",
            "12345678901234",
            "NaN",
            "Infinity",
            "0x1",
            "٣",
            "1\n",
            "¥1",
            12,
            12.5,
            True,
            None,
            ["1"],
            b"1",
        ),
    ],
)
def test_amounts_refused(value: object) -> None:
    refusal(strict.amount, value)


def test_an_amount_as_a_number_is_told_what_to_send() -> None:
    with translation.override("en"), pytest.raises(StrictError, match="Send amounts as strings"):
        strict.amount(0.1)
    assert refusal(strict.amount, 100) == "number"
    assert refusal(strict.amount, "-0.00", signed=True) == "negative_zero"
    assert refusal(strict.amount, "-1") == "negative"


def test_quantities_end_at_32_bits() -> None:
    assert strict.quantity(2**31 - 1) == strict.quantity("2147483647") == 2147483647
    assert refusal(strict.quantity, 2**31) == refusal(strict.quantity, "2147483648") == "range"
    assert refusal(strict.quantity, "9" * 5000) == "range"
    assert strict.quantity(-3, signed=True) == -3
    assert refusal(strict.quantity, -3) == "negative"
    for value in (1.0, True, None, "1.0", "１", " 1", "1e1", ""):
        assert refusal(strict.quantity, value) == "integer"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2025-06-01T20:00:00+08:00", datetime(2025, 6, 1, 12, tzinfo=UTC)),
        ("2025-06-01 20:00", datetime(2025, 6, 1, 12, tzinfo=UTC)),
        ("2025-06-01T12:00:00Z", datetime(2025, 6, 1, 12, tzinfo=UTC)),
        ("2025-06-01T12:00:00.1234567Z", datetime(2025, 6, 1, 12, 0, 0, 123456, tzinfo=UTC)),
        ("1990-09-16 01:30:00", datetime(1990, 9, 15, 16, 30, tzinfo=UTC)),  # happened twice: the first
        ("1991-06-01 12:00:00", datetime(1991, 6, 1, 3, tzinfo=UTC)),  # summer time
        ("2100-12-31T23:59:59-14:00", datetime(2101, 1, 1, 13, 59, 59, tzinfo=UTC)),
    ],
)
def test_instants(text: str, expected: datetime) -> None:
    found = strict.instant(text)
    assert found == expected
    assert found.utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("1990-04-15 02:30:00", "gap"),
        ("1991-04-14 02:00:00", "gap"),
        ("0001-01-01T00:00:00+14:00", "year"),
        ("9999-12-31T23:59:59-12:00", "year"),
        ("1989-12-31 23:59:59", "year"),
        ("2025-02-30 00:00:00", "time"),
        ("2025-06-01T24:00:00", "time"),
        ("2025-06-01T20:00:00+15:00", "time"),
        ("2025-06-01", "time"),
        ("2025-W23-7T20:00:00", "time"),
        ("20250601T200000", "time"),
        ("２０25-06-01 20:00:00", "time"),
        ("", "time"),
    ],
)
def test_instants_refused(text: str, code: str) -> None:
    assert refusal(strict.instant, text) == code
    assert refusal(strict.instant, 1_700_000_000) == "type"


def test_gaps_are_those_of_the_zone() -> None:
    london = strict.zone("Europe/London")
    assert refusal(strict.instant, "2011-03-27 01:30:00", london) == "gap"
    assert strict.instant("2011-10-30 01:30:00", london) == datetime(2011, 10, 30, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "value", [1_748_779_200, 1_748_779_200_000, "1748779200", "1748779200000", 1_748_779_200.0]
)
def test_stamps_in_seconds_and_milliseconds(value: object) -> None:
    assert strict.stamp(value) == datetime(2025, 6, 1, 12, tzinfo=UTC)
    assert strict.moment(value) == datetime(2025, 6, 1, 12, tzinfo=UTC)


def test_a_moment_is_a_stamp_or_text() -> None:
    assert strict.moment("2025-06-01T20:00:00") == datetime(2025, 6, 1, 12, tzinfo=UTC)
    assert refusal(strict.moment, 10**11) == "time"
    assert refusal(strict.moment, None) == "type"


@pytest.mark.parametrize(
    "value", [0, -1, True, "", "1e9", 10**11, 10**15, 2**80, float("nan"), float("inf"), None]
)
def test_stamps_refused(value: object) -> None:
    assert refusal(strict.stamp, value) == "time"


def test_codes_and_texts() -> None:
    assert strict.code("  85123A ", 8) == "85123A"
    assert strict.code("85123a", 8) == "85123a"
    assert refusal(strict.code, "123456789", 8) == "too_long"
    for bad in ("a\0", "a\nb", "a\ud800", "a\u200bb", "a\u202eb", "a\u3000b"):
        assert refusal(strict.code, bad, 64) == "characters"
    assert strict.text(" 连衣裙👨‍👩‍👧　夏 ", 64) == "连衣裙👨‍👩‍👧　夏"
    for bad in ("a\0", "a\tb", "a\ud800", "a\x85b", "a\u2028b"):
        assert refusal(strict.text, bad, 64) == "characters"


@pytest.mark.parametrize(
    "text",
    [
        "1.23457E+17",
        "1,23457E+17",
        "6.91752839123457e+18",
        "1E+17",
        "479012345678901234.0",
        "123457000000000000",
        "6917528391234560000",
        "1234567890123000",
    ],
)
def test_ids_ruined_by_a_spreadsheet(text: str) -> None:
    assert refusal(strict.identifier, text, 64) == "id_ruined"
    if text.isdigit():  # text that no spreadsheet has touched may end so
        assert strict.identifier(text, 64, trust=True) == text
    else:
        assert refusal(strict.identifier, text, 64, trust=True) == "id_ruined"


@pytest.mark.parametrize(
    "text",
    [
        "6917528391234567891",
        "123456789012300",
        "C536379",
        "5E12345",
        "1E17",
        "2025060100000000001",
        "A1000000000000000",
        "1.5",
    ],
)
def test_other_ids(text: str) -> None:
    assert strict.identifier(f" {text} ", 64) == text


@pytest.mark.parametrize("number", [1, 123456789012345000, 1.23457e17, True, None])
def test_an_id_is_text(number: object) -> None:
    assert refusal(strict.identifier, number, 64) == "type"


@pytest.mark.parametrize(
    "name", ["", "Asia", "Asia/Nowhere", "../etc/passwd", "leapseconds", "Asia/Shanghai\0", 8, "A" * 65]
)
def test_zones_refused(name: object) -> None:
    assert refusal(strict.zone, name) == "timezone"


def test_the_quick_way_of_china_is_that_of_its_zone() -> None:
    for year in (1991, 1992, 2025, 2100):
        for month in range(1, 13):
            moment = datetime(year, month, 15, 0, 30, 12)  # noqa: DTZ001  # as a clock on a wall shows it
            assert strict.to_utc(moment) == moment.replace(tzinfo=strict.SHANGHAI).astimezone(UTC)


def test_an_object_of_many_keys_is_refused_at_once_when_its_last_stands_twice() -> None:
    keys = ",".join(f'"k{number}":1' for number in range(20_000))
    begun = time.process_time()
    with pytest.raises(StrictError) as refused:
        strict.load_json(f'{{{keys},"k19999":1}}'.encode(), max_bytes=MIB)
    assert (refused.value.code, refused.value.field) == ("duplicate_key", "k19999")
    assert time.process_time() - begun < ONE_SECOND
