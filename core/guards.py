"""Guards: what higher apps have to say before something below them ends.

An app registers a function in `AppConfig.ready()`. A guard returns the reason why not, or None. It is asked in
the transaction that ends the row: it locks what it looks at, and may tell others that they have to look again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from itertools import islice
from typing import Any, Generic, TypeVar

from django.db.models import Model

M = TypeVar("M", bound=Model)

MOST_NAMED = 5


class Guards(Generic[M]):
    """The guards of one kind of ending: `@unit_conversion.guard` registers one, `blockers` asks them all."""

    def __init__(self) -> None:
        self._guards: list[Callable[[M, date], str | None]] = []

    def guard(self, function: Callable[[M, date], str | None]) -> Callable[[M, date], str | None]:
        """Register a guard."""
        self._guards.append(function)
        return function

    def blockers(self, row: M, day: date) -> list[str]:
        """Every reason why it cannot end on that day."""
        return [reason for guard in self._guards if (reason := guard(row, day)) is not None]


def named(rows: Iterable[Any]) -> str:
    """The first few of what stands in the way, and a sign that there are more; empty where nothing does."""
    found = [str(row) for row in islice(rows, MOST_NAMED + 1)]
    return ", ".join([*found[:MOST_NAMED], "…"] if len(found) > MOST_NAMED else found)
