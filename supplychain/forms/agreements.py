"""What an agreement says."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from core import strict

BETWEEN_SLICES = re.compile(r"[;；\n]+")
BEFORE_RATE = re.compile(r"[:：]")


class TiersField(forms.CharField):
    """Rates in percent: "20", or one per slice of a month's base, "0: 20; 100000: 25"."""

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, list):
            return value
        return "; ".join(f"{tier['above']}: {tier['rate']}" for tier in value)

    def to_python(self, value: Any) -> Any:
        words = [
            word.strip() for word in BETWEEN_SLICES.split(super().to_python(value) or "") if word.strip()
        ]
        return [_tier(word) for word in words]

    def has_changed(self, initial: Any, data: Any) -> bool:
        return True


def _tier(word: str) -> tuple[Decimal, Decimal]:
    parts = [part.strip().rstrip("%") for part in BEFORE_RATE.split(word)]
    if len(parts) > 2:
        raise ValidationError(
            _("“%(word)s” is no rate. Write 20, or 0: 20; 100000: 25."), params={"word": word}
        )
    try:
        rate = strict.amount(parts[-1], places=2, digits=3)
        above = strict.amount(parts[0], places=2, digits=13) if len(parts) == 2 else Decimal(0)
    except strict.StrictError as error:
        raise ValidationError(str(error), code=error.code) from error
    return above, rate
