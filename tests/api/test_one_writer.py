"""What the API does while its database is written to by somebody else, or cannot be written to at all."""

from __future__ import annotations

import threading

import pytest
from django.db import connection, transaction

from core.models import ToolKey
from tests.api.conftest import Caller
from tests.api.test_doors import check_problem
from tests.factories import World, make_world


@pytest.fixture
def world(transactional_db: None) -> World:
    return make_world("alpha")


def test_a_database_that_cannot_write_is_said_so(tool: Caller) -> None:
    """SQLite refuses for real: nothing is stored, and the caller is told to come back."""
    if connection.vendor != "sqlite":
        pytest.skip("test_database_away stops a whole PostgreSQL")
    line = {"kind": "paid", "order_no": "1", "qty": 1, "amount": "1", "occurred_at": "2025-06-01T20:00:00Z"}
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA query_only = ON")
        reply = tool.post("orders/bulk", [line])
        cursor.execute("PRAGMA query_only = OFF")
    check_problem(reply, 503, "database_away")
    assert reply["Retry-After"] == "2"
    assert tool.post("orders/bulk", [line]).json()["counts"]["stored"] == 1


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL has more than one writer")
def test_a_tool_reads_while_somebody_holds_the_one_writer(tool: Caller) -> None:
    """That the key was used is noted when the writer is free: who reads does not wait for an import."""
    held, done = threading.Event(), threading.Event()

    def writes() -> None:
        with transaction.atomic():
            ToolKey.objects.filter(name="").update(name="?")
            held.set()
            done.wait(60)
        connection.close()

    writer = threading.Thread(target=writes)
    writer.start()
    assert held.wait(10)
    try:
        assert tool.get("me").status_code == 200
        assert not done.is_set()
        assert not ToolKey.objects.filter(last_used_at__isnull=False).exists()
    finally:
        done.set()
        writer.join()
    tool.get("me")
    assert ToolKey.objects.filter(last_used_at__isnull=False).count() == 1
