"""A ring that Redis does not take costs one request half a second and no request its answer."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator

import pytest
import redis
from celery import Celery
from pytest_django import Settings

import analytics.tasks  # noqa: F401  (the task that the ring is for)
from config.settings.deployed import BROKER_OPTIONS
from core import doorbell
from tests import servers

pytestmark = pytest.mark.redis


@pytest.fixture
def own_redis() -> Iterator[redis.Redis]:
    """A Redis that may be harmed."""
    try:
        with servers.redis_server() as address, redis.Redis.from_url(address) as client:
            yield client
    except servers.NotInstalled as missing:
        pytest.skip(str(missing))


@pytest.fixture
def ring(own_redis: redis.Redis, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[object]:
    """Ring from a process that never rang before; returns after how many seconds that was over."""
    port = own_redis.connection_pool.connection_kwargs["port"]
    settings.REDIS_URL = f"redis://127.0.0.1:{port}/0"
    apps: list[Celery] = []

    def do(times: int = 1, *, again: bool = False, task: str = doorbell.ROLLUP) -> float:
        monkeypatch.setattr(doorbell, "_silent_until", 0.0)
        if not again:
            app = Celery(broker=settings.REDIS_URL, set_as_current=False)
            app.conf.update(broker_transport_options=BROKER_OPTIONS, task_default_queue="rollup")
            monkeypatch.setattr(doorbell, "current_app", app)
            apps.append(app)
        started = time.monotonic()
        for _time in range(times):
            doorbell._ring_now(task)
        return time.monotonic() - started

    yield do
    for app in apps:
        app.close()


def test_no_state_of_redis_holds_up_a_request(own_redis: redis.Redis, ring) -> None:
    ring(3)
    assert own_redis.llen("rollup") == 3, "each was heard"

    own_redis.config_set("maxmemory", "1")
    assert ring(50) < 1
    own_redis.config_set("maxmemory", "0")

    own_redis.flushall()
    ring(again=True)
    assert own_redis.llen("rollup") == 1, "an old connection is heard after everything was lost"

    server = own_redis.info()["process_id"]
    os.kill(server, signal.SIGSTOP)
    try:
        assert ring(50) < 1.5, "connected, and no answer"
    finally:
        os.kill(server, signal.SIGCONT)

    own_redis.config_set("requirepass", "another")
    assert ring(50) < 1
    os.kill(server, signal.SIGKILL)
    assert ring(50) < 1, "nobody listens"


def test_a_ring_is_heard_from_where_no_task_is_known(own_redis: redis.Redis, ring) -> None:
    """Threads that had the tasks loaded at the same moment rang in vain."""
    ring(task="somewhere.tasks.else")
    assert own_redis.llen("rollup") == 1
