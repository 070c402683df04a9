"""What the API does while its database is written to by somebody else, or cannot be written to at all."""

from __future__ import annotations

import threading
import time

import pytest
from django.db import connection, transaction
from django.test import Client

from core import jobs
from core.choices import JobState
from core.models import ExchangeRate, ToolKey, User
from tests.api.conftest import Caller
from tests.api.test_doors import check_problem
from tests.factories import SYSTEM, World, make_world


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


def test_a_job_that_holds_the_one_writer_lets_go_of_it_for_who_asks_by_key(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer is kept by its Idempotency-Key, in a transaction that begins before the service is asked."""
    monkeypatch.setattr(jobs, "_handlers", {})
    client, held = Client(), threading.Event()
    client.force_login(User.objects.create_superuser("root"))

    @jobs.handles("hold")
    def hold(context: jobs.JobContext) -> dict[str, int]:
        context.progress(0)
        with transaction.atomic():
            ExchangeRate.objects.create(currency="USD", day="2025-01-01", cny_per_unit=7, source="t")
            held.set()
            # Far longer than the first request of a process takes, which loads every view.
            for step in range(3_000):
                context.heed(step, 3_000, "")
                time.sleep(0.01)
        return {}

    def works() -> None:
        jobs.run_due()
        connection.close()

    job = jobs.job_start(actor=SYSTEM, kind="hold", params={})
    worker = threading.Thread(target=works)
    worker.start()
    assert held.wait(10)
    answer = client.post(
        f"/api/v1/jobs/{job.uid}/pause", {}, "application/json", headers={"Idempotency-Key": "k"}
    )
    worker.join()
    job.refresh_from_db()
    assert (answer.status_code, job.state) == (200, JobState.PAUSED)
    assert not ExchangeRate.objects.exists()
