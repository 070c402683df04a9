"""Items that a thread makes ahead: in their order, few at a time, with errors where they belong, and no thread left."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing

import pytest
from django.utils import translation

from core.ahead import ahead


def test_items_come_in_their_order_from_another_thread() -> None:
    def numbers() -> Iterator[tuple[int, int]]:
        for number in range(50):
            yield number, threading.get_ident()

    found = list(ahead(numbers(), 3))
    assert [number for number, _thread in found] == list(range(50))
    (thread,) = {thread for _number, thread in found}
    assert thread != threading.get_ident()


def test_no_more_are_made_than_agreed() -> None:
    made: list[int] = []
    second = threading.Event()

    def numbers() -> Iterator[int]:
        for number in range(50):
            made.append(number)
            if number == 2:
                second.set()
            yield number

    with closing(ahead(numbers(), 2)) as items:
        assert next(items) == 0
        assert second.wait(10), "the next two are made while nobody asks"
    assert made == [0, 1, 2]


def test_what_is_wrong_is_raised_in_its_place() -> None:
    def numbers() -> Iterator[int]:
        yield 1
        raise ValueError("the second")

    items = ahead(numbers(), 4)
    assert next(items) == 1
    with pytest.raises(ValueError, match="the second"):
        next(items)
    assert list(items) == []


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_it_speaks_the_language_of_who_asks(language: str) -> None:
    with translation.override(language):
        assert list(ahead(translation.get_language() for _item in range(2))) == [language] * 2


def test_whoever_stops_has_no_thread_left() -> None:
    before = set(threading.enumerate())
    with closing(ahead(iter(range(1_000_000)))) as items:
        next(items)
        assert set(threading.enumerate()) > before
    assert set(threading.enumerate()) == before
