"""Filters that every door may use."""

from __future__ import annotations

from datetime import date
from typing import Any

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from core.clock import DAY, day_start, month_of, next_month

FIRST_DAY, LAST_DAY = date(1980, 1, 1), date(2199, 12, 31)


def day_of(text: str, default: date) -> date:
    """The day of an address; the default when it is missing, none, or out of all reason."""
    try:
        day = forms.DateField().clean(text)
    except ValidationError:
        return default
    return day if FIRST_DAY < day < LAST_DAY else default


def months_beside(day: date) -> dict[str, date]:
    """The last day of the month before a day's and the first of the one after, for a page of a month."""
    return {"before": month_of(day) - DAY, "after": next_month(day)}


class DayInput(forms.DateInput):
    """The browser's own calendar."""

    input_type = "date"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, format="%Y-%m-%d")


class OnDay(django_filters.DateFilter):
    """A column of days, on one of them."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        limits = [MinValueValidator(FIRST_DAY), MaxValueValidator(LAST_DAY)]
        super().__init__(*args, widget=DayInput, validators=limits, **kwargs)


class FromDay(OnDay):
    """From the beginning of a business day on, over a column of instants whose index stays usable."""

    def filter(self, qs: QuerySet[Any], value: date | None) -> QuerySet[Any]:
        return qs.filter(**{f"{self.field_name}__gte": day_start(value)}) if value else qs


class UntilDay(OnDay):
    """Until the end of a business day, likewise."""

    def filter(self, qs: QuerySet[Any], value: date | None) -> QuerySet[Any]:
        return qs.filter(**{f"{self.field_name}__lt": day_start(value + DAY)}) if value else qs


class YesNoInput(django_filters.widgets.BooleanWidget):
    """Keeps what is neither true nor false, so that the field can refuse it."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        found = super().value_from_datadict(data, files, name)
        return data.get(name) if found is None else found


class YesNoField(forms.NullBooleanField):
    """Refuses what the form's own field takes for no answer."""

    def to_python(self, value: Any) -> bool | None:  # type: ignore[override]
        found = super().to_python(value)
        if found is None and value not in (None, ""):
            raise ValidationError(_("Say true or false."), code="invalid")
        return found


class YesNo(django_filters.BooleanFilter):
    """True or false; another word would show everything."""

    field_class = YesNoField

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, widget=YesNoInput, **kwargs)
