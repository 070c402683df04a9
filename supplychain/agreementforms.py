"""What forms of agreements ask for, in portal and admin."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from core import strict

BREAK = re.compile(r"[;；\n]+")
COLON = re.compile(r"[:：]")


class TiersField(forms.CharField):
    """Rates in percent: "20", or one per slice of a month's base, "0: 20; 100000: 25"."""

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, list):
            return value
        return "; ".join(f"{tier['above']}: {tier['rate']}" for tier in value)

    def to_python(self, value: Any) -> Any:
        words = [word.strip() for word in BREAK.split(super().to_python(value) or "") if word.strip()]
        return [_tier(word) for word in words]

    def has_changed(self, initial: Any, data: Any) -> bool:
        return True


def _tier(word: str) -> tuple[Decimal, Decimal]:
    parts = [part.strip().rstrip("%") for part in COLON.split(word)]
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
