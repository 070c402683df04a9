"""What an encoder waits for beside others who write: an update for nobody, a first picture for one turn at most."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.db import OperationalError, connection, transaction

from core.clock import now
from core.sqlite3.turns import Turns, turns_of
from livestreams.choices import PublishEnd, PublishReason
from livestreams.models import Publish, PublishDecision
from livestreams.services import seen
from livestreams.services.stream_watch import watch_streams
from tests.factories import make_world
from tests.livestreams.encoders import Encoder, book, encoder, last_reason

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
        later = seen._later
        yield sending
        until(lambda: not later._storing)


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


def test_of_two_signs_that_wait_the_newer_stays(on_air: Encoder, at: At) -> None:
    key, newer = stream().pk, at(9) + timedelta(seconds=9)
    with somebody_writes():
        seen.sign_note(key, newer, 30)
        seen.sign_note(key, at(9) + timedelta(seconds=4), 90)
    until(lambda: not seen._later.waiting())
    stored = stream()
    assert (stored.last_seen_at, stored.behind_ms) == (newer, 30)


def test_signs_of_more_streams_than_are_stored_at_once(
    on_air: Encoder, at: At, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seen, "AT_ONCE", 1)
    one, seen_at = stream(), at(9) + timedelta(seconds=5)
    trial = stream()
    trial.pk, trial.uid, trial.client, trial.is_test, trial.session = None, uuid4(), "2", True, None
    trial.save(force_insert=True)
    with somebody_writes():
        seen.sign_note(one.pk, seen_at, None)
        seen.sign_note(trial.pk, seen_at, None)
    until(lambda: not seen._later.waiting())
    assert list(Publish.objects.running().values_list("last_seen_at", flat=True)) == [seen_at] * 2


def fails_once(monkeypatch: pytest.MonkeyPatch, error: Exception) -> list[Exception]:
    """Let storing fail with the error once; returns what is still to come."""
    store, failures = seen._store, [error]

    def fails(signs: Any) -> None:
        if failures:
            raise failures.pop()
        store(signs)

    monkeypatch.setattr(seen, "_store", fails)
    return failures


def test_a_sign_that_cannot_be_stored_is_kept(
    on_air: Encoder, at: At, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = stream().pk
    failures = fails_once(monkeypatch, OperationalError("disk I/O error"))
    monkeypatch.setattr(seen, "PAUSE", 0.01)
    with somebody_writes():
        seen.sign_note(key, at(9) + timedelta(seconds=5), None)
    until(lambda: stream().last_seen_at == at(9) + timedelta(seconds=5))
    assert not failures


def test_a_sign_that_has_waited_for_its_turn_does_not_wait_longer(
    on_air: Encoder, at: At, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = stream().pk
    failures = fails_once(monkeypatch, OperationalError("database is locked"))
    monkeypatch.setattr(seen, "PAUSE", 60)
    with somebody_writes():
        seen.sign_note(key, at(9) + timedelta(seconds=5), None)
    until(lambda: stream().last_seen_at == at(9) + timedelta(seconds=5))
    assert not failures


@pytest.fixture
def nobody_stores(monkeypatch: pytest.MonkeyPatch) -> seen.Later:
    """Signs wait, as they do while somebody writes for a minute."""
    later = seen.Later()
    later._storing = True
    monkeypatch.setattr(seen, "_later", later)
    return later


def test_an_update_waits_once_for_a_file_that_another_process_holds(
    on_air: Encoder, at: At, nobody_stores: seen.Later, monkeypatch: pytest.MonkeyPatch
) -> None:
    failures = fails_once(monkeypatch, OperationalError("database is locked"))
    with time_machine.travel(at(9) + timedelta(seconds=5), tick=False):
        assert on_air.update(5, behind=70) == 204
    assert not failures
    assert [sign["behind_ms"] for sign in nobody_stores.waiting().values()] == [70]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_thread_that_ends_in_the_middle_leaves_its_signs_to_the_next(
    on_air: Encoder, at: At, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = stream().pk
    failures = fails_once(monkeypatch, SystemExit())
    with somebody_writes():
        seen.sign_note(key, at(9) + timedelta(seconds=5), 70)
        until(lambda: not seen._later._storing)
        assert not failures
        seen.sign_note(key, at(9) + timedelta(seconds=9), None)
    until(lambda: stream().last_seen_at == at(9) + timedelta(seconds=9))
    assert stream().behind_ms == 70


def test_a_stream_whose_signs_wait_is_not_given_up(
    on_air: Encoder, at: At, nobody_stores: seen.Later
) -> None:
    with time_machine.travel(at(9) + timedelta(seconds=40), tick=False):
        with somebody_writes():
            assert on_air.update(40) == 204
        assert stream().last_seen_at == at(9)
        assert watch_streams() == 0
        kept = stream()
        assert (kept.ended_at, kept.last_seen_at) == (None, now())
    with time_machine.travel(at(9) + timedelta(seconds=71), tick=False):
        watch_streams()
        assert stream().end == PublishEnd.LOST


def test_a_second_encoder_does_not_take_over_from_one_whose_signs_wait(
    on_air: Encoder, at: At, nobody_stores: seen.Later
) -> None:
    second = Encoder(on_air.world, on_air.key, client="2")
    with time_machine.travel(at(9) + timedelta(seconds=25), tick=False):
        with somebody_writes():
            assert on_air.update(25) == 204
        assert second.publish().status_code == 403
        assert last_reason() == PublishReason.ROOM_BUSY
        assert stream().ended_at is None


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
