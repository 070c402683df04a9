"""Writers to SQLite: first come, first served, and nobody keeps the turn; what they write is as it ever was."""

from __future__ import annotations

import gc
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from datetime import UTC, datetime, tzinfo
from functools import partial

import pytest
from django.db import DatabaseError, OperationalError, connection, transaction

from core import locking
from core.clock import SHANGHAI
from core.locking import one_by_one
from core.sqlite3.base import Operations
from core.sqlite3.turns import IN_A_ROW, Turns, urgent

pytestmark = pytest.mark.skipif(
    connection.vendor != "sqlite", reason="PostgreSQL has as many writers as it has connections"
)


def in_a_thread(work: Callable[[], object]) -> threading.Thread:
    def alone() -> None:
        try:
            work()
        finally:
            connection.close()

    thread = threading.Thread(target=alone)
    thread.start()
    return thread


def until(holds: Callable[[], bool]) -> None:
    while not holds():
        time.sleep(0.001)


def test_turns_are_handed_on_in_the_order_in_which_they_were_asked_for() -> None:
    turns, came = Turns(), []
    assert turns.take(1)

    def wait(number: int) -> None:
        assert turns.take(10)
        came.append(number)
        turns.give()

    waiting = []
    for number in range(8):
        waiting.append(threading.Thread(target=wait, args=(number,)))
        waiting[-1].start()
        until(lambda: len(turns._waiting) == len(waiting))
    turns.give()
    for thread in waiting:
        thread.join()
    assert came == list(range(8))


def came_in(line: Sequence[bool]) -> list[bool]:
    """Who came, urgent or not, after all of them had waited in this order."""
    turns, came = Turns(), []
    assert turns.take(1)

    def wait(is_urgent: bool) -> None:
        with urgent() if is_urgent else nullcontext():
            assert turns.take(10)
        came.append(is_urgent)
        turns.give()

    waiting = []
    for is_urgent in line:
        waiting.append(threading.Thread(target=wait, args=(is_urgent,)))
        waiting[-1].start()
        until(lambda: len(turns._waiting) + len(turns._urgent) == len(waiting))
    turns.give()
    for thread in waiting:
        thread.join()
    assert not turns.taken
    return came


def test_who_is_urgent_goes_first() -> None:
    assert came_in([False, False, True, False]) == [True, False, False, False]


def test_urgent_ones_keep_their_order() -> None:
    turns, came = Turns(), []
    assert turns.take(1)

    def wait(number: int) -> None:
        with urgent():
            assert turns.take(10)
        came.append(number)
        turns.give()

    waiting = []
    for number in range(8):
        waiting.append(threading.Thread(target=wait, args=(number,)))
        waiting[-1].start()
        until(lambda: len(turns._urgent) == len(waiting))
    turns.give()
    for thread in waiting:
        thread.join()
    assert came == list(range(8))


def test_urgent_ones_starve_nobody() -> None:
    """After so many of them it is somebody else's turn, again and again."""
    came = came_in([False, False, *[True] * (2 * IN_A_ROW + 3)])
    assert came == [*[True] * IN_A_ROW, False, *[True] * IN_A_ROW, False, True, True, True]


def test_who_is_urgent_and_gives_up_is_not_waited_for() -> None:
    turns = Turns()
    assert turns.take(1)
    with urgent():
        assert not turns.take(0.01)
    turns.give()
    assert turns.take(0.01)


def test_who_is_next_begins_before_the_one_before_goes_on() -> None:
    """Nobody makes a busy thread stop here: who is woken up comes while it breathes, or after all it has to do."""
    turns, came, first = Turns(), threading.Event(), 0

    def wait() -> None:
        assert turns.take(10)
        came.set()
        turns.give()

    usual = sys.getswitchinterval()
    for _round in range(50):
        came.clear()
        assert turns.take(1)
        thread = threading.Thread(target=wait)
        thread.start()
        until(lambda: bool(turns._waiting))
        sys.setswitchinterval(10)
        try:
            turns.give()
            first += came.is_set()
        finally:
            sys.setswitchinterval(usual)
        thread.join()
    assert first


def test_who_gives_up_is_not_waited_for() -> None:
    turns = Turns()
    assert turns.take(1)
    assert not turns.take(0.01)
    turns.give()
    assert turns.take(0.01)


@pytest.mark.parametrize("handed", [False, True])
def test_who_is_interrupted_while_waiting_leaves_no_gap(
    monkeypatch: pytest.MonkeyPatch, *, handed: bool
) -> None:
    turns = Turns()
    assert turns.take(1)

    class Interrupted:
        """A gate whose wait ends by a signal, before or just after the turn was handed to it."""

        def acquire(self, timeout: float | None = None) -> bool:
            if timeout is None:
                return True
            if handed:
                turns.give()
            raise KeyboardInterrupt

        def release(self) -> None:
            pass

    with monkeypatch.context() as patch:
        patch.setattr("core.sqlite3.turns.threading.Lock", Interrupted)
        with pytest.raises(KeyboardInterrupt):
            turns.take(1)
    if not handed:
        turns.give()
    assert turns.take(0.01)


def test_a_writer_that_never_rests_lets_others_in(transactional_db: None) -> None:
    """Each who waits comes before the second next transaction of whoever writes all the time."""
    written, stop = [0], threading.Event()

    def write_and_write() -> None:
        while not stop.is_set():
            with transaction.atomic():
                written[0] += 1
                time.sleep(0.01)

    busy = in_a_thread(write_and_write)
    until(lambda: written[0] > 0)
    try:
        for _try in range(20):
            before = written[0]
            with transaction.atomic():
                assert written[0] <= before + 2
    finally:
        stop.set()
        busy.join()


@pytest.mark.parametrize("ends", ["commits", "rolls back", "closes", "is lost"])
def test_a_turn_ends_with_its_transaction(transactional_db: None, ends: str) -> None:
    def work() -> None:
        if ends == "commits":
            with transaction.atomic():
                pass
        elif ends == "rolls back":
            with pytest.raises(ZeroDivisionError), transaction.atomic():
                raise ZeroDivisionError
        else:
            connection.ensure_connection()
            connection._start_transaction_under_autocommit()  # type: ignore[attr-defined]
            if ends == "closes":
                connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    gc.collect()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def test_who_waits_too_long_is_told_that_the_database_is_locked(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(connection.settings_dict["OPTIONS"], "timeout", 0.05)
    refused: list[DatabaseError] = []

    def knock() -> None:
        try:
            with transaction.atomic():
                pass
        except OperationalError as error:
            refused.append(error)

    with transaction.atomic():
        in_a_thread(knock).join()
    assert [str(error) for error in refused] == ["database is locked"]


@pytest.mark.parametrize("zone", [UTC, SHANGHAI, None])
def test_an_instant_is_kept_as_before_whatever_its_zone(zone: tzinfo | None) -> None:
    instant = datetime(2026, 11, 11, 20, 30, 15, 120, tzinfo=zone)
    expected = super(Operations, connection.ops).adapt_datetimefield_value(instant)
    assert connection.ops.adapt_datetimefield_value(instant) == expected


@pytest.mark.parametrize(
    "text",
    ["2026-11-11 20:30:15.000120", "2026-11-11 20:30:15", "2026-11-11 20:30:15+08:00", "2026-11-11", None],
)
def test_an_instant_is_read_as_before_however_it_was_written(text: str | None) -> None:
    expected = super(Operations, connection.ops).convert_datetimefield_value(text, None, connection)
    found = connection.ops.convert_datetimefield_value(text, None, connection)
    assert found == expected
    assert found is None or found.utcoffset() == expected.utcoffset()


@pytest.mark.django_db(transaction=True)
def test_threads_go_through_what_is_little_else_than_python_one_by_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """And nobody who holds the writer waits for one who may wait for it."""
    monkeypatch.setattr(locking, "PATIENCE", 30)
    inside, most, order = 0, 0, []
    let_go = threading.Event()

    @one_by_one
    def work(number: int) -> None:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        if number == 0:
            let_go.wait(5)
        order.append(number)
        inside -= 1

    threads = []
    for number in range(4):
        threads.append(in_a_thread(partial(work, number)))
        until(lambda: inside == 1)
        time.sleep(0.02)
    with transaction.atomic():
        work(9)
    let_go.set()
    for thread in threads:
        thread.join()
    assert order[:2] == [9, 0]
    assert sorted(order[2:]) == [1, 2, 3]
    assert most == 2, "the one in a transaction went by"


@pytest.mark.django_db(transaction=True)
def test_whoever_has_waited_long_enough_goes_on_beside_the_others() -> None:
    let_go, came = threading.Event(), threading.Event()

    @one_by_one
    def work(first: bool) -> None:
        came.set() if not first else let_go.wait(5)

    slow = in_a_thread(partial(work, True))
    next_one = in_a_thread(partial(work, False))
    assert came.wait(5), "it is no lock"
    assert slow.is_alive()
    let_go.set()
    slow.join()
    next_one.join()


@pytest.mark.django_db(transaction=True)
def test_who_fails_gives_the_place_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locking, "PATIENCE", 30)

    @one_by_one
    def work(fails: bool) -> str:
        if fails:
            raise LookupError
        return "done"

    with pytest.raises(LookupError):
        work(True)
    began = time.monotonic()
    assert work(False) == "done"
    assert time.monotonic() - began < 15
