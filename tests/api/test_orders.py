"""Batches of order lines over HTTP: three formats, a verdict per row, once per key."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.models import AuditEntry, BucketMark, IdempotencyRecord
from core.services import tool_key_create
from supplychain.models import SalesEvent
from tests.api.conftest import Caller
from tests.factories import SYSTEM, World

pytestmark = pytest.mark.both_databases
BULK = "orders/bulk"


def line(number: int, **more: Any) -> dict[str, Any]:
    return {
        "kind": "paid",
        "order_no": f"O{number}",
        "line_no": "1",
        "qty": 2,
        "amount": "19.90",
        "occurred_at": "2025-06-01T20:00:00+08:00",
        "sku_code": "alpha-a-SKU-1",
        **more,
    }


def test_a_batch_is_stored_counted_and_read_back(world: World, tool: Caller) -> None:
    reply = tool.post(BULK + "?source=shop", [line(n) for n in range(3)])
    assert reply.status_code == 200, reply.content
    assert reply.json() == {
        "tenant": "alpha-a",
        "source": "shop",
        "counts": {"rows": 3, "stored": 3, "duplicate": 0, "conflict": 0, "rejected": 0},
        "results": [{"index": n, "status": "stored"} for n in range(3)],
    }
    assert BucketMark.objects.filter(node=world.tenants[0].tenant.pk).exists()
    listed = tool.get("orders").json()["results"]
    assert [(row["order_no"], row["amount"], row["qty"]) for row in listed] == [
        ("O2", "19.90", 2),
        ("O1", "19.90", 2),
        ("O0", "19.90", 2),
    ]
    assert listed[0]["occurred_at"] == "2025-06-01T20:00:00+08:00"
    assert AuditEntry.objects.get(verb="sales.record").actor.startswith("key:")


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json; charset=utf-8", json.dumps([line(1), line(2)])),
        ("application/x-ndjson", "\n".join(json.dumps(line(n)) for n in (1, 2)) + "\n"),
        (
            "text/csv",
            "kind,order_no,line_no,qty,amount,occurred_at\n"
            "paid,O1,1,2,19.90,2025-06-01T20:00:00+08:00\npaid,O2,1,2,19.90,2025-06-01 20:00\n",
        ),
    ],
)
def test_three_formats(tool: Caller, content_type: str, body: str) -> None:
    reply = tool.post(BULK, body.encode(), content_type)
    assert (reply.status_code, reply.json()["counts"]["stored"]) == (200, 2)
    assert tool.post(BULK, body.encode(), content_type).json()["counts"]["duplicate"] == 2


def test_every_row_gets_its_verdict(tool: Caller) -> None:
    tool.post(BULK, [line(0)])
    rows = [
        line(0),
        line(0, amount="20.00"),
        line(1, amount="1e3"),
        line(2),
        {"kind": "paid", "order_no": "O3", "nonsense": 1},
        line(4, currency="USD", amount=None, amount_foreign="5.00"),
        "text",
    ]
    reply = tool.post(BULK, rows)
    assert reply.status_code == 207
    body = reply.json()
    assert [row["status"] for row in body["results"]] == [
        "duplicate",
        "rejected",  # the same key with other content inside one batch
        "rejected",
        "stored",
        "rejected",
        "rejected",
        "rejected",
    ]
    assert [row["index"] for row in body["results"]] == list(range(7))
    assert body["results"][2]["errors"][0]["field"] == "amount"
    assert {reason["field"] for reason in body["results"][4]["errors"]} == {"nonsense", "qty", "occurred_at"}
    assert body["counts"] == {"rows": 7, "stored": 1, "duplicate": 1, "conflict": 0, "rejected": 5}
    assert tool.post(BULK, [line(0, amount="21.00")]).json()["results"][0]["status"] == "conflict"


def test_all_or_nothing(tool: Caller) -> None:
    reply = tool.post(BULK + "?atomic=true", [line(1), line(2, amount="12,50")])
    assert (reply.status_code, reply["Content-Type"]) == (400, "application/problem+json")
    assert reply.json()["errors"][0] | {"message": ""} == {
        "row": 2,
        "field": "amount",
        "code": "amount",
        "message": "",
    }
    assert SalesEvent.objects.count() == 0
    assert tool.post(BULK + "?atomic=true", [line(1), line(2)]).status_code == 200
    reply = tool.post(BULK + "?atomic=true", [line(3), line(1, amount="20.00")])
    assert (reply.status_code, reply.json()["errors"][0]["row"]) == (409, 2)
    assert SalesEvent.objects.count() == 2


def test_the_same_key_gets_the_same_bytes_and_one_effect(world: World, tool: Caller) -> None:
    first = tool.post(BULK, [line(1)], **{"Idempotency-Key": "k1"})
    again = tool.post(BULK, [line(1)], **{"Idempotency-Key": "k1"})
    assert (first.status_code, again.status_code) == (200, 200)
    assert again.content == first.content  # though the row is a duplicate by now
    assert again["Idempotency-Replayed"] == "true"
    assert SalesEvent.objects.count() == 1
    other_body = tool.post(BULK, [line(2)], **{"Idempotency-Key": "k1"})
    assert (other_body.status_code, other_body.json()["code"]) == (422, "idempotency_key_reused")
    other_query = tool.post(BULK + "?source=other", [line(1)], **{"Idempotency-Key": "k1"})
    assert other_query.status_code == 422
    other_caller = Caller(world.tenants[1].secret).post(BULK, [line(1)], **{"Idempotency-Key": "k1"})
    assert other_caller.status_code == 200
    assert "Idempotency-Replayed" not in other_caller
    refused = tool.post(BULK, [line(5)], "text/plain", **{"Idempotency-Key": "k2"})
    assert refused.status_code == 415
    assert not IdempotencyRecord.objects.filter(key="k2").exists()  # nothing happened, nothing is kept
    assert tool.post(BULK, [line(5)], **{"Idempotency-Key": "x" * 201}).status_code == 422


def test_limits_name_the_upload(tool: Caller, settings: Any) -> None:
    too_many = tool.post(BULK, [line(n) for n in range(5001)])
    assert too_many.status_code == 413
    settings.LANGUAGE_CODE = "en"
    too_long = tool.post(BULK, b"[" + b" " * (8 * 2**20 + 70_000) + b"]", **{"Accept-Language": "en"})
    assert too_long.status_code == 413
    assert "import page" in too_long.json()["detail"]
    assert "import" in tool.post(BULK, b" " * (8 * 2**20 + 1), **{"Accept-Language": "en"}).json()["detail"]
    assert SalesEvent.objects.count() == 0


def test_the_settings_say_how_large_a_batch_may_be(tool: Caller, settings: Any) -> None:
    def send(size: int) -> int:
        return tool.post(BULK, json.dumps([line(1)]).encode().ljust(size)).status_code

    assert settings.DATA_UPLOAD_MAX_MEMORY_SIZE > settings.LIVEPARK_BYTES_PER_BATCH
    settings.LIVEPARK_BYTES_PER_BATCH = 1_000
    assert (send(1_000), send(1_001)) == (200, 413)
    settings.LIVEPARK_BYTES_PER_BATCH = settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 9 * 2**20
    assert (send(9 * 2**20), send(9 * 2**20 + 1)) == (200, 413)


def test_whose_orders_they_are(world: World, tool: Caller) -> None:
    park = Caller(world.secret)
    assert park.post(BULK, [line(1)]).json()["code"] == "tenant_required"
    assert park.post(BULK + "?tenant=alpha-b", [line(1)]).json()["tenant"] == "alpha-b"
    absent = tool.post(BULK + "?tenant=nobody", [line(1)])
    foreign = tool.post(BULK + "?tenant=alpha-b", [line(1)])
    assert (absent.status_code, foreign.status_code) == (404, 404)
    assert {**absent.json(), "request_id": ""} == {**foreign.json(), "request_id": ""}
    assert park.get("orders").status_code == 403  # a park sees sums, not lines
    assert [row["seller"] for row in Caller(world.tenants[1].secret).get("orders").json()["results"]] == [
        "alpha-b"
    ]


def test_refunds_of_more_than_was_paid_are_marked(tool: Caller) -> None:
    back = line(1, kind="refunded", external_id="back", ref_order_no="O1", ref_line="1", amount="19.91")
    tool.post(BULK, [line(1), line(2), {**back, "order_no": "R1"}])
    listed = tool.get("orders").json()["results"]
    assert {row["order_no"]: row["exceeds_paid"] for row in listed} == {"O1": False, "O2": False, "R1": True}


def test_filters_and_pages_of_lines(tool: Caller) -> None:
    tool.post(BULK, [line(n, occurred_at=f"2025-06-0{1 + n % 3}T1{n % 5}:00:00+08:00") for n in range(9)])
    assert len(tool.get("orders", since="2025-06-02", until="2025-06-02").json()["results"]) == 3
    assert len(tool.get("orders", order_no="O4").json()["results"]) == 1
    seen, address = [], "orders?page_size=2"
    while address:
        page = tool.get(address).json()
        seen += [row["order_no"] for row in page["results"]]
        address = page["next"] and page["next"].split("/api/v1/")[1]
    assert sorted(seen) == sorted(f"O{n}" for n in range(9))
    for query in (
        {"cursor": "abc"},
        {"cursor": "cD1hYmM="},
        {"cursor": "\x00"},
        {"cursor": "AAAA"},
        {"cursor": "中"},
        {"page_size": "all"},
        {"since": "zz"},
        {"kind": "x"},
    ):
        assert tool.get("orders", **query).status_code == 400, query


amounts = st.one_of(
    st.decimals(0, 10**9, places=2).map(str),
    st.sampled_from(["1e3", "１２", "-1", "0.12345", " 1", "", None, 5, True]),
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batch=st.lists(st.tuples(st.integers(0, 30), amounts), min_size=1, max_size=40))
def test_accepted_and_refused_rows_add_up(tool: Caller, batch: list[tuple[int, Any]]) -> None:
    before = SalesEvent.objects.count()
    reply = tool.post(BULK, [line(n, amount=amount) for n, amount in batch]).json()
    counts = reply["counts"]
    assert counts["rows"] == len(batch) == len(reply["results"])
    assert sum(counts[status] for status in ("stored", "duplicate", "conflict", "rejected")) == len(batch)
    assert SalesEvent.objects.count() == before + counts["stored"]
    for (_number, amount), row in zip(batch, reply["results"], strict=True):
        assert (row["status"] != "rejected") <= isinstance(amount, str)
        assert ("errors" in row) == (row["status"] in ("rejected", "conflict"))
    assert all(amount >= 0 for amount in SalesEvent.objects.values_list("amount", flat=True))


def test_a_tool_that_gets_another_key_goes_on_where_it_stopped(world: World, tool: Caller) -> None:
    """The default source is no name of a key: else the same lines would be sold twice."""
    first = tool.post(BULK, [line(1)])
    assert first.json()["source"] == "api"
    _key, secret = tool_key_create(
        actor=SYSTEM, node=world.tenants[0].tenant.node, name="the new one", scopes=["orders:write"]
    )
    again = Caller(secret).post(BULK, [line(1), line(2)])
    assert again.json()["counts"] == {"rows": 2, "stored": 1, "duplicate": 1, "conflict": 0, "rejected": 0}
