"""PostgreSQL restarts at night, and crashes under load: 503 meanwhile, and site and worker go on by themselves."""

from __future__ import annotations

import json
import os
import signal
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests import servers
from tests.factories import World, make_world
from tests.scaled import oracle
from tests.scaled.conftest import wait_until
from tests.scaled.http import BUSY, Persistent, Shop

pytestmark = pytest.mark.worker
QUEUES = [queue for process in ("worker", "jobs", "deliveries") for queue in servers.queues_of(process)]
AWAY = 8.0
"""Seconds: a pool that waits longer after each failure would then wait for seven more."""


@pytest.fixture
def world(transactional_db: None) -> World:
    return make_world("alpha")


@pytest.fixture
def postgres(world: World, database_url: str) -> Iterator[servers.Postgres]:
    """A copy of the world's PostgreSQL, which may be harmed."""
    with servers.postgres_copy(database_url) as copy:
        yield copy


def asked(address: str, **headers: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(urllib.request.Request(address, headers=headers), timeout=30) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refusal:
        return refusal.code, refusal.read().decode()


def test_a_site_and_its_worker_outlive_their_database(
    world: World, postgres: servers.Postgres, redis_url: str, tmp_path: Path
) -> None:
    def select(statement: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(postgres.address) as database:
            return database.execute(statement).fetchall()

    def uncounted() -> bool:
        return select("SELECT COUNT(*) FROM core_bucketmark WHERE family = 'sales'") != [(0,)]

    env = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings.dev", "LIVEPARK_DATA_DIR": str(tmp_path)}
    env |= {"DATABASE_URL": postgres.address, "REDIS_URL": redis_url}
    tenant = world.tenants[0]
    with ExitStack() as stack:
        first = stack.enter_context(postgres.served())
        site = stack.enter_context(servers.serve_pages(env))
        worker = stack.enter_context(servers.celery_worker(env, queues=QUEUES, beat=True))

        # At night nobody asks, and so nobody notices.
        first.process.send_signal(signal.SIGINT)
        first.process.wait()
        second = stack.enter_context(postgres.served())
        assert [asked(f"{site.url}/")[0] for _visitor in range(4)] == [200] * 4

        shops = [Shop(site.url, tenant.secret, tenant.tenant.code) for _number in range(3)]
        writers = [Persistent(shop, f"w{n}", batches=40, lines=2) for n, shop in enumerate(shops)]
        for writer in writers:
            writer.start()
        wait_until(lambda: all(200 in shop.statuses for shop in shops), seconds=30)

        second.process.send_signal(signal.SIGQUIT)
        second.process.wait()
        gone = time.monotonic()
        status, page = asked(f"{site.url}/")
        assert (status, '<div class="code">503</div>' in page, "Traceback" in page) == (BUSY, True, False)
        status, told = asked(f"{site.url}/api/v1/me", Authorization=f"Bearer {tenant.secret}")
        assert (status, json.loads(told)["code"]) == (BUSY, "database_away")
        time.sleep(max(0.0, AWAY - (time.monotonic() - gone)))

        stack.enter_context(postgres.served())
        took = wait_until(lambda: asked(f"{site.url}/")[0] == 200, seconds=30)
        print(f"answered {took:.1f} s after the database was back")
        assert took < 5
        for writer in writers:
            writer.join(60)
        answers = {status for shop in shops for status in shop.statuses}
        assert answers == {200, BUSY}
        wait_until(lambda: not uncounted(), seconds=30)
        assert select("SELECT COUNT(*) FROM supplychain_salesevent WHERE order_no LIKE 'w_-%-%'") == [
            (3 * 40 * 2,)
        ]

        assert oracle.counted(select) == oracle.recounted(select)
        assert select("SELECT * FROM core_bucketfailure") == []
        assert worker.process.poll() is None
