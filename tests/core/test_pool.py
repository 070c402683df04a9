"""Connections to a file of SQLite wait for whoever needs one next, and bring nothing of whoever had them before."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import OperationalError, connection

from core.locking import is_unavailable
from core.sqlite3.base import DatabaseWrapper
from core.sqlite3.pool import MOST, pool

pytestmark = pytest.mark.skipif(connection.vendor != "sqlite", reason="psycopg has a pool of its own")
People = Callable[[], DatabaseWrapper]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "park.sqlite3"
    with sqlite3.connect(path) as made:
        made.execute("CREATE TABLE room (id INTEGER PRIMARY KEY, park INTEGER REFERENCES room (id))")
    made.close()
    return path


@pytest.fixture
def someone(file: Path, django_db_blocker: Any) -> Iterator[People]:
    """People, each with a connection of their own to the file."""
    came: list[DatabaseWrapper] = []

    def come() -> DatabaseWrapper:
        options = {
            key: value for key, value in connection.settings_dict["OPTIONS"].items() if key != "timeout"
        }
        told = {**connection.settings_dict, "NAME": str(file), "OPTIONS": {**options, "timeout": 0.2}}
        came.append(DatabaseWrapper(told, alias=f"someone-{len(came)}"))
        came[-1].ensure_connection()
        return came[-1]

    with django_db_blocker.unblock():
        yield come
        for each in came:
            each.close()
    pool.empty()


def rooms(of: DatabaseWrapper) -> int:
    with of.cursor() as cursor:
        return int(cursor.execute("SELECT count(*) FROM room").fetchone()[0])


def test_who_comes_next_gets_the_connection_of_whoever_left_last(someone: People) -> None:
    first, second = someone(), someone()
    one, other = first.connection, second.connection
    assert one is not other
    first.close()
    second.close()
    third, fourth = someone(), someone()
    assert (third.connection, fourth.connection) == (other, one)
    assert rooms(third) == 0


def test_no_more_wait_than_are_of_use(someone: People) -> None:
    people = [someone() for _ in range(MOST + 2)]
    opened = [each.connection for each in people]
    for each in people:
        each.close()
    for number, each in enumerate(opened):
        if number < MOST:
            each.execute("SELECT 1")
        else:
            with pytest.raises(sqlite3.ProgrammingError, match="closed"):
                each.execute("SELECT 1")


def test_what_was_begun_ends_with_whoever_began_it(someone: People) -> None:
    first = someone()
    first._start_transaction_under_autocommit()
    with first.cursor() as cursor:
        cursor.execute("INSERT INTO room (id) VALUES (1)")
    first.close()
    second = someone()
    assert rooms(second) == 0
    with second.cursor() as cursor:
        cursor.execute("INSERT INTO room (id) VALUES (2)")
    assert rooms(second) == 1


def test_who_closes_within_a_transaction_takes_the_connection_along(someone: People) -> None:
    first = someone()
    closed, still_held = first.connection, first.cursor()
    first.in_atomic_block = True
    first.close()
    first.in_atomic_block = False
    assert someone().connection is not closed
    first.connection = None
    first.ensure_connection()
    first.close()
    del still_held


def test_what_was_half_read_holds_nobody_up(someone: People, file: Path) -> None:
    first = someone()
    with first.cursor() as cursor:
        cursor.execute("INSERT INTO room (id) VALUES (1), (2), (3)")
    reading = first.cursor()
    reading.execute("SELECT id FROM room")
    reading.fetchone()
    first.close()
    with someone().cursor() as cursor:
        cursor.execute("INSERT INTO room (id) VALUES (4)")
        # Whoever still reads keeps the log of changes from being taken over to the file, for ever.
        assert cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone() == (0, 0, 0)


def test_keys_are_looked_at_again(someone: People) -> None:
    first = someone()
    assert first.disable_constraint_checking()
    first.close()
    with someone().cursor() as cursor, pytest.raises(Exception, match="FOREIGN KEY"):
        cursor.execute("INSERT INTO room (id, park) VALUES (1, 99)")


@pytest.mark.parametrize("is_waiting", [True, False])
def test_a_file_put_in_place_under_a_running_site_is_refused(
    someone: People, file: Path, tmp_path: Path, is_waiting: bool
) -> None:
    """The log of changes beside it is of the file before: SQLite would mix the two."""
    one = someone()
    with one.cursor() as cursor:
        cursor.execute("INSERT INTO room (id) VALUES (1)")
    if is_waiting:
        one.close()
    restored = tmp_path / "restored.sqlite3"
    with sqlite3.connect(restored) as copy:
        copy.execute("CREATE TABLE room (id INTEGER PRIMARY KEY)")
    copy.close()
    restored.replace(file)
    for _time in range(2):
        with pytest.raises(OperationalError, match=r"unable to open.*put in its place") as refused:
            someone()
        assert is_unavailable(refused.value)


def test_what_could_only_be_read_is_opened_again_once_it_may_be_written(
    someone: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda *_how: False)
    before = someone()
    only_read = before.connection
    before.close()
    monkeypatch.undo()
    assert someone().connection is not only_read


def test_a_connection_that_somebody_closed_by_hand_does_not_wait(someone: People) -> None:
    first = someone()
    closed = first.connection
    closed.close()
    first.close()
    assert someone().connection is not closed


def test_a_child_leaves_what_its_parent_keeps_alone(someone: People) -> None:
    first = someone()
    kept = first.connection
    first.close()
    child = os.fork()
    if not child:
        # Neither used nor closed: SQLite's locks are those of the process that opened the file.
        mine = someone().connection
        pool.empty()
        os._exit(0 if mine is not kept and kept.execute("SELECT 1").fetchone() == (1,) else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert someone().connection is kept


def test_the_product_keeps_the_statements_of_its_connections_too() -> None:
    assert settings.DATABASES["default"]["OPTIONS"]["cached_statements"] > 128
