"""Orders are placed beside others who write: read before the turn to write to SQLite, one placer at a time."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection

from core.locking import try_lock_of_the_file
from core.models import BucketFailure, BucketMark
from core.sqlite3.turns import turns_of
from supplychain.models import Attribution
from supplychain.services import attribution_set, placing
from tests.factories import SYSTEM
from tests.supplychain.onair import Shop, shop

__all__ = ["shop"]

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL has a writer for each connection"),
]


def is_somebodys_turn() -> bool:
    return turns_of(str(connection.settings_dict["NAME"])).taken


def test_the_rule_is_asked_before_the_turn(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    ask, write, taken = placing._answers, placing._write, []

    def asked(*words: Any) -> Any:
        taken.append(is_somebodys_turn())
        return ask(*words)

    def written(*words: Any) -> int:
        taken.append(is_somebodys_turn())
        return write(*words)

    monkeypatch.setattr(placing, "_answers", asked)
    monkeypatch.setattr(placing, "_write", written)
    shop.sold()
    assert shop.answer() == (shop.session.pk, "account")
    assert taken == [False, True]


def test_who_answers_between_look_and_turn_is_heard(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the rule found in the meantime is not stored beside it, and nothing is set aside."""
    ask, times = placing._ask, []

    def asked(seller: Any, touched: Any) -> Iterator[placing.Asked]:
        yield from ask(seller, touched)
        times.append(is_somebodys_turn())
        if len(times) == 1:
            events = list(touched.values_list("pk", flat=True))
            attribution_set(
                actor=SYSTEM, seller=shop.seller, event_ids=events, session=None, rule="no_session"
            )

    monkeypatch.setattr(placing, "_ask", asked)
    shop.sold()
    assert shop.answer() == (None, "no_session")
    assert times[:2] == [False, True]
    assert [row.rule for row in Attribution.objects.all()] == ["no_session"]
    assert not BucketFailure.objects.exists()


def test_one_places_at_a_time(shop: Shop) -> None:
    """Whoever read before would store an older answer over a newer one, whose mark is gone. Nobody waits for that."""
    placed: list[int] = []

    def drain() -> None:
        try:
            placed.append(placing.drain())
        finally:
            connection.close()

    shop.sold()
    marks = BucketMark.objects.filter(family="orders").count()
    assert marks
    with try_lock_of_the_file() as is_mine:
        assert is_mine
        beside = threading.Thread(target=drain)
        beside.start()
        beside.join(20)
        assert placed == [0]
    assert BucketMark.objects.filter(family="orders").count() == marks
    drain()
    assert not BucketMark.objects.filter(family="orders").exists()
    assert shop.answer() == (shop.session.pk, "account")


def test_a_process_forked_meanwhile_does_not_keep_the_lock() -> None:
    reading, writing = os.pipe()
    with try_lock_of_the_file() as is_mine:
        assert is_mine
        child = os.fork()
        if child == 0:
            os.close(writing)
            os.read(reading, 1)  # until the other end is closed
            os._exit(0)
    try:
        with try_lock_of_the_file() as is_mine:
            assert is_mine
    finally:
        os.close(writing)
        os.waitpid(child, 0)
        os.close(reading)
