"""Imports in processes of their own, on the database of the test: several at once, and killed in the middle."""

from __future__ import annotations

import os
import random
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.db import connection
from django.db.models import Sum

from core import clock, jobs
from core.choices import JobState
from core.models import BucketMark, Job
from supplychain.models import ImportBatch, SalesEvent, SalesEventKey
from supplychain.services import import_confirm, import_stage
from tenants.models import Tenant
from tests import factories, servers
from tests.supplychain import files
from tests.supplychain.ledger import SYSTEM

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases, pytest.mark.gate]
ORDERS = 8_000
WORKER = "import django; django.setup(); from core import jobs; jobs.run_due()"


@pytest.fixture
def seller() -> Tenant:
    return factories.make_tenant(factories.make_park("alpha"), "alpha-a")


@pytest.fixture
def env(tmp_path: Path, settings: Any) -> dict[str, str]:
    """The environment of a process that works on this test's database and files."""
    settings.MEDIA_ROOT = tmp_path / "media"
    return {
        **os.environ,
        "DATABASE_URL": database_url(),
        "LIVEPARK_DATA_DIR": str(tmp_path),
        "DJANGO_SETTINGS_MODULE": "config.settings.dev",
    }


def database_url() -> str:
    found = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{found['NAME']}"
    user, password, host, port = (quote(str(found[key])) for key in ("USER", "PASSWORD", "HOST", "PORT"))
    return f"postgres://{user}:{password}@{host}:{port}/{found['NAME']}"


def command(path: Path, every_seconds: float = 1.0, *, large: bool = False) -> list[str]:
    """The command in English, telling of its steps as often as that; `large`: the file counts as such."""
    script = f"""
import django
django.setup()
from django.core.management import call_command
from django.utils import translation
from supplychain.management.commands import import_orders
from supplychain.services import loading
import_orders.EVERY_SECONDS = {every_seconds}
loading.LARGE, loading.ROWS_AT_ONCE = {0 if large else 1 << 40}, 500
translation.activate("en")
call_command("import_orders", {str(path)!r}, tenant="alpha-a", skip_checks=True)
"""
    return [sys.executable, "-c", script]


@contextmanager
def started(arguments: list[str], env: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        arguments, cwd=servers.ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def total() -> Decimal:
    return SalesEvent.objects.filter(kind="paid").aggregate(total=Sum("amount"))["total"] or Decimal(0)


def test_the_same_days_from_two_processes_at_once(
    seller: Tenant, env: dict[str, str], shared_dir: Path, tmp_path: Path
) -> None:
    for day in files.DAYS:
        path = files.uci(shared_dir, day)
        other = files.shuffled(path, tmp_path / "other.csv", 7)
        with started(command(path), env) as first, started(command(other), env) as second:
            outs = [process.communicate(timeout=120) for process in (first, second)]
        assert [process.returncode for process in (first, second)] == [0, 0], outs
        stored = [int(re.findall(r"Stored ([0-9,]+),", out)[0].replace(",", "")) for out, _errors in outs]
        assert sum(stored) == files.LINES[day]
    for kind, expected in files.uci_sums(*files.DAYS).items():
        assert SalesEvent.objects.filter(kind=kind).aggregate(total=Sum("amount"))["total"] == expected
    assert SalesEvent.objects.count() == sum(files.LINES.values())


# On PostgreSQL large files are stored while they are read.
@pytest.mark.parametrize("large", [False, pytest.param(True, marks=pytest.mark.postgres)])
def test_killed_at_any_moment_it_is_all_or_nothing(
    seller: Tenant, env: dict[str, str], tmp_path: Path, large: bool
) -> None:
    path = files.orders_file(tmp_path / "f.csv", ORDERS)
    chance = random.Random(5)
    written = 0
    for _round in range(4):
        with started(command(path, every_seconds=0, large=large), env) as process:
            assert process.stderr is not None
            for line in process.stderr:
                if "tored" in line:
                    written += 1
                    break
            else:
                break  # too quick for us: it has ended by itself
            time.sleep(chance.uniform(0, 0.3))
            process.kill()
        found = (SalesEvent.objects.count(), SalesEventKey.objects.count(), BucketMark.objects.exists())
        assert found in ((0, 0, False), (2 * ORDERS, 2 * ORDERS, True))
        if found[0]:
            break
    assert written, "no process was killed while it wrote"
    with started(command(path), env) as process:
        _out, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors
    assert SalesEvent.objects.count() == SalesEventKey.objects.count() == 2 * ORDERS
    assert total() == 20 * ORDERS


def test_a_job_whose_worker_was_killed_is_finished_by_another(
    seller: Tenant, env: dict[str, str], tmp_path: Path
) -> None:
    content = files.orders_file(tmp_path / "f.csv", ORDERS).read_bytes()
    batch = import_stage(actor=SYSTEM, tenant=seller, file_name="f.csv", chunks=[content])
    job = import_confirm(actor=SYSTEM, batch=batch)
    with started([sys.executable, "-c", WORKER], env) as worker:
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline and worker.poll() is None:
            job.refresh_from_db()
            if job.done:
                break
            time.sleep(0.05)
        assert job.state == JobState.RUNNING
        worker.kill()
    assert SalesEvent.objects.count() in (0, 2 * ORDERS)
    Job.objects.filter(pk=job.pk).update(heartbeat_at=clock.now() - timedelta(minutes=1))
    with started([sys.executable, "-c", WORKER], env) as worker:
        _out, errors = worker.communicate(timeout=300)
    job.refresh_from_db()
    assert (job.state, job.attempt) == (JobState.DONE, 2), errors
    assert job.result["stored"] == SalesEvent.objects.count() == 2 * ORDERS
    assert ImportBatch.objects.get().state == "imported"
    assert total() == 20 * ORDERS
    assert jobs.run_due() == 0
