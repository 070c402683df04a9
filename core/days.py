"""What holds on a day, as conditions for queries. Days may be expressions, of an outer row as well."""

from __future__ import annotations

from typing import Any

from django.db.models import Q


def open_on(day: Any, of: str = "") -> Q:
    """Closable records that are not closed on a day, as `is_closed_by` says of one: a day to come closes none yet.

    `of` is the lookup that leads to the records, where the query is about others.
    """
    return not_over(day, f"{of}__closed_on" if of else "closed_on")


def in_force_on(first: Any, last: Any = None) -> Q:
    """What is in force, from `from_day` up to the day before `to_day`: on a day, or on any from first to last."""
    return not_over(first) & Q(from_day__lte=first if last is None else last)


def not_over(day: Any, until: str = "to_day") -> Q:
    """What ends after a day, or has no end; `until` names the first day on which it holds no longer."""
    return Q(**{f"{until}__isnull": True}) | Q(**{f"{until}__gt": day})
