"""How facts get into the ledger: the key first, which says whether a fact is new, then the row.

PostgreSQL takes both by COPY. A batch that holds a known key is rare: COPY stops at it, and only then the
slower INSERT ... ON CONFLICT tells which keys are new. SQLite has one writer and takes the rows by the hundred.
Values are texts and integers that mean the same on both; the connection's time zone is UTC.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import chain, islice
from typing import Any, NamedTuple

from django.db import IntegrityError, connection, transaction

from core.money import to_units
from supplychain.among import among, array_text, select_among
from supplychain.exceeding import CURRENT
from supplychain.models import SalesEvent, SalesEventKey
from supplychain.services.lines import Line

SCHEMA_VERSION = 1
KEY_COLUMNS = ("id", "seller_id", "source", "external_id", "version", "content_hash", "slot")
EVENT_COLUMNS = (
    "id", "seller_id", "owner_id", "source", "external_id", "version", "kind", "line_type", "order_no", "line_no",
    "ref_order_no", "ref_line", "sku_code", "sku_id", "title", "quantity", "amount", "currency", "amount_foreign",
    "rate", "rate_day", "occurred_at", "received_at", "business_day", "slot", "channel", "session_ref",
    "session_id", "host_ref", "owner_ref", "destination", "customs_mode", "schema_version", "import_batch_id",
)  # fmt: skip
# Ids are taken in blocks: a call of the sequence for each line would cost as much as writing its key.
IDS_PER_BLOCK = 10_000
# What stands for NULL in a COPY: no text of a fact is this.
NOTHING = "\1"
# So few that their text is still in the processor's cache when it is sent; the server takes it while the next is made.
ROWS_PER_BLOCK = 100
# SQLite journals the pages of each statement, to roll it back alone, and at its end reads the journal of the whole
# savepoint: with a row a statement, a batch that outgrows the cache took minutes.
ROWS_PER_STATEMENT = 100
# The planner of PostgreSQL is not told which seller: of one that is new it knows no rows, and would read all of them,
# by the index of its hours, for each of its orders.
SELLER = "seller_id = (SELECT %s)"
ESCAPED = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
# Below that the round trips of COPY cost more than it saves.
COPY_FROM = 1_000
NEXT_BLOCK = "SELECT nextval(pg_get_serial_sequence('supplychain_saleseventkey', 'id')) * 10000"
CLAIM_POSTGRES = """
    WITH block AS (SELECT nextval(pg_get_serial_sequence('supplychain_saleseventkey', 'id')) * 10000 AS start)
    INSERT INTO supplychain_saleseventkey (id, seller_id, source, external_id, version, content_hash, slot)
    SELECT block.start + line.place - 1, %s, %s, line.external_id, line.version, decode(line.hash, 'hex'), line.slot
    FROM block, unnest(%s::text[], %s::int[], %s::text[], %s::bigint[]) WITH ORDINALITY
        AS line (external_id, version, hash, slot, place)
    ORDER BY line.place
    ON CONFLICT DO NOTHING RETURNING id"""


def insert_rows(table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Insert plain rows as fast as the database takes them."""
    names = ", ".join(columns)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            statement = f"COPY {table} ({names}) FROM STDIN WITH (NULL '{NOTHING}')"
            with connection.wrap_database_errors, cursor.copy(statement) as copy:
                rest = iter(rows)
                while block := list(islice(rest, ROWS_PER_BLOCK)):
                    copy.write(copy_text(block, len(columns)))
        else:
            _insert_by_statements(cursor, table, columns, list(rows))


def _insert_by_statements(
    cursor: Any, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]], ending: str = ""
) -> None:
    """Two statements, both kept prepared: many rows at once, and what is left one by one."""
    places = f"({', '.join(['%s'] * len(columns))})"
    whole = len(rows) - len(rows) % ROWS_PER_STATEMENT
    blocks = [
        tuple(chain.from_iterable(rows[start : start + ROWS_PER_STATEMENT]))
        for start in range(0, whole, ROWS_PER_STATEMENT)
    ]
    for count, parameters in ((ROWS_PER_STATEMENT, blocks), (1, rows[whole:])):
        if parameters:
            values = ", ".join([places] * count)
            statement = f"INSERT INTO {table} ({', '.join(columns)}) VALUES {values} {ending}"  # noqa: S608
            cursor.executemany(statement, parameters)


def copy_text(rows: Sequence[Sequence[Any]], columns: int) -> str:
    """Rows of texts and integers as COPY reads them: much quicker than handing them over cell by cell.

    Hardly any text holds a control character, so the rows are joined as they are, and only where that shows more
    cells than there are is each escaped.
    """
    texts = [[NOTHING if cell is None else str(cell) for cell in row] for row in rows]
    text = "".join(["\t".join(row) + "\n" for row in texts])
    if text.count("\t") == len(rows) * (columns - 1) and text.count("\n") == len(rows) and "\r" not in text:
        return text.replace("\\", "\\\\")
    return "".join(["\t".join([cell.translate(ESCAPED) for cell in row]) + "\n" for row in texts])


def instant_text(at: datetime) -> str:
    """An instant as a text that means the same on every database."""
    return str(at.astimezone(UTC))[:-6]


def insert_events(
    seller_id: int, source: str, lines: Iterable[Line], *, received_at: datetime, batch_id: int | None
) -> None:
    """Write the ledger rows of lines that have their id, owner, SKU and session."""
    received = instant_text(received_at)
    rows = (event_row(line, seller_id, source, received, batch_id) for line in lines)
    insert_rows("supplychain_salesevent", EVENT_COLUMNS, rows)


def event_row(
    line: Line, seller_id: int, source: str, received: str, batch_id: int | None
) -> tuple[object, ...]:
    """The row of a line in the ledger: texts and integers that mean the same on every database."""
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
    if connection.vendor != "postgresql":
        return _claim_on_sqlite(seller_id, source, ordered)
    parts = (ordered[start : start + IDS_PER_BLOCK] for start in range(0, len(ordered), IDS_PER_BLOCK))
    return [line for part in parts for line in _claim_block(seller_id, source, part)]


def key_rows(seller_id: int, source: str, lines: Iterable[Line]) -> Iterator[tuple[Any, ...]]:
    """The rows of lines in the key table. The hash is for PostgreSQL the text that COPY takes for it."""
    copied = connection.vendor == "postgresql"
    for line in lines:
        fact = line.fact
        told = line.content_hash
        found = "\\x" + told.hex() if copied else told
        yield line.id, seller_id, source, fact.external_id, fact.version, found, line.hour.slot


def _claim_block(seller_id: int, source: str, lines: Sequence[Line]) -> Sequence[Line]:
    if len(lines) < COPY_FROM:
        return _claim_unknown(seller_id, source, lines)
    with connection.cursor() as cursor:
        cursor.execute(NEXT_BLOCK)
        start = cursor.fetchone()[0]
    for number, line in enumerate(lines, start):
        line.id = number
    try:
        with transaction.atomic():
            insert_rows("supplychain_saleseventkey", KEY_COLUMNS, key_rows(seller_id, source, lines))
    except IntegrityError:
        return _claim_unknown(seller_id, source, lines)
    return lines


def _claim_unknown(seller_id: int, source: str, lines: Sequence[Line]) -> list[Line]:
    columns: tuple[list[Any], ...] = (
        [line.fact.external_id for line in lines],
        [line.fact.version for line in lines],
        [line.content_hash.hex() for line in lines],
        [line.hour.slot for line in lines],
    )
    with connection.cursor() as cursor:
        cursor.execute(CLAIM_POSTGRES, [seller_id, source, *map(array_text, columns)])
        written = sorted(number for (number,) in cursor.fetchall())
    fresh = [lines[number % IDS_PER_BLOCK] for number in written]
    for line, number in zip(fresh, written, strict=True):
        line.id = number
    return fresh


def _claim_on_sqlite(seller_id: int, source: str, lines: Sequence[Line]) -> list[Line]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT COALESCE(MAX(id), 0) FROM supplychain_saleseventkey")
        highest = cursor.fetchone()[0]
        for place, line in enumerate(lines, 1):
            line.id = highest + place
        rows = list(key_rows(seller_id, source, lines))
        _insert_by_statements(
            cursor, "supplychain_saleseventkey", KEY_COLUMNS, rows, "ON CONFLICT DO NOTHING"
        )
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
    rows = select_among(
        "SELECT id, external_id, version, content_hash, slot FROM supplychain_saleseventkey "
        "WHERE seller_id = %s AND source = %s AND external_id",
        [seller_id, source],
        external_ids,
    )
    return [Key(number, name, version, bytes(found), slot) for number, name, version, found, slot in rows]


def told_before(seller_id: int, source: str, external_ids: Iterable[str], first_id: int) -> list[int]:
    """The ids of what was said of some external ids before a batch whose ids begin at `first_id`.

    For a batch that holds the facts of its seller alone: then every other fact of theirs has a lower id.
    """
    # "+ 0": no index of ids, which would be read from its beginning, answers this.
    rows = select_among(
        "SELECT id FROM supplychain_saleseventkey WHERE seller_id = %s AND source = %s AND id + 0 < %s AND external_id",
        [seller_id, source, first_id],
        external_ids,
    )
    return [number for (number,) in rows]


def facts_of_orders(seller_id: int, source: str, order_nos: Iterable[str]) -> list[SalesEvent]:
    """What counts of all that a source told of some orders, in the order in which it was told.

    By the orders in one go: PostgreSQL, where it believes the ledger empty, reads all of it for a list of ids.
    """
    statement = (
        f"SELECT event.* FROM supplychain_salesevent AS event "  # noqa: S608
        f"WHERE {CURRENT} AND event.{SELLER} AND event.source = %s AND event.order_no"
    )
    found = SalesEvent.objects.raw(*among(statement, [seller_id, source], order_nos))
    return sorted(found, key=lambda event: event.pk)


def sources_of(seller_id: int) -> list[str]:
    """The sources that have told facts of a seller: one look at the index of the keys for each."""
    found = [""]
    keys = SalesEventKey.objects.filter(seller=seller_id).order_by("source").values_list("source", flat=True)
    while (following := keys.filter(source__gt=found[-1]).first()) is not None:
        found.append(following)
    return found[1:]


def paid_orders(seller_id: int, sources: Collection[str], order_nos: Iterable[str]) -> set[str]:
    """Which of some orders one of some sources has told a payment of, also one that was corrected since."""
    places = ", ".join(["%s"] * len(sources))
    rows = select_among(
        f"SELECT order_no FROM supplychain_salesevent "  # noqa: S608
        f"WHERE {SELLER} AND kind = 'paid' AND source IN ({places}) AND order_no",
        [seller_id, *sources],
        order_nos,
    )
    return {number for (number,) in rows}


def slots_of_cancellations(seller_id: int, order_nos: Iterable[str]) -> set[int]:
    """The buckets of all cancellations of some numbers: what those are worth depends on the order's other facts."""
    return _slots("supplychain_sales_cancelled", "kind = 'cancelled'", "order_no", [seller_id], order_nos)


def slots_of_refunds(seller_id: int, order_nos: Iterable[str], *, beside: str | None = None) -> set[int]:
    """The buckets of all refunds that name some numbers: of which order they are depends on what was paid.

    `beside` a source only those that another one told, and its own where another one told of a payment, too: a firm
    may number its orders from 1 each day.
    """
    condition, parameters = "NOT (ref_order_no = '')", list[Any]([seller_id])
    if beside is not None:
        condition += """ AND (source <> %s OR EXISTS (
            SELECT 1 FROM supplychain_salesevent p WHERE p.seller_id = supplychain_salesevent.seller_id
              AND p.order_no = supplychain_salesevent.ref_order_no AND p.kind = 'paid' AND p.source <> %s))"""
        parameters += [beside, beside]
    return _slots("supplychain_sales_refunds", condition, "ref_order_no", parameters, order_nos)


def _slots(
    index: str, condition: str, number: str, parameters: list[Any], order_nos: Iterable[str]
) -> set[int]:
    # SQLite would rather read the whole history of the seller, and so would PostgreSQL for slots in their order.
    hint = f"INDEXED BY {index}" if connection.vendor == "sqlite" else ""
    wanted = list(order_nos)
    if not wanted:
        return set()
    rows = select_among(
        f"SELECT slot FROM supplychain_salesevent {hint} WHERE {SELLER} AND {condition} AND {number}",  # noqa: S608
        parameters,
        wanted,
    )
    return {slot for (slot,) in rows}
