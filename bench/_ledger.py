"""Ways to get order lines into the ledger's tables, measured in turns.

Run by `_sites.measured` with a number of lines and the address of the site on this database: prints rows per
second of the bare tables (limit), of a plain serializer (peer), of the service and of requests to the site.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from rest_framework import serializers

from analytics.counting import drain_everything
from bench import best_ms
from bench._http import FORMATS, Tool
from core.actors import system_actor
from supplychain.facts import SaleFact, fact_from_values
from supplychain.models import SalesEvent
from supplychain.services import sales_record, store
from supplychain.services.lines import prepare
from supplychain.services.references import resolve
from tenants.models import Tenant
from tests import factories

ACTOR = system_actor("bench")
FIRST = datetime(2025, 6, 1, 4, tzinfo=UTC)
SKUS = 200
DRF_LINES, DRF_ROUNDS = 200, 3


def seller() -> Tenant:
    """A tenant with a catalogue and a live session that every line names."""
    found = Tenant.objects.filter(code="bench-a").first()
    if found is None:
        found = factories.make_tenant(factories.make_park("bench"), "bench-a")
        for number in range(SKUS):
            factories.make_sku(found, f"SKU-{number:04d}")
        factories.make_session(found, live_id="live-1")
    return found


def payload(lines: int, start: int) -> list[dict[str, Any]]:
    """Order lines as a tool sends them, numbered from `start`."""
    return [
        {
            "kind": "paid",
            "order_no": f"{480_000_000_000_000 + number}7",  # an id that ends in zeros may be damaged
            "line_no": "1",
            "sku_code": f"SKU-{number % SKUS:04d}",
            "title": "手工皮鞋 女款 平底 37 码",
            "qty": 1,
            "amount": f"{129 + number % 50}.90",
            "occurred_at": (FIRST + timedelta(seconds=number % 86_400)).isoformat(),
            "channel": "live",
            "session_ref": "live-1",
            "host_ref": "host-7",
            "destination": "广东",
        }
        for number in range(start, start + lines)
    ]


def facts_of(lines: Sequence[dict[str, Any]]) -> list[tuple[int, SaleFact]]:
    return list(enumerate(map(fact_from_values, lines)))


def ours(tenant: Tenant, facts: Sequence[tuple[int, SaleFact]]) -> None:
    result = sales_record(actor=ACTOR, seller=tenant, source="bench", facts=facts)
    assert result.counts["stored"] == len(facts)


# The limit: the same rows into the same two tables, prepared beforehand, with nothing looked up or marked.


def prepared(tenant: Tenant, facts: Sequence[tuple[int, SaleFact]], first_id: int) -> tuple[Any, Any]:
    """Key rows and ledger rows; for COPY as one text each."""
    lines, _rejected = prepare(facts)
    resolve(tenant, "limit", lines)
    lines.sort(key=lambda line: line.fact.external_id)
    for number, line in enumerate(lines, first_id):
        line.id = number
    keys = list(store.key_rows(tenant.pk, "limit", lines))
    events = [store.event_row(line, tenant.pk, "limit", "2025-06-02 00:00:00", None) for line in lines]
    if connection.vendor == "postgresql":
        return (
            store.copy_text(keys, len(store.KEY_COLUMNS)).encode(),
            store.copy_text(events, len(store.EVENT_COLUMNS)).encode(),
        )
    return keys, events


def limit(rows: tuple[Any, Any]) -> None:
    keys, events = rows
    with transaction.atomic(), connection.cursor() as cursor:
        _bare(cursor, "supplychain_saleseventkey", store.KEY_COLUMNS, keys)
        _bare(cursor, "supplychain_salesevent", store.EVENT_COLUMNS, events)


def _bare(cursor: CursorWrapper, table: str, columns: Sequence[str], rows: Any) -> None:
    names = ", ".join(columns)
    if connection.vendor == "postgresql":
        with cursor.copy(f"COPY {table} ({names}) FROM STDIN WITH (NULL '{store.NOTHING}')") as copy:
            copy.write(rows)
    else:
        places = ", ".join(["%s"] * len(columns))
        cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({places})", rows)  # noqa: S608


# The peer: a serializer of the model, as it stands in the tutorial.


class SalesEventSerializer(serializers.ModelSerializer[SalesEvent]):
    amount = serializers.DecimalField(max_digits=17, decimal_places=4)

    class Meta:
        model = SalesEvent
        fields = "__all__"


def peer(rows: list[dict[str, Any]]) -> None:
    serializer = SalesEventSerializer(data=rows, many=True)
    serializer.is_valid(raise_exception=True)
    with transaction.atomic():
        serializer.save()


def drf_rows(tenant: Tenant, lines: Sequence[dict[str, Any]], first_id: int) -> list[dict[str, Any]]:
    common = {
        "seller": tenant.pk,
        "owner": tenant.pk,
        "source": "drf",
        "version": 1,
        "line_type": "goods",
        "currency": "CNY",
        "business_day": "2025-06-01",
        "slot": 485_000,
        "customs_mode": "domestic",
    }
    return [
        {
            **line,
            **common,
            "id": number,
            "external_id": line["order_no"],
            "quantity": line["qty"],
            "received_at": line["occurred_at"],
        }
        for number, line in enumerate(lines, first_id)
    ]


@dataclass(frozen=True)
class Way:
    """A way to get lines in: `prepared` makes what `run` takes, from the number of the first line."""

    prepared: Callable[[int], Any]
    run: Callable[[Any], object]
    lines: int
    rounds: int


def ways(lines: int, url: str) -> dict[str, Way]:
    """All ways by name. What is not the way itself is prepared, and not measured.

    The peer is called where it stands, without a request: that is in its favour.
    """
    rounds = 12 if lines >= 1_000 else 100
    tenant = seller()
    tool = Tool(url, tenant, ACTOR)

    def request(form: str, source: str, *, once: bool = False) -> Way:
        content_type, write = FORMATS[form]
        return Way(
            lambda start: write(payload(lines, start)),
            lambda body: tool.send(body, content_type, source, lines, once=once),
            lines,
            rounds,
        )

    return {
        # Ids leave room for those of the service, which go on from the highest.
        "limit": Way(
            lambda start: prepared(tenant, facts_of(payload(lines, start)), 10**12 + 10 * start),
            limit,
            lines,
            rounds,
        ),
        "peer": Way(
            lambda start: drf_rows(tenant, payload(DRF_LINES, start), 2 * 10**12 + 10 * start),
            peer,
            DRF_LINES,
            DRF_ROUNDS,
        ),
        "service": Way(
            lambda start: facts_of(payload(lines, start)), lambda facts: ours(tenant, facts), lines, rounds
        ),
        "JSON": request("JSON", "json"),
        "JSON, Idempotency-Key": request("JSON", "once", once=True),
        "NDJSON": request("NDJSON", "ndjson"),
        "CSV": request("CSV", "csv"),
    }


def measure(lines: int, url: str) -> dict[str, float]:
    """Rows per second of each way, in its best round of all that were taken in turns."""
    found = ways(lines, url)
    start = SalesEvent.objects.count()
    best = dict.fromkeys(found, float("inf"))
    for turn in range(max(way.rounds for way in found.values())):
        for name, way in found.items():
            if turn < way.rounds:
                work = way.prepared(start + turn * lines)
                quiet()
                best[name] = min(best[name], *best_ms(1, partial(way.run, work)))
    return {name: way.lines * 1000 / best[name] for name, way in found.items()}


def quiet() -> None:
    """Count what the embedded worker would count during the next round: `bench.rollup` measures that."""
    if connection.vendor == "sqlite":
        drain_everything()


def main() -> None:
    print(json.dumps(measure(int(sys.argv[1]), sys.argv[2])))


if __name__ == "__main__":
    main()
