"""Celery workers on PostgreSQL and Redis: they count after a ring, may die at any point, and need no message."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
import redis
from django.db import transaction

from core import clock
from core.buckets import SALES
from core.choices import JobState
from core.locking import lock_row
from core.models import Job
from supplychain.choices import ImportState
from supplychain.models import ImportBatch, SalesEvent
from supplychain.services import import_confirm, import_stage
from tenants.models import Tenant
from tests.factories import SYSTEM
from tests.scaled.conftest import all_counted, marks, select, sell, wait_until
from tests.servers import Server
from tests.supplychain.files import orders_file

pytestmark = pytest.mark.worker
Workers = Callable[..., Server]


def busy_counting() -> bool:
    """Whether some process is in the middle of a roll-up."""
    return bool(
        select(
            "SELECT 1 FROM pg_stat_activity WHERE query LIKE '%rollup\\_%' "
            "AND state <> 'idle' AND pid <> pg_backend_pid() AND datname = current_database()"
        )
    )


def test_orders_are_counted_after_a_ring_and_through_a_worker_that_is_killed(
    sellers: list[Tenant], celery_worker: Workers
) -> None:
    worker = celery_worker()
    sell(sellers[0], 10)
    assert all_counted(seconds=5) < 5, "there is no beat: only the ring can have told"

    for seller in sellers:
        sell(seller, 500, first=1000)
    # Of the hours alone: a worker may count all of them before the first of the orders, or the other way round.
    sold = marks(family=SALES)
    wait_until(lambda: busy_counting() and 0 < marks(family=SALES) < sold, seconds=30, every=0.001)
    worker.kill()
    assert marks(), "killed in the middle"
    celery_worker()
    all_counted(seconds=30)


def test_an_import_whose_worker_is_killed_is_done_once(
    sellers: list[Tenant], celery_worker: Workers, tmp_path: Path
) -> None:
    content = orders_file(tmp_path / "orders.csv", 10_000).read_bytes()
    batch = import_stage(actor=SYSTEM, tenant=sellers[0], file_name="orders.csv", chunks=[content])
    worker = celery_worker()
    job = import_confirm(actor=SYSTEM, batch=batch)
    wait_until(lambda: _job(job).state == JobState.RUNNING and _job(job).done, seconds=20, every=0.005)
    worker.kill()
    assert _job(job).state == JobState.RUNNING, "killed in the middle"
    assert not SalesEvent.objects.exists(), "all of a file or nothing of it"

    Job.objects.update(heartbeat_at=clock.now() - timedelta(minutes=1))
    celery_worker()
    wait_until(lambda: _job(job).state == JobState.DONE, seconds=30)
    assert (_job(job).attempt, _job(job).result["stored"], _job(job).result["duplicates"]) == (2, 20_000, 0)
    assert ImportBatch.objects.get(pk=batch.pk).state == ImportState.IMPORTED
    assert SalesEvent.objects.count() == 20_000
    all_counted(seconds=20)


def test_a_job_may_take_longer_than_a_task(
    sellers: list[Tenant], celery_worker: Workers, redis_url: str, tmp_path: Path
) -> None:
    content = orders_file(tmp_path / "orders.csv", 10).read_bytes()
    batch = import_stage(actor=SYSTEM, tenant=sellers[0], file_name="orders.csv", chunks=[content])
    job = import_confirm(actor=SYSTEM, batch=batch)
    with redis.Redis.from_url(redis_url) as client:
        client.flushdb()  # a message carries the limits of whoever sent it; the worker's own look is to find the job
    with transaction.atomic():
        lock_row(ImportBatch, batch.pk)
        celery_worker(under="tests.scaled.impatient")
        wait_until(lambda: _job(job).state == JobState.RUNNING, seconds=20)
        time.sleep(3)
        assert _job(job).state == JobState.RUNNING, "it waits for the batch, longer than both limits"
    wait_until(lambda: _job(job).finished_at is not None, seconds=20)
    assert (_job(job).state, _job(job).attempt) == (JobState.DONE, 1)


def test_two_workers_with_two_beats_repair_what_no_message_told(
    sellers: list[Tenant], celery_worker: Workers, redis_url: str, tmp_path: Path
) -> None:
    workers = [celery_worker(beat=True), celery_worker(beat=True)]
    content = orders_file(tmp_path / "orders.csv", 500).read_bytes()
    batch = import_stage(actor=SYSTEM, tenant=sellers[0], file_name="orders.csv", chunks=[content])
    with redis.Redis.from_url(redis_url) as client:
        job = import_confirm(actor=SYSTEM, batch=batch)
        for seller in sellers:
            sell(seller, 100)
            client.flushdb()
    took = wait_until(lambda: _job(job).state == JobState.DONE, seconds=60)
    took += all_counted(seconds=60)
    assert took < 60
    assert (_job(job).attempt, batch.events.count()) == (1, 1_000)
    assert all("Traceback" not in worker.output() for worker in workers)


def _job(job: Job) -> Job:
    return Job.objects.get(pk=job.pk)
