"""Guards: what higher apps have to say before a unit changes its use.

An app registers a function in `AppConfig.ready()`; it returns the reason why not, or None.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from django.utils.functional import Promise

from parks.models import Unit

Guard = Callable[[Unit, date], str | Promise | None]
_unit_conversion: list[Guard] = []


def guards_unit_conversion(guard: Guard) -> Guard:
    """Register a guard of unit conversions."""
    _unit_conversion.append(guard)
    return guard


def unit_conversion_blockers(unit: Unit, day: date) -> list[str]:
    """Every reason why the unit cannot be converted from that day on."""
    return [str(reason) for guard in _unit_conversion if (reason := guard(unit, day)) is not None]
