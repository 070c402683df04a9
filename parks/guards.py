"""Guards: what higher apps have to say before a unit changes its use, and what they do when a real park opens.

An app registers a function in `AppConfig.ready()`. A guard returns the reason why not, or None.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from django.utils.functional import Promise

from parks.models import Unit

Follower = Callable[[], None]
Guard = Callable[[Unit, date], str | Promise | None]
_unit_conversion: list[Guard] = []
_real_park: list[Follower] = []


def follows_real_park(follower: Follower) -> Follower:
    """Register what happens in the transaction that opens a park which is not a demo's."""
    _real_park.append(follower)
    return follower


def real_park_opened() -> None:
    for follower in _real_park:
        follower()


def guards_unit_conversion(guard: Guard) -> Guard:
    """Register a guard of unit conversions."""
    _unit_conversion.append(guard)
    return guard


def unit_conversion_blockers(unit: Unit, day: date) -> list[str]:
    """Every reason why the unit cannot be converted from that day on."""
    return [str(reason) for guard in _unit_conversion if (reason := guard(unit, day)) is not None]
