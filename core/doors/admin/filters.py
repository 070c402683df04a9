"""List filters that offer and accept what the actor may see, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.contrib.admin import FieldListFilter
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import (
    AutocompleteSelectFilter,
    BooleanRadioFilter,
    ChoicesDropdownFilter,
    DropdownFilter,
    RangeDateFilter,
)
from unfold.utils import parse_date_str

from core.clock import DAY, day_start, today
from core.days import open_on
from core.doors.admin.forms import KeyedSelect
from core.doors.context import actor_of
from core.scoping import visible_to


class ScopedRelatedFilter(AutocompleteSelectFilter):
    """A related row, found by typing; also the name of the chosen one is looked up within the scope."""

    def choices(self, changelist: Any) -> Iterator[dict[str, Any]]:
        for choice in super().choices(changelist):
            field = choice["form"].fields[self.lookup_kwarg]
            field.widget = KeyedSelect(self.field, self.model_admin.admin_site, attrs=field.widget.attrs)
            field.queryset = visible_to(field.queryset, actor_of(self.request))
            yield choice


class BusinessDayFilter(RangeDateFilter):
    """From a day to a day, both included. Of an instant the day in Asia/Shanghai counts."""

    def queryset(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> models.QuerySet[Any]:
        since, until = self._day("from"), self._day("to")
        if since is not None:
            queryset = queryset.filter(**{f"{self.field_path}__gte": self._bound(since)})
        if until is not None:
            queryset = queryset.filter(**{f"{self.field_path}__lt": self._bound(until + DAY)})
        return queryset

    def _day(self, end: str) -> date | None:
        text = self.used_parameters.get(f"{self.field_path}_{end}")
        day = parse_date_str(text) if isinstance(text, str) else None
        return day if day is not None and date.min < day < date.max else None

    def _bound(self, day: date) -> Any:
        return day_start(day) if isinstance(self.field, models.DateTimeField) else day


class OpenFilter(DropdownFilter):
    """Records in use or closed ones, of a closable model."""

    title = _("closed")
    parameter_name = "closed"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("no", _("In use")), ("yes", _("Closed"))]

    def queryset(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> models.QuerySet[Any]:
        if self.value() in ("no", "yes"):
            return queryset.filter(open_on(today()) if self.value() == "no" else ~open_on(today()))
        return queryset


def with_classes(model: type[models.Model], declared: Any) -> list[Any]:
    """Give every filter that is declared by a field's name the class that suits the field."""
    return [_suited(model, item) if isinstance(item, str) else item for item in declared]


def _suited(model: type[models.Model], path: str) -> tuple[str, type[FieldListFilter]]:
    field = field_at(model, path)
    if field.is_relation:
        return path, ScopedRelatedFilter
    if getattr(field, "choices", None):
        return path, ChoicesDropdownFilter
    if isinstance(field, models.BooleanField):
        return path, BooleanRadioFilter
    if isinstance(field, models.DateField):
        return path, BusinessDayFilter
    raise TypeError(f"no filter suits {model._meta.label}.{path}")


def field_at(model: type[models.Model], path: str) -> Any:
    """The field at the end of a lookup path."""
    *relations, last = path.split("__")
    for name in relations:
        related = model._meta.get_field(name).related_model
        if not isinstance(related, type):
            raise FieldDoesNotExist(path)
        model = related
    return model._meta.get_field(last)


def parameters_of(model: type[models.Model], item: Any) -> set[str]:
    """The query parameters that a declared filter understands: everything else is refused."""
    if not isinstance(item, tuple):
        return {item.parameter_name}
    path, _class = item
    field = field_at(model, path)
    if field.is_relation:
        return {f"{path}__{field.target_field.name}__exact"}
    if isinstance(field, models.DateField):
        return {f"{path}_from", f"{path}_to"}
    return {f"{path}__exact"}
