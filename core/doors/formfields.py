"""Strict fields of forms, for portal and admin: the same verdicts as the API's fields, whatever the database."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from core import strict
from core.doors.filters import DayInput
from core.money import to_cents

WORD_BREAK = re.compile(r"[,，、;；\n]+")
LONGEST_WORD = 64
# What a column holds on PostgreSQL; SQLite would take more.
LARGEST: dict[str, int] = {
    "SmallIntegerField": 2**15 - 1,
    "PositiveSmallIntegerField": 2**15 - 1,
    "IntegerField": 2**31 - 1,
    "PositiveIntegerField": 2**31 - 1,
}


class AmountField(forms.DecimalField):
    """A decimal in ASCII digits: no exponent, no full-width digits, no binary fraction on the way."""

    def to_python(self, value: Any) -> Any:
        text = str(value).strip() if value is not None else ""
        if text in self.empty_values:
            return None
        places = self.decimal_places if self.decimal_places is not None else 4
        digits = self.max_digits - places if self.max_digits is not None else 13
        try:
            return strict.amount(text, places=places, digits=digits, signed=True)
        except strict.StrictError as error:
            raise ValidationError(str(error), code=error.code) from error

    def prepare_value(self, value: Any) -> Any:
        """Show no decimals beyond what the value needs, and cents where it has any."""
        if not isinstance(value, Decimal):
            return value
        short = value.quantize(Decimal(1)) if value == value.to_integral_value() else to_cents(value)
        return str(short if short == value else value.normalize())


class WholeNumberField(forms.IntegerField):
    """An integer in ASCII digits, within what the column holds on every database."""

    def to_python(self, value: Any) -> int | None:
        text = str(value).strip() if value is not None else ""
        if text in self.empty_values:
            return None
        try:
            return strict.quantity(text, signed=True)
        except strict.StrictError as error:
            raise ValidationError(str(error), code=error.code) from error


class CodeField(forms.CharField):
    """A printable identifier as it stands on labels and in files; case is kept."""

    parse = staticmethod(strict.code)

    def __init__(self, *, max_length: int = 64, **kwargs: Any) -> None:
        super().__init__(max_length=max_length, **kwargs)
        self.widget.attrs |= {"autocapitalize": "off", "autocomplete": "off", "spellcheck": "false"}

    def to_python(self, value: Any) -> str:
        try:
            return self.parse(super().to_python(value) or "", self.max_length or 64)
        except strict.StrictError as error:
            raise ValidationError(str(error), code=error.code) from error


class PlatformIdField(CodeField):
    """An id that a platform gave, refused where a spreadsheet has ruined it."""

    parse = staticmethod(strict.identifier)


class LineField(forms.CharField):
    """A line of text without control characters."""

    def to_python(self, value: Any) -> Any:
        line = super().to_python(value)
        if not line:
            return line
        try:
            return strict.text(line, len(line))  # its validator says what is too long
        except strict.StrictError as error:
            raise ValidationError(str(error), code=error.code) from error


class WordsField(forms.CharField):
    """A list of words, typed with commas between them."""

    def __init__(self, *, encoder: Any = None, decoder: Any = None, **kwargs: Any) -> None:
        """`encoder` and `decoder` come from the model's JSONField; words need none."""
        super().__init__(**kwargs)

    def prepare_value(self, value: Any) -> Any:
        return "、".join(map(str, value)) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        if isinstance(value, list):
            return value
        try:
            words = [
                strict.text(word, LONGEST_WORD) for word in WORD_BREAK.split(super().to_python(value) or "")
            ]
        except strict.StrictError as error:
            raise ValidationError(str(error), code=error.code) from error
        return list(dict.fromkeys(word for word in words if word))

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return bool((initial or []) != self.to_python(data))
        except ValidationError:
            return True


def check_year(value: date) -> None:
    """ValidationError for a day or an instant of years with which nobody reckons."""
    try:
        strict.check_year(value)
    except strict.StrictError as error:
        raise ValidationError(str(error), code=error.code) from error


class DayField(forms.DateField):
    """A calendar day, from the browser's own calendar."""

    widget = DayInput

    def to_python(self, value: Any) -> Any:
        if value in self.empty_values or isinstance(value, date):
            return super().to_python(value)
        try:
            return strict.day(value)
        except strict.StrictError as error:
            raise ValidationError(str(error), code=error.code) from error
