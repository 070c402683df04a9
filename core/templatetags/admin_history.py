"""Filters of the admin's history page."""

from __future__ import annotations

from typing import Any

from django import template

from core.doors.admin.display import json_lines as lines

register = template.Library()


@register.filter
def json_lines(value: Any) -> Any:
    """A stored JSON value as lines of “name: value”."""
    return lines(value)
