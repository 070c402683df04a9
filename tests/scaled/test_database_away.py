"""PostgreSQL stops under a scaled site and comes back: everything goes on, and no process of the site is restarted."""

from __future__ import annotations

import http.client
import json
import subprocess
import threading
import time
import urllib.request
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher, make_password
from django.db import OperationalError, connection
from django.db.backends.postgresql.base import DatabaseWrapper
from psycopg.conninfo import conninfo_to_dict

from analytics.services import display_link_make
from config.env import read
from config.settings.deployed import from_environment
from core.choices import Role
from core.clock import HOUR, now
from core.models import User
from livestreams import services
from livestreams.choices import BookingState
from livestreams.models import Booking
from tests import servers
from tests.factories import PASSWORD, SYSTEM, World, make_room, make_world
from tests.scaled import oracle
from tests.scaled.conftest import wait_until
from tests.scaled.http import Person, Shop, line
from tests.scaled.test_redis_away import QUEUES

SECRET = "of-both-" * 8


def copied(source: str, target: str) -> None:
    """Write a database into an empty one."""
    dump = subprocess.run(
        [servers.postgres_program("pg_dump"), "--format=custom", source], capture_output=True, check=True
    )
    subprocess.run(
        [servers.postgres_program("pg_restore"), "--no-owner", "--dbname", target],
        input=dump.stdout,
        check=True,
    )


@dataclass
class Wall:
    """A hall's screen, which keeps the newest snapshot that it was sent."""

    address: str
    newest: dict[str, Any] = field(default_factory=dict)

    def watch(self) -> None:
        threading.Thread(target=self._read, daemon=True).start()
        wait_until(lambda: self.newest, seconds=20)

    def _read(self) -> None:
        with urllib.request.urlopen(self.address, timeout=60) as stream:
            for row in stream:
                if row.startswith(b"data: {"):
                    self.newest = json.loads(row[6:])


@dataclass
class Encoder:
    """An encoder whose media node asks."""

    url: str
    node_secret: str
    key: str

    def publish(self) -> int:
        """How the node is answered: 302 with the name of the room lets it in."""
        form = f"app=live&addr=10.0.0.7&clientid=1&call=publish&name={self.key}&type=live"
        headers = {
            "X-Stream-Hook-Secret": self.node_secret,
            "Content-Type": "application/x-www-form-urlencoded",
        }
        asked = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=20)
        with closing(asked):
            asked.request("POST", "/api/v1/stream-hooks/nginx-rtmp/publish", form, headers)
            return asked.getresponse().status


@pytest.fixture
def world(transactional_db: None) -> World:
    world = make_world("alpha")
    User.objects.update(password=make_password(PASSWORD, hasher=PBKDF2PasswordHasher()))
    return world


def key_of_a_slot(world: World) -> str:
    """The stream key of a slot that has begun."""
    span = {"starts_at": now() - HOUR / 12, "ends_at": now() + 2 * HOUR}
    booking = Booking.objects.create(
        room=make_room(world.park, "encoder"),
        tenant=world.tenants[0].tenant,
        state=BookingState.CONFIRMED,
        blocked_from=span["starts_at"],
        blocked_until=span["ends_at"],
        **span,
    )
    return services.secret_of(services.stream_key_renew(actor=SYSTEM, booking=booking, platform="douyin"))


@pytest.mark.worker
def test_a_scaled_site_outlives_a_restart_of_its_database(
    world: World, database_url: str, redis_url: str, tmp_path: Path
) -> None:
    tenant, park = world.tenants[0], world.park
    _link, screen = display_link_make(actor=SYSTEM, node=park.node, name="hall of this story")
    key = key_of_a_slot(world)
    with ExitStack() as stack:
        database = stack.enter_context(servers.postgres_cluster())
        env = servers.environment_of(
            tmp_path, DATABASE_URL=database.address, REDIS_URL=redis_url, DJANGO_SECRET_KEY=SECRET
        )

        def select(statement: str) -> list[tuple[Any, ...]]:
            with psycopg.connect(database.address) as asked:
                return asked.execute(statement).fetchall()

        def all_counted() -> None:
            """No hour is dirty that a ring tells of, and the figures equal a recount."""
            wait_until(
                lambda: (
                    not select("SELECT 1 FROM core_bucketmark WHERE family NOT IN ('launches', 'shares')")
                ),
                seconds=20,
            )
            assert oracle.counted(select) == oracle.recounted(select)

        with database.begun():
            copied(database_url, database.address)
            site = stack.enter_context(servers.serve_pages(env))
            streams = stack.enter_context(servers.started("events", env, servers.free_port()))
            stack.enter_context(servers.celery_worker(env, queues=QUEUES, beat=True))
            person = Person(site.url, tenant.users[Role.TENANT_OWNER].username, PASSWORD)
            shop = Shop(site.url, tenant.secret, tenant.tenant.code)
            encoder = Encoder(site.url, world.media_secret, key)
            wall = Wall(f"{streams.url}/events/wall/{park.code}/?key={screen}")
            shop.send([line("before")])
            all_counted()
            wall.watch()
            seen = wall.newest
        stopped, meanwhile = time.monotonic(), [line("meanwhile")]
        while time.monotonic() - stopped < 9:
            status, page, _address = person.ask(person.portal)
            assert (status, "数据库没有响应。未保存任何内容，请重试。" in page) == (503, True)
            told = json.loads(shop.send(meanwhile, key="meanwhile"))
            assert (told["status"], told["code"]) == (503, "database_away")
            assert encoder.publish() == 503
        with database.begun():
            back = time.monotonic()
            wait_until(lambda: person.ask(person.portal)[0] == 200, seconds=20, every=0.1)
            took = time.monotonic() - back
            print(f"pages {took:.1f} s after the database")
            assert took < 4
            assert [
                json.loads(shop.send(meanwhile, key="meanwhile"))["counts"]["stored"] for _again in "12"
            ] == [1, 1]
            assert encoder.publish() == 302
            all_counted()
            orders = select("SELECT order_no FROM supplychain_salesevent WHERE source = 'shop' ORDER BY id")
            assert [order for (order,) in orders] == ["before", "meanwhile"]
            wait_until(lambda: wall.newest["figures"]["orders"] == seen["figures"]["orders"] + 1, seconds=10)
            assert wall.newest["at"] > seen["at"], "by the stream that it had open all the while"


def pooled(alias: str, **told: Any) -> DatabaseWrapper:
    """A connection as sites make it, from a pool of this name."""
    environment = read(local_secret=lambda _folder: SECRET, allowed_hosts=["*"])
    made = from_environment(environment)["DATABASES"]["default"]
    return DatabaseWrapper({**connection.settings_dict, **made, "CONN_MAX_AGE": 0, **told}, alias=alias)


@pytest.mark.postgres
def test_who_comes_after_a_quiet_restart_gets_no_dead_connection(transactional_db: None) -> None:
    """All connections that waited in the pool died meanwhile, and nobody noticed."""
    people = [pooled("quiet", NAME=connection.settings_dict["NAME"]) for _person in range(2)]
    try:
        with people[0].cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            (backend,) = cursor.fetchone()
        people[0].close()
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [backend])
            assert cursor.fetchone() == (True,)
        with people[1].cursor() as cursor:
            cursor.execute("SELECT 1")
    finally:
        people[1].close()
        people[1].close_pool()


@pytest.mark.postgres
def test_who_comes_after_the_database_does_not_wait_as_long_as_it_was_away(transactional_db: None) -> None:
    """A pool that tries by itself, after 1, 3, 7 and 15 seconds, answers nobody in between."""
    with servers.postgres_cluster() as database:
        where = conninfo_to_dict(database.address)
        told = {name.upper(): str(where[name]) for name in ("user", "password", "host", "port")}
        person = pooled("away", NAME="postgres", **told)
        try:
            asked = time.monotonic()
            with pytest.raises(OperationalError):
                person.ensure_connection()
            time.sleep(max(0.0, 8 - (time.monotonic() - asked)))
            with database.begun():
                back = time.monotonic()
                person.ensure_connection()
                assert time.monotonic() - back < 3
                person.close()
        finally:
            person.close_pool()
