"""What the doors say to bad input: status and code, and the field and row they name; nothing of it is stored.

The verdicts stand in the tables here, which are gone through on both databases.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.utils import translation

from core.clock import DAY, HOUR, now
from core.models import Unresolved
from livestreams.choices import SessionState
from livestreams.models import LiveSession
from supplychain.importing.mapping import FIELD_NAMES
from supplychain.models import SalesEvent
from tests.contracts.doors import DOORS, FILES, OF_FILES, Says, as_csv, call, nothing_stored, said
from tests.contracts.matrix import Matrix
from tests.contracts.objects import ABSENT_UID
from tests.factories import make_session

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
DEEP = 100_000
ROW = {
    "kind": "paid", "order_no": "G1", "line_no": "1", "qty": 1, "amount": "10.00",
    "occurred_at": "2025-06-01T20:00:00Z",
}  # fmt: skip
# In the second of three rows, through every door: what it is, the field, its value, the code.
CELLS = [
    ("an exponent", "amount", "1e3", "amount"),
    ("full-width digits", "amount", "１２.５０", "amount"),
    ("a full-width number of pieces", "qty", "１", "integer"),
    ("2^31 pieces", "qty", 2**31, "range"),
    ("an id that Excel has ruined", "order_no", "1.23457E+17", "id_ruined"),
    ("an over-long id", "order_no", "x" * 65, "too_long"),
    ("no id", "order_no", "", "required"),
    ("no such day", "occurred_at", "2025-02-30T10:00:00", "time"),
    ("tomorrow", "occurred_at", (now() + DAY).isoformat(), "future"),
]


# Bodies of order lines: through which door, what it is, the body, the verdict.
GOOD = json.dumps(ROW)
TWICE = GOOD[:-1] + ', "amount": "2.00"}'
RUINED = json.dumps(ROW | {"order_no": 1.23457e17})
CHINESE = ROW | {"title": "连衣裙"}
NUL, HALF = ROW | {"order_no": "A\0B"}, ROW | {"order_no": "A\ud800"}
HEADER, LINE = as_csv([ROW]).decode().splitlines(keepends=True)
TOO_MANY = [ROW] * 5_001
BODIES = [
    ("json", "nothing", b"", Says(400, "empty")),
    ("json", "no rows", b"[]", Says(400, "empty")),
    ("json", "one row alone", GOOD, Says(400, "not_a_list")),
    ("json", "5,001 rows", json.dumps(TOO_MANY), Says(413, "too_large")),
    ("json", "more than 8 MiB", b" " * 2**23 + b"[]", Says(413, "too_large")),
    ("json", "very deep", "[" * DEEP, Says(400, "too_deep")),
    ("json", "GBK", json.dumps([CHINESE], ensure_ascii=False).encode("gbk"), Says(400, "not_utf8")),
    ("json", "a key twice", f"[{GOOD}, {TWICE}]", Says(400, "duplicate_key", "amount", 2)),
    ("json", "NUL", json.dumps([ROW, NUL]), Says(400, "characters", "order_no", 2)),
    ("json", "half a surrogate pair", json.dumps([ROW, HALF]), Says(400, "characters", "order_no", 2)),
    ("json", "a ruined number", f"[{GOOD}, {RUINED}]", Says(400, "type", "order_no", 2)),
    ("ndjson", "nothing", b" \n", Says(400, "empty")),
    ("ndjson", "5,001 rows", "\n".join(map(json.dumps, TOO_MANY)), Says(413, "too_large")),
    ("ndjson", "a very deep row", GOOD + "\n" + "[" * DEEP, Says(400, "too_deep", "", 2)),
    ("ndjson", "GBK", json.dumps(CHINESE, ensure_ascii=False).encode("gbk"), Says(400, "not_utf8")),
    ("ndjson", "a key twice", f"{GOOD}\n{TWICE}", Says(400, "duplicate_key", "amount", 2)),
    ("ndjson", "NUL", f"{GOOD}\n{json.dumps(NUL)}", Says(400, "characters", "order_no", 2)),
    ("ndjson", "half a surrogate", f"{GOOD}\n{json.dumps(HALF)}", Says(400, "characters", "order_no", 2)),
    ("csv", "nothing", b"", Says(400, "empty")),
    ("csv", "no rows", HEADER, Says(400, "empty")),
    ("csv", "5,001 rows", as_csv(TOO_MANY), Says(413, "too_large")),
    ("csv", "GBK", as_csv([CHINESE]).decode().encode("gbk"), Says(400, "not_utf8")),
    ("csv", "a field twice", HEADER.replace("qty", "amount,qty") + LINE, Says(400, "duplicate_key", "amount")),
    ("csv", "NUL", as_csv([ROW, NUL]), Says(400, "characters", "order_no", 2)),
    *(
        (door, what, body, Says(413 if code == "too_large" else 400, code))
        for door in FILES
        for what, body, code in [
            ("nothing", b"", "empty"),
            ("no rows", HEADER, "empty"),
            ("too much", HEADER + LINE * 30_000, "too_large"),
            ("an endless line", HEADER.encode() + b"x" * 2**20, "line_too_long"),
            ("NUL", as_csv([ROW, NUL]), "binary"),
            ("half a surrogate pair", as_csv([ROW]) + b"\xed\xa0\x80", "encoding"),
            ("GBK and UTF-8", as_csv([CHINESE]) + "连衣裙".encode("gbk"), "encoding"),
            ("an old workbook", bytes.fromhex("d0cf11e0a1b11ae1") + b"0" * 600, "old_workbook"),
            ("half a workbook", b"PK\x03\x04 not a workbook", "workbook"),
            ("JSON", "[" * DEEP, "unknown_headers"),
            ("another table", b"a,b\n1,2\n", "unknown_headers"),
        ]
    ),
]  # fmt: skip
# The other writing calls of the API: whose body is changed, what that is, the change, the verdict.
KEY, FOREIGN = "wrong key", "foreign session"
THEIRS = {"room": "beta-room-0", "host": "beta-a-host", "tenant": "beta-a"}
CALLS = [
    *(("booking", f"a foreign {name}", {name: code}, Says(400, "absent", name)) for name, code in THEIRS.items()),
    ("booking", "in the past", {"starts_at": -48, "ends_at": -47}, Says(400, "past", "starts_at")),
    ("booking", "what is taken", {"starts_at": 0, "ends_at": 1}, Says(409, "overlap", "starts_at")),
    ("booking", "an end before the start", {"ends_at": 100}, Says(400, "order", "ends_at")),
    ("booking", "NUL", {"purpose": "a\0b"}, Says(400, "nul", "purpose")),
    ("booking", "half a surrogate pair", {"purpose": "a\udc00"}, Says(400, "surrogate", "purpose")),
    ("session", "a foreign host", {"host": "beta-a-host"}, Says(400, "absent", "host")),
    ("session", "an absent booking", {"booking": ABSENT_UID}, Says(400, "absent", "booking")),
    ("session", "a start to come", {"started_at": 200}, Says(400, "future", "started_at")),
    ("session", "a ruined id", {"platform_live_id": "1.23457E+17"}, Says(400, "id_ruined", "platform_live_id")),
    ("session", "an id as a number", {"platform_live_id": 123}, Says(400, "type", "platform_live_id")),
    ("end", "before the start", {"ended_at": -200}, Says(400, "order", "ended_at")),
    ("end", "to come", {"ended_at": 200}, Says(400, "future", "ended_at")),
    ("end", "of a foreign session", FOREIGN, Says(404, "not_found")),
    ("samples", "of a foreign session", FOREIGN, Says(404, "not_found")),
    ("samples", "to come", {"at": 200}, Says(400, "future", "at", 2)),
    ("samples", "2^31 viewers", {"concurrent": 2**31}, Says(400, "range", "readings.concurrent", 2)),
    ("samples", "full-width digits", {"likes": "１"}, Says(400, "integer", "readings.likes", 2)),
    ("samples", "a float", {"likes": 1e3}, Says(400, "integer", "readings.likes", 2)),
    ("samples", "no time", {"at": "soon"}, Says(400, "time", "readings.at", 2)),
    *(
        (name, *more)
        for name in ("booking", "session", "end", "samples")
        for more in [
            ("a wrong key", KEY, Says(401, "authentication_failed")),
            ("very deep", '{"a":' * DEEP, Says(400, "too_deep")),
            ("a key twice", '{"a": [{"b": 1}, {"b": 1, "b": 2}]}', Says(400, "duplicate_key", "a.b", 2)),
            ("GBK", '{"title": "连衣裙"}'.encode("gbk"), Says(400, "not_utf8")),
            ("a list", "[]", Says(400, "invalid", "non_field_errors")),
        ]
    ),
]  # fmt: skip


def of_lines(matrix: Matrix, door: str, body: bytes | str, folder: Path) -> Says:
    found = body.encode() if isinstance(body, str) else body
    return nothing_stored(OF_FILES if door in FILES else (), lambda: DOORS[door].send(matrix, found, folder))


@pytest.mark.parametrize("name", DOORS)
def test_a_bad_row_is_named_and_its_batch_refused(matrix: Matrix, name: str, tmp_path: Path) -> None:
    door, found, expected = DOORS[name], {}, {}
    for what, field, value, code in CELLS:
        rows = [ROW, ROW | {"order_no": "G2", field: value}, ROW | {"order_no": "G3"}]
        found[what] = of_lines(matrix, name, door.write(rows), tmp_path)
        # What the ledger refuses of a file it names in words: the file need not have a column of that name.
        with translation.override("en" if name == "command" else "zh-hans"):
            named = str(FIELD_NAMES[field]) if name in FILES and code == "future" else field
        expected[what] = Says(door.refused, code, named, door.second_row)
    assert found == expected


@pytest.mark.parametrize("name", DOORS)
def test_a_bad_body_is_refused(matrix: Matrix, name: str, tmp_path: Path, settings: Any) -> None:
    settings.LIVEPARK_BYTES_PER_UPLOAD = 2**20 + 2**10
    cases = [case for case in BODIES if case[0] == name]
    found = {what: of_lines(matrix, name, body, tmp_path) for _name, what, body, _says in cases}
    assert found == {what: says for _name, what, _body, says in cases}


@pytest.mark.parametrize("name", DOORS)
def test_unknown_and_foreign_references_are_kept_and_queued(
    matrix: Matrix, name: str, tmp_path: Path
) -> None:
    foreign, mine = matrix.beta.tenants[0], matrix.alpha.tenants[0].tenant
    sku, session = foreign.skus[0].code, str(foreign.session.uid)
    rows = [ROW | {"order_no": "K1", "sku_code": "unknown", "session_ref": "unknown"}]
    rows += [ROW | {"order_no": "K2", "sku_code": sku, "session_ref": session}]
    with transaction.atomic():
        assert DOORS[name].send(matrix, DOORS[name].write(rows), tmp_path).code == ""
        stored = SalesEvent.objects.filter(seller=mine, order_no__in=("K1", "K2"))
        assert list(stored.values_list("sku", "session").order_by("order_no")) == [(None, None)] * 2
        queued = Unresolved.objects.filter(node=mine.node, reference__in=("unknown", sku, session))
        assert sorted(queued.values_list("kind", "reference")) == sorted(
            [("sku", "unknown"), ("session", "unknown"), ("sku", sku), ("session", session)]
        )
        transaction.set_rollback(True)


@pytest.mark.parametrize("name", FILES)
def test_a_file_in_gbk_needs_no_hint(matrix: Matrix, name: str, tmp_path: Path) -> None:
    with transaction.atomic():
        body = as_csv([CHINESE]).decode().encode("gbk")
        assert DOORS[name].send(matrix, body, tmp_path) == Says("imported", "")
        assert SalesEvent.objects.get(order_no="G1").title == "连衣裙"
        transaction.set_rollback(True)


def asked(matrix: Matrix, live: LiveSession, name: str, change: Any) -> Any:
    """The answer to a good call with a change: other values, or another body, session or key.

    Times are hours after the start of a booking.
    """
    mine, theirs = matrix.alpha.tenants[0], matrix.beta.tenants[0]
    start, tenant = mine.booking.starts_at, mine.tenant.code
    changed = change if isinstance(change, dict) else {}
    uid = theirs.session.uid if change == FOREIGN else live.uid
    reading = {"at": live.started_at.isoformat(), "concurrent": 1}  # type: ignore[union-attr]

    def told(values: dict[str, Any]) -> dict[str, Any]:
        given = {**values, **changed}
        times = {key for key, value in given.items() if key.endswith("at") and isinstance(value, int)}
        return {**given, **{key: (start + given[key] * HOUR).isoformat() for key in times}}

    path, body = {
        "booking": ("bookings", {"tenant": tenant, "room": "alpha-room-0", "starts_at": 192, "ends_at": 193}),
        "session": ("live-sessions", {"tenant": tenant, "platform": "douyin", "started_at": -48}),
        "end": (f"live-sessions/{uid}/end", {}),
        "samples": (f"live-sessions/{uid}/samples", reading),
    }[name]
    sent: Any = told(body)
    if name == "samples":
        sent = {"source": "obs", "readings": [reading, sent]}
    whole = isinstance(change, str | bytes) and change not in (KEY, FOREIGN)
    raw = change if whole else json.dumps(sent)
    body = raw.encode() if isinstance(raw, str) else raw
    return call(matrix, path, body, key="wrong" if change == KEY else "")


@pytest.fixture
def live(matrix: Matrix) -> LiveSession:
    return make_session(matrix.alpha.tenants[0].tenant, starts_at=now() - HOUR, state=SessionState.LIVE)


def test_bad_calls_are_refused(matrix: Matrix, live: LiveSession) -> None:
    found = {
        (name, what): nothing_stored(
            (), lambda name=name, change=change: said(asked(matrix, live, name, change))
        )
        for name, what, change, _says in CALLS
    }
    assert found == {(name, what): says for name, what, _change, says in CALLS}


@pytest.mark.parametrize("name", ["booking", "session", "end", "samples"])
def test_without_the_change_these_calls_are_good(matrix: Matrix, live: LiveSession, name: str) -> None:
    assert asked(matrix, live, name, {}).status_code in (200, 201)


@pytest.mark.parametrize("name", DOORS)
def test_without_the_bad_row_these_batches_are_good(matrix: Matrix, name: str, tmp_path: Path) -> None:
    body = DOORS[name].write([ROW, ROW | {"order_no": "G2"}, ROW | {"order_no": "G3"}])
    assert DOORS[name].send(matrix, body, tmp_path).code == ""
