"""Many rows, some at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

T = TypeVar("T")


def in_turn(rows: Iterable[T], size: int) -> Iterator[list[T]]:
    """The rows some at a time, at most `size` together: as many as one statement or transaction takes."""
    source = iter(rows)
    while some := list(islice(source, size)):
        yield some
