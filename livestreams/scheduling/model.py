"""The problem as an integer programme: one column per way to place a request, one row per thing that is limited.

maximise worth @ x  subject to  matrix @ x <= limits,  0 <= x <= upper,  x whole

Rooms that no request can tell apart are one pool per free window, with as many places as there are rooms: set-up
and session together are an interval, and intervals of which never more than n overlap fit into n rooms. Requests
that differ by nothing but their key are one group with a count. `livestreams.scheduling.columns` builds it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt
import scipy  # loads its parts when they are used

from livestreams.scheduling.problem import Problem, Slots

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
NONE = -1


class Limit(IntEnum):
    """What a row limits; `Model.row_part` says which group, pool, host, shift, quota, tenant or share it belongs to."""

    REQUEST = 0
    ROOM = 1  # per slot, set-up included
    HOST = 2  # per slot, rest included
    HOST_DAY = 3  # the slot is the day
    HOST_TOTAL = 4
    CREW = 5  # per slot
    QUOTA = 6
    FAIR = 7
    SHARE = 8


@dataclass(frozen=True, slots=True)
class Pool:
    """Rooms with the same free window that no request can tell apart, by their number in the problem."""

    rooms: tuple[int, ...]
    window: Slots
    setup: int


@dataclass(frozen=True, slots=True)
class Group:
    """Requests that differ by nothing but their key, by their number in the problem."""

    requests: tuple[int, ...]
    length: int
    worth: int
    tenant: str


@dataclass(frozen=True)
class Model:
    """Columns, rows and what they stand for. The first rows are the groups, in order.

    A column places a request of its group at a start, in a pool, with a host (NONE without); `shift` and `crew_start`
    have a row for each of its needs (NONE where it is not met). The last columns have no group: they are the bonus of
    fairness, one per tenant.
    """

    problem: Problem
    pools: tuple[Pool, ...]
    groups: tuple[Group, ...]
    shifts: tuple[tuple[int, int], ...]  # crew, shift of the crew
    tenants: tuple[str, ...]
    group: Ints
    start: Ints
    pool: Ints
    host: Ints
    shift: Ints
    crew_start: Ints
    worth: Ints
    upper: Ints
    matrix: scipy.sparse.csc_array
    limits: Ints
    row_limit: Ints
    row_part: Ints
    row_slot: Ints
    constant: int  # what the locked placements are worth

    @property
    def size(self) -> int:
        return len(self.worth)

    @property
    def scale(self) -> int:
        """How often a worth stands in `worth`: beside it there is room for the sessions that stay in their place."""
        return len(self.problem.before) + 1

    def whole(self, worth: int) -> int:
        """A sum of `worth` without what counts stays, locked placements included."""
        return worth // self.scale + self.constant

    def value(self, x: Ints) -> int:
        """What a solution is worth, locked placements included."""
        return self.whole(int(self.worth @ x))

    def left(self, x: Ints) -> Ints:
        """What a solution leaves of every limit."""
        return np.asarray(self.limits - self.matrix @ x, dtype=np.int64)

    def fits(self, x: Ints) -> bool:
        return bool(self.left(x).min(initial=0) >= 0 and np.all((x >= 0) & (x <= self.upper)))
