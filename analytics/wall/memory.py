"""What is dear to count and changes slowly, kept for some seconds between the snapshots of a process."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

T = TypeVar("T")

MOST = 512


class Memory:
    """Results by key; when it is full the oldest goes first, so that it stays small for months."""

    def __init__(self) -> None:
        self._kept: dict[Hashable, tuple[float, Any]] = {}

    def recall(self, key: Hashable, seconds: float, count: Callable[[], T]) -> T:
        """The result under a key, counted anew when it is older than so many seconds."""
        now = time.monotonic()
        found = self._kept.get(key)
        if found is None or now - found[0] >= seconds:
            self._kept.pop(key, None)
            found = self._kept[key] = (now, count())
            while len(self._kept) > MOST:
                self._kept.pop(next(iter(self._kept)))
        result: T = found[1]
        return result
