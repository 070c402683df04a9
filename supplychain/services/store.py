"""How facts get into the ledger: the key first, which says whether a fact is new, then the row.

PostgreSQL takes both by COPY. A batch that holds a known key is rare: COPY stops at it, and only then the
slower INSERT ... ON CONFLICT tells which keys are new. SQLite has one writer and inserts row by row, which it
is good at. Values are texts and integers that mean the same on both; the connection's time zone is UTC.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from django.db import IntegrityError, connection, transaction

from core.money import to_units
from supplychain.services.lines import Line

SCHEMA_VERSION = 1
KEY_COLUMNS = ("id", "seller_id", "source", "external_id", "version", "content_hash", "slot")
EVENT_COLUMNS = (
    "id", "seller_id", "owner_id", "source", "external_id", "version", "kind", "line_type", "order_no", "line_no",
    "ref_order_no", "ref_line", "sku_code", "sku_id", "title", "quantity", "amount", "currency", "amount_foreign",
    "rate", "rate_day", "occurred_at", "received_at", "business_day", "slot", "channel", "session_ref",
    "session_id", "host_ref", "owner_ref", "destination", "customs_mode", "schema_version", "import_batch_id",
)  # fmt: skip
CLAIM_POSTGRES = """
    INSERT INTO supplychain_saleseventkey (id, seller_id, source, external_id, version, content_hash, slot)
    SELECT * FROM unnest(
        %s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::int[], %s::bytea[], %s::bigint[]
    )
    ON CONFLICT DO NOTHING RETURNING id"""
CLAIM_SQLITE = """
    INSERT INTO supplychain_saleseventkey (id, seller_id, source, external_id, version, content_hash, slot)
    VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING"""
# Ids are taken in blocks: a call of the sequence for each line would cost as much as writing its key.
IDS_PER_BLOCK = 10_000


def insert_rows(table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Insert plain rows as fast as the database takes them."""
    names = ", ".join(columns)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with connection.wrap_database_errors, cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        else:
            places = ", ".join(["%s"] * len(columns))
            cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({places})", rows)  # noqa: S608


def insert_events(
    seller_id: int, source: str, lines: Iterable[Line], *, received_at: datetime, batch_id: int | None
) -> None:
    """Write the ledger rows of lines that have their id, owner, SKU and session."""
    received = str(received_at.astimezone(UTC))[:-6]
    rows = (_event_row(line, seller_id, source, received, batch_id) for line in lines)
    insert_rows("supplychain_salesevent", EVENT_COLUMNS, rows)


def _event_row(
    line: Line, seller_id: int, source: str, received: str, batch_id: int | None
) -> tuple[object, ...]:
    fact = line.fact
    hour = line.hour
    moment = fact.occurred_at.astimezone(UTC)
    fraction = f".{moment.microsecond:06d}" if moment.microsecond else ""
    foreign = fact.amount_foreign
    return (
        line.id,
        seller_id,
        line.owner_id,
        source,
        fact.external_id,
        fact.version,
        fact.kind,
        fact.line_type,
        fact.order_no,
        fact.line_no,
        fact.ref_order_no,
        fact.ref_line,
        fact.sku_code,
        line.sku_id,
        fact.title,
        fact.qty,
        line.amount,
        fact.currency,
        None if foreign is None else to_units(foreign),
        None if line.rate is None else str(line.rate),
        None if line.rate_day is None else line.rate_day.isoformat(),
        f"{hour.text}:{moment.minute:02d}:{moment.second:02d}{fraction}",
        received,
        hour.day_text,
        hour.slot,
        fact.channel,
        fact.session_ref,
        line.session_id,
        fact.host_ref,
        fact.owner,
        fact.destination,
        fact.customs_mode,
        SCHEMA_VERSION,
        batch_id,
    )


def claim_keys(seller_id: int, source: str, lines: Sequence[Line]) -> list[Line]:
    """Write the keys of lines, giving each line an id; returns the lines whose key was not known.

    The keys of a call must differ. They are written in their own order, so that two batches with the same
    keys wait for each other and never in a circle.
    """
    ordered = sorted(lines, key=lambda line: (line.fact.external_id, line.fact.version))
    if not ordered:
        return []
    rows = _KeyRows(seller_id, source, ordered)
    if connection.vendor != "postgresql":
        return _claim_one_by_one(ordered, rows)
    _number_in_blocks(ordered)
    try:
        with transaction.atomic():
            insert_rows("supplychain_saleseventkey", KEY_COLUMNS, rows)
    except IntegrityError:
        return _claim_unknown(ordered, rows)
    return ordered


class _KeyRows:
    """The rows of the key table; iterated once more where the quick way was not open."""

    def __init__(self, seller_id: int, source: str, lines: Sequence[Line]) -> None:
        self.seller_id, self.source, self.lines = seller_id, source, lines

    def __iter__(self) -> Iterator[tuple[object, ...]]:
        for line in self.lines:
            fact = line.fact
            yield (
                line.id,
                self.seller_id,
                self.source,
                fact.external_id,
                fact.version,
                line.content_hash,
                line.slot,
            )


def _number_in_blocks(lines: Sequence[Line]) -> None:
    blocks = -(-len(lines) // IDS_PER_BLOCK)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence('supplychain_saleseventkey', 'id')) FROM generate_series(1, %s)",
            [blocks],
        )
        starts = [number * IDS_PER_BLOCK for (number,) in cursor.fetchall()]
    for place, line in enumerate(lines):
        line.id = starts[place // IDS_PER_BLOCK] + place % IDS_PER_BLOCK


def _claim_unknown(lines: Sequence[Line], rows: _KeyRows) -> list[Line]:
    with connection.cursor() as cursor:
        cursor.execute(CLAIM_POSTGRES, [list(column) for column in zip(*rows, strict=True)])
        written = {number for (number,) in cursor.fetchall()}
    return [line for line in lines if line.id in written]


def _claim_one_by_one(lines: Sequence[Line], rows: _KeyRows) -> list[Line]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT COALESCE(MAX(id), 0) FROM supplychain_saleseventkey")
        highest = cursor.fetchone()[0]
        for place, line in enumerate(lines, 1):
            line.id = highest + place
        cursor.executemany(CLAIM_SQLITE, rows)
        cursor.execute("SELECT id FROM supplychain_saleseventkey WHERE id > %s", [highest])
        written = {number for (number,) in cursor.fetchall()}
    return [line for line in lines if line.id in written]


class Key(NamedTuple):
    """A row of the key table."""

    id: int
    external_id: str
    version: int
    content_hash: bytes
    slot: int


def known_keys(seller_id: int, source: str, external_ids: Iterable[str]) -> list[Key]:
    """Every version of some external ids."""
    rows = _select_among(
        "SELECT id, external_id, version, content_hash, slot FROM supplychain_saleseventkey "
        "WHERE seller_id = %s AND source = %s AND external_id",
        [seller_id, source],
        external_ids,
    )
    return [Key(number, name, version, bytes(found), slot) for number, name, version, found, slot in rows]


def slots_of_cancellations(seller_id: int, source: str, order_nos: Iterable[str]) -> set[int]:
    """The buckets of all cancellations of some orders: what those are worth depends on the order's other facts."""
    rows = _select_among(
        "SELECT DISTINCT slot FROM supplychain_salesevent "
        "WHERE seller_id = %s AND kind = 'cancelled' AND source = %s AND order_no",
        [seller_id, source],
        order_nos,
    )
    return {slot for (slot,) in rows}


def _select_among(statement: str, parameters: Sequence[Any], values: Iterable[str]) -> list[tuple[Any, ...]]:
    """The rows of a statement whose last column holds one of any number of values, passed as one parameter."""
    if connection.vendor == "postgresql":
        condition, among = "= ANY(%s)", list(values)
    else:
        condition, among = "IN (SELECT value FROM json_each(%s))", json.dumps(list(values))
    with connection.cursor() as cursor:
        cursor.execute(f"{statement} {condition}", [*parameters, among])
        return list(cursor.fetchall())
