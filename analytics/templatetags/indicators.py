"""How values of indicators look on pages."""

from __future__ import annotations

from decimal import Decimal

from django import template
from django.utils.translation import gettext as _

from analytics.models import IndicatorValue

register = template.Library()


@register.filter
def figure(stored: IndicatorValue | None, places: int) -> str:
    """A stored value with thousands separators and so many decimals; a dash when there is none, or a word for why."""
    if stored is None:
        return "–"
    return _("withheld") if stored.value is None else f"{stored.value:,.{places}f}"


@register.filter
def signed(value: float | Decimal | None, places: int = 1) -> str:
    """A difference with its sign; a dash when there is none."""
    return "–" if value is None else f"{value:+.{places}f}".replace("-", "−")


@register.filter
def magnitude(number: int) -> int:
    """A number without its sign."""
    return abs(number)
