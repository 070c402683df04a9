"""The servers that tests stand on: they answer, and nothing of them stays behind."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
import redis
from celery import Celery
from playwright.sync_api import Browser

from tests import servers


def listening(address: str) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", urlsplit(address).port or 0)) == 0


def test_postgres_answers_and_is_gone_afterwards() -> None:
    try:
        with servers.postgres_server() as address:
            with psycopg.connect(address) as connection:
                connection.execute("CREATE EXTENSION btree_gist")
                assert connection.info.server_version >= 150000
            assert address.endswith("/livepark")
    except servers.NotInstalled as missing:
        pytest.skip(str(missing))
    assert not listening(address)


@pytest.mark.redis
def test_redis_keeps_the_database_of_each_process_apart(redis_url: str) -> None:
    with redis.Redis.from_url(redis_url) as client:
        client.set("whose", "mine")
        assert client.get("whose") == b"mine"
        client.delete("whose")


@pytest.mark.redis
def test_a_killed_test_run_takes_its_servers_along(redis_url: str, tmp_path: Path) -> None:
    code = (
        "import time\nfrom tests import servers\n"
        "with servers.redis_server() as address:\n    print(address, flush=True)\n    time.sleep(60)"
    )
    env = {**os.environ, "PYTHONPATH": str(servers.ROOT), "TMPDIR": str(tmp_path)}
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, env=env) as run:
        assert run.stdout is not None
        address = run.stdout.readline().strip()
        assert listening(address)
        run.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 10
    while listening(address) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not listening(address)


@pytest.mark.worker
def test_a_worker_answers_until_it_is_killed(
    celery_worker: Callable[..., servers.Server], redis_url: str
) -> None:
    worker = celery_worker()
    with Celery(broker=redis_url, set_as_current=False) as client:
        assert len(client.control.ping(timeout=1)) == 1
        worker.kill()
        assert client.control.ping(timeout=1) == []


@pytest.mark.browser
def test_chromium_draws_chinese_and_reaches_no_other_machine(chromium: Browser) -> None:
    page = chromium.new_page()
    page.set_content("<h1>直播间</h1>")
    assert page.inner_text("h1") == "直播间"
    # Without a font every character is the same empty box.
    box = page.evaluate("""() => ['直', '播', '\\u{10FFFF}'].map(text => {
        const canvas = document.createElement('canvas'), context = canvas.getContext('2d');
        context.font = '40px sans-serif';
        context.fillText(text, 10, 50);
        return canvas.toDataURL();
    })""")
    assert len(set(box)) == 3
    answer = page.evaluate("fetch('http://livepark.example/').then(() => 'reached', () => 'refused')")
    assert answer == "refused"
    page.close()
