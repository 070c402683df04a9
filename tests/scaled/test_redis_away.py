"""Redis is paused, then dead, under a running site: requests go on, and what nobody rang for is counted afterwards."""

from __future__ import annotations

import http.cookiejar
import os
import re
import signal
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
import redis
from django.contrib.auth.hashers import PBKDF2PasswordHasher, make_password

from core.choices import Role
from core.models import User
from tests import servers
from tests.factories import PASSWORD, World, make_world
from tests.scaled.conftest import all_counted
from tests.scaled.http import Shop, line

pytestmark = pytest.mark.worker
QUEUES = [queue for process in ("worker", "jobs", "deliveries") for queue in servers.queues_of(process)]


@dataclass
class Installation:
    """A site, a worker with its beat, and the Redis between them."""

    site: servers.Site
    worker: servers.Server
    redis_port: int

    @property
    def redis_process(self) -> int:
        with redis.Redis(port=self.redis_port) as client:
            return int(client.info()["process_id"])


@pytest.fixture
def world(transactional_db: None) -> World:
    return make_world("alpha")


@pytest.fixture
def installation(world: World, database_url: str, tmp_path: Path) -> Iterator[Installation]:
    port = servers.free_port()
    env = {"DATABASE_URL": database_url, "REDIS_URL": f"redis://127.0.0.1:{port}/0"}
    with ExitStack() as stack:
        stack.enter_context(servers.redis_server(port=port))
        site = stack.enter_context(servers.live_site(tmp_path, **env))
        worker = stack.enter_context(servers.celery_worker(site.env, queues=QUEUES, beat=True))
        yield Installation(site, worker, port)


def log_in(url: str, username: str) -> str:
    """Log in through the form as a browser does; returns the address at which that ended."""
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
    with browser.open(f"{url}/login/", timeout=10) as page:
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.read().decode())
    assert token
    fields = {"username": username, "password": PASSWORD, "csrfmiddlewaretoken": token[1]}
    with browser.open(f"{url}/login/", data=urllib.parse.urlencode(fields).encode(), timeout=10) as page:
        return str(page.url)


def test_a_site_goes_on_without_redis_and_everything_is_counted_later(
    world: World, installation: Installation
) -> None:
    tenant, url = world.tenants[0], installation.site.url
    owner = tenant.users[Role.TENANT_OWNER]
    User.objects.filter(pk=owner.pk).update(password=make_password(PASSWORD, hasher=PBKDF2PasswordHasher()))
    shop = Shop(url, tenant.secret, tenant.tenant.code)

    shop.send([line("O1")])
    all_counted(seconds=10)

    paused = installation.redis_process
    os.kill(paused, signal.SIGSTOP)
    try:
        for number in range(30):
            shop.send([line(f"P{number}")])
        assert "/login" not in log_in(url, owner.username)
    finally:
        os.kill(paused, signal.SIGCONT)
    all_counted(seconds=60)

    os.kill(paused, signal.SIGKILL)
    for number in range(30):
        shop.send([line(f"D{number}")])
    assert "/login" not in log_in(url, owner.username)
    with servers.redis_server(port=installation.redis_port):
        took = all_counted(seconds=60)
        print(f"slowest request {max(shop.seconds):.2f} s, counted {took:.1f} s after Redis was back")

    assert set(shop.statuses) == {200}
    assert max(shop.seconds) < 3, "half a second for the limit, half a second for the ring"
    assert sum(shop.seconds) / len(shop.seconds) < 0.5, "and that not for everybody"
    assert "Traceback" not in installation.site.server.output()
