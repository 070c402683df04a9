"""Who logs in does not wait for an import that has SQLite's one writer."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from time import monotonic, sleep

import pytest
from django.contrib.sessions.models import Session
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse

from core import behind, sessions
from core.choices import Role
from core.models import User
from tests.factories import PASSWORD, make_park, make_tenant, make_user

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def person() -> User:
    if connection.vendor != "sqlite":
        pytest.skip("others have as many writers as they like")
    return make_user("ming", Role.TENANT_OWNER, make_tenant(make_park("east"), "ming").node)


class Writer:
    """Somebody who writes for long."""

    def __init__(self) -> None:
        self._begun, self._ends = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._write)
        self._thread.start()
        assert self._begun.wait(10)

    def _write(self) -> None:
        with transaction.atomic():
            self._begun.set()
            self._ends.wait(60)
        connection.close()

    def end(self) -> None:
        self._ends.set()
        self._thread.join()


@pytest.fixture
def writer(person: User) -> Iterator[Writer]:
    made = Writer()
    yield made
    made.end()


def soon(what: str, done: object) -> None:
    until = monotonic() + 10
    while not done():  # type: ignore[operator]
        assert monotonic() < until, what
        sleep(0.01)


def log_in(client: Client, person: User) -> None:
    answer = client.post(reverse("portal-login"), {"username": person.username, "password": PASSWORD})
    assert answer.status_code == 302


def test_who_logs_in_does_not_wait_for_a_long_writer(client: Client, person: User, writer: Writer) -> None:
    began = monotonic()
    log_in(client, person)
    page = client.get(reverse("portal-today", args=["ming"]))
    assert page.status_code == 200
    assert page.context["user"] == person
    assert monotonic() - began < 10
    assert not Session.objects.exists()
    writer.end()
    soon("the log-in is written down", lambda: not sessions._waiting and not behind._line)
    assert Session.objects.count() == 1
    person.refresh_from_db()
    assert person.last_login is not None
    # From now on it is read where it was written.
    assert client.get(reverse("portal-today", args=["ming"])).context["user"] == person


def test_who_logs_out_is_out_before_and_after_the_log_in_was_written_down(
    client: Client, person: User, writer: Writer
) -> None:
    log_in(client, person)
    key = client.session.session_key
    assert key is not None
    waits = threading.Thread(target=lambda: (sessions.SessionStore(key).delete(), connection.close()))
    waits.start()
    soon("nobody is logged in by it", lambda: not sessions.SessionStore(key).load())
    writer.end()
    waits.join()
    soon("all is written down", lambda: not behind._line)
    assert not Session.objects.exists()
