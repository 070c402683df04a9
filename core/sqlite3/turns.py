"""Whose turn it is to write to a file: first come, first served, among the threads of a process.

Who keeps an encoder waiting goes first in line, and among equals whoever came first.
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict, deque
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

BREATH = 50e-6
"""Seconds for which whoever hands the turn on stays out of the way. Python runs one thread at a time, and the next in
line would stand still, with the turn, until this one comes to a stop by itself."""

IN_A_ROW = 8
"""So many urgent ones go before somebody else who waits; then it is that one's turn."""

_urgent: ContextVar[bool] = ContextVar("urgent", default=False)


@contextmanager
def urgent() -> Iterator[None]:
    """Go first in line inside of the block. For turns of a few milliseconds, whose ends somebody waits for."""
    token = _urgent.set(True)
    try:
        yield
    finally:
        _urgent.reset(token)


class Turns:
    """A lock that is handed to whoever has waited longest, urgent ones first; any thread may give it back."""

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._waiting: deque[threading.Lock] = deque()
        self._urgent: deque[threading.Lock] = deque()
        self._in_a_row = 0
        self._taken = False

    @property
    def taken(self) -> bool:
        """Whether it is somebody's turn at this moment."""
        return self._taken

    def take(self, timeout: float) -> bool:
        """Wait for so many seconds at most; False when the turn did not come."""
        with self._mutex:
            if not self._taken:
                self._taken = True
                return True
            gate = threading.Lock()
            gate.acquire()
            line = self._urgent if _urgent.get() else self._waiting
            line.append(gate)
        try:
            came = gate.acquire(timeout=timeout)
        except BaseException:
            # A signal in the middle of the wait: a turn that nobody takes would never be given back.
            if not self._leave(line, gate):
                self.give()
            raise
        return came or not self._leave(line, gate)

    def _leave(self, line: deque[threading.Lock], gate: threading.Lock) -> bool:
        """Wait no longer; False when the turn was handed over at the last moment."""
        with self._mutex:
            if gate not in line:
                return False
            line.remove(gate)
            return True

    def give(self) -> None:
        """Hand the turn to the next, and let it begin."""
        with self._mutex:
            line = self._next_line()
            if not line:
                self._taken = False
                return
            line.popleft().release()
        time.sleep(BREATH)

    def _next_line(self) -> deque[threading.Lock]:
        """The line whose first comes next. Urgent ones do not go before others for ever."""
        if self._urgent and not (self._waiting and self._in_a_row >= IN_A_ROW):
            self._in_a_row += 1
            return self._urgent
        self._in_a_row = 0
        return self._waiting


_by_file: defaultdict[str, Turns] = defaultdict(Turns)


def turns_of(file: str) -> Turns:
    return _by_file[file]
