"""Whose turn it is to write to a file: first come, first served, among the threads of a process."""

from __future__ import annotations

import threading
import time
from collections import defaultdict, deque

BREATH = 50e-6
"""Seconds for which whoever hands the turn on stays out of the way. Python runs one thread at a time, and the next in
line would stand still, with the turn, until this one comes to a stop by itself."""


class Turns:
    """A lock that is handed to whoever has waited longest; any thread may give it back."""

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._waiting: deque[threading.Lock] = deque()
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
            self._waiting.append(gate)
        try:
            came = gate.acquire(timeout=timeout)
        except BaseException:
            # A signal in the middle of the wait: a turn that nobody takes would never be given back.
            if not self._leave(gate):
                self.give()
            raise
        return came or not self._leave(gate)

    def _leave(self, gate: threading.Lock) -> bool:
        """Wait no longer; False when the turn was handed over at the last moment."""
        with self._mutex:
            if gate not in self._waiting:
                return False
            self._waiting.remove(gate)
            return True

    def give(self) -> None:
        """Hand the turn to the next, and let it begin."""
        with self._mutex:
            if not self._waiting:
                self._taken = False
                return
            self._waiting.popleft().release()
        time.sleep(BREATH)


_by_file: defaultdict[str, Turns] = defaultdict(Turns)


def turns_of(file: str) -> Turns:
    return _by_file[file]
