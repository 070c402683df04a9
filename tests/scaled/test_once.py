"""One key, one effect: for many requests at once, and for a server that dies before it could answer."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from core.models import IdempotencyRecord
from supplychain.models import SalesEvent
from tests.factories import World, make_world
from tests.scaled.http import line
from tests.servers import ROOT

pytestmark = pytest.mark.postgres
BULK = "/api/v1/orders/bulk?source=shop"
BODY = json.dumps([line("O1"), line("O2", "20.00")])

# Sends one request and dies as soon as the named function has returned.
DYING_SERVER = """
import os, signal, sys, django
django.setup()
from importlib import import_module
from django.test import Client
last_word, secret, address, body = sys.argv[1:]
module, name = import_module(last_word.rpartition(".")[0]), last_word.rpartition(".")[2]
function = getattr(module, name)
def and_die(*args, **kwargs):
    function(*args, **kwargs)
    os.kill(os.getpid(), signal.SIGKILL)
setattr(module, name, and_die)
headers = {"Authorization": f"Bearer {secret}", "Idempotency-Key": "once"}
Client().post(address, body, content_type="application/json", headers=headers)
"""


@pytest.fixture
def world(transactional_db: None) -> World:
    return make_world("alpha")


def send(secret: str, key: str = "once") -> Any:
    headers = {"Authorization": f"Bearer {secret}", "Idempotency-Key": key}
    return Client().post(BULK, BODY, content_type="application/json", headers=headers)


def test_32_requests_at_once_have_one_effect_and_one_answer(world: World) -> None:
    secret = world.tenants[0].secret
    replies: list[Any] = []
    together = threading.Barrier(32)

    def request() -> None:
        try:
            together.wait()
            replies.append(send(secret))
        finally:
            connection.close()

    threads = [threading.Thread(target=request) for _number in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {(reply.status_code, reply.content) for reply in replies} == {(200, replies[0].content)}
    assert replies[0].json()["counts"]["stored"] == 2
    assert sum("Idempotency-Replayed" not in reply.headers for reply in replies) == 1
    assert SalesEvent.objects.count() == 2


@pytest.mark.parametrize(
    ("last_word", "kept"),
    [("supplychain.api.views.sales_record", False), ("core.doors.api.answer_once", True)],
    ids=["before the commit", "after the commit"],
)
def test_a_server_that_dies_before_its_answer(
    world: World, database_url: str, last_word: str, kept: bool
) -> None:
    secret = world.tenants[0].secret
    env = {**os.environ, "DATABASE_URL": database_url, "DJANGO_SETTINGS_MODULE": "config.settings.test"}
    command = [sys.executable, "-c", DYING_SERVER, last_word, secret, BULK, BODY]
    died = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert died.returncode == -signal.SIGKILL, died.stderr
    assert (SalesEvent.objects.count(), IdempotencyRecord.objects.count()) == ((2, 1) if kept else (0, 0))

    again = send(secret)
    assert (again.status_code, again.json()["counts"]["stored"]) == (200, 2)
    assert ("Idempotency-Replayed" in again.headers) is kept
    assert SalesEvent.objects.count() == 2
