"""Filters that pages and API share."""

from __future__ import annotations

from typing import Any

import django_filters
from django.core.validators import RegexValidator
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from analytics.choices import PeriodKind, ValueSource
from parks.provinces import province_by_code, province_by_name

YEAR = RegexValidator(r"\A(?:19|20)[0-9]{2}\Z", _("Give a year such as 2022."))


class IndicatorValueFilter(django_filters.FilterSet):
    """Values by series, place (code), province (code or any of its names), year, kind of period and source."""

    code = django_filters.CharFilter("indicator__code", label=_("Indicator"), max_length=64)
    province = django_filters.CharFilter(method="by_province", label=_("Province"), max_length=64)
    place = django_filters.CharFilter("place__code", label=_("Place"), max_length=64)
    year = django_filters.CharFilter(
        method="by_year", label=_("Year"), min_length=4, max_length=4, validators=[YEAR]
    )
    period_kind = django_filters.ChoiceFilter(choices=PeriodKind, label=_("Period"), empty_label=_("all"))
    source = django_filters.ChoiceFilter(choices=ValueSource, label=_("Source"), empty_label=_("all"))

    def by_province(self, queryset: QuerySet[Any], _name: str, value: str) -> QuerySet[Any]:
        """A name nobody knows has no values."""
        known = province_by_name(value) or province_by_code(value)
        return queryset.filter(place__province__code=known.code if known else value)

    def by_year(self, queryset: QuerySet[Any], _name: str, value: str) -> QuerySet[Any]:
        return queryset.filter(period__year=int(value))


class EventClaimFilter(django_filters.FilterSet):
    """What was stated of one event."""

    event = django_filters.UUIDFilter("event__uid", label=_("Event"))
