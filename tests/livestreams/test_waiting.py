"""What an encoder waits for beside others who write: an update for nobody, a first picture for one turn at most."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import OperationalError, connection, transaction

from core.clock import now
from core.sqlite3.turns import Turns, turns_of
from livestreams.models import Publish, PublishDecision
from livestreams.services import seen
from tests.factories import make_world
from tests.livestreams.encoders import Encoder, book, encoder

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL has a writer for each connection"),
]
At = Callable[..., datetime]


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.001)


def turns() -> Turns:
    return turns_of(str(connection.settings_dict["NAME"]))


def in_a_thread(work: Callable[[], object]) -> threading.Thread:
    def alone() -> None:
        try:
            work()
        finally:
            connection.close()

    thread = threading.Thread(target=alone)
    thread.start()
    return thread


@contextmanager
def somebody_writes() -> Iterator[None]:
    over = threading.Event()

    def write() -> None:
        with transaction.atomic():
            over.wait(20)

    thread = in_a_thread(write)
    until(lambda: turns().taken)
    try:
        yield
    finally:
        over.set()
        thread.join()


def stream() -> Publish:
    """The last one that was let in."""
    return Publish.objects.latest("pk")


@pytest.fixture
def on_air(at: At) -> Iterator[Encoder]:
    """An encoder that was let in at nine, at nine."""
    world = make_world("alpha")
    with time_machine.travel(at(9), tick=False):
        sending = encoder(world, book(world, at(9), at(11)))
        assert sending.publish().status_code == 302
        yield sending
        until(lambda: not seen._later._storing)


def test_an_update_waits_for_no_writer(on_air: Encoder, at: At) -> None:
    with time_machine.travel(at(9) + timedelta(seconds=5), tick=False), somebody_writes():
        answers: list[int] = []
        asking = in_a_thread(lambda: answers.append(on_air.update(5, behind=70)))
        asking.join(10)
        assert answers == [204]
        assert stream().last_seen_at == at(9)
    until(lambda: stream().last_seen_at == at(9) + timedelta(seconds=5))
    assert stream().behind_ms == 70


def test_of_two_signs_the_newer_stays(on_air: Encoder, at: At) -> None:
    key, newer = stream().pk, at(9) + timedelta(seconds=9)
    seen.sign_note(key, newer, 30)
    seen.sign_note(key, at(9) + timedelta(seconds=4), 90)
    stored = stream()
    assert (stored.last_seen_at, stored.behind_ms) == (newer, 30)


def test_a_sign_that_cannot_be_stored_is_kept(
    on_air: Encoder, at: At, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, store, failures = stream().pk, seen._store, [OperationalError("disk I/O error")]

    def fails_once(signs: Any) -> None:
        if failures:
            raise failures.pop()
        store(signs)

    monkeypatch.setattr(seen, "_store", fails_once)
    monkeypatch.setattr(seen, "PAUSE", 0.01)
    with somebody_writes():
        seen.sign_note(key, at(9) + timedelta(seconds=5), None)
    until(lambda: stream().last_seen_at == at(9) + timedelta(seconds=5))
    assert not failures


def test_a_first_picture_goes_before_other_writers(at: At) -> None:
    world = make_world("alpha")
    with time_machine.travel(at(9), tick=False):
        newcomer, known = encoder(world, book(world, at(9), at(11))), []

        def sell() -> None:
            with transaction.atomic():
                known.append(PublishDecision.objects.filter(accepted=True, at=now()).exists())

        with somebody_writes():
            selling = in_a_thread(sell)
            until(lambda: len(turns()._waiting) == 1)
            asking = in_a_thread(newcomer.publish)
            until(lambda: len(turns()._urgent) + len(turns()._waiting) == 2)
        selling.join()
        asking.join()
    assert known == [True]
