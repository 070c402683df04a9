"""How values of indicators look on pages."""

from __future__ import annotations

from decimal import Decimal

from django import template
from django.utils.translation import gettext as _

from analytics.looks import Look
from analytics.models import IndicatorValue

register = template.Library()


@register.filter
def figure(stored: IndicatorValue | None, look: Look) -> str:
    """A stored value as its series looks; a dash when there is none, or a word for why."""
    if stored is None:
        return "–"
    return _("withheld") if stored.value is None else look.text(stored.value)


@register.filter
def change(difference: str | None, look: Look) -> str:
    """By how much a vintage changed a value, from its lineage; a dash when it changed nothing."""
    return look.change(Decimal(difference)) if difference else "–"


@register.filter
def signed(value: float | Decimal | None, places: int = 1) -> str:
    """A difference with its sign; a dash when there is none."""
    return "–" if value is None else f"{value:+.{places}f}".replace("-", "−")


@register.filter
def magnitude(number: int) -> int:
    """A number without its sign."""
    return abs(number)
