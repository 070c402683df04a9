"""Filters that pages and API share."""

from __future__ import annotations

import django_filters
from django.utils.translation import gettext_lazy as _

from core.doors.filters import FromDay, OnDay, UntilDay
from livestreams.choices import BookingState, FaultState, SessionState
from tenants.choices import Platform


class SessionFilter(django_filters.FilterSet):
    """Sessions by day, platform and state."""

    since = FromDay("started_at", label=_("From"))
    until = UntilDay("started_at", label=_("Until"))
    platform = django_filters.ChoiceFilter(choices=Platform, label=_("Platform"), empty_label=_("all"))
    state = django_filters.ChoiceFilter(choices=SessionState, label=_("State"), empty_label=_("all"))


class SessionsOfTenants(SessionFilter):
    """Sessions where several tenants' stand in one list."""

    tenant = django_filters.CharFilter("tenant__code", label=_("Tenant"), max_length=64)


class BookingFilter(django_filters.FilterSet):
    """Bookings by day, room and state."""

    since = FromDay("ends_at", label=_("From"))
    until = UntilDay("starts_at", label=_("Until"))
    room = django_filters.CharFilter("room__code", label=_("Live room"), max_length=64)
    tenant = django_filters.CharFilter("tenant__code", label=_("Tenant"), max_length=64)
    state = django_filters.ChoiceFilter(choices=BookingState, label=_("State"), empty_label=_("all"))


class FaultFilter(django_filters.FilterSet):
    """Faults by day, room and state."""

    since = FromDay("created_at", label=_("From"))
    until = UntilDay("created_at", label=_("Until"))
    room = django_filters.CharFilter("room__code", label=_("Live room"), max_length=64)
    tenant = django_filters.CharFilter("tenant__code", label=_("Tenant"), max_length=64)
    state = django_filters.ChoiceFilter(choices=FaultState, label=_("State"), empty_label=_("all"))


class VisitFilter(django_filters.FilterSet):
    """Visitors by their day and firm."""

    day = OnDay("day", label=_("Day"))
    tenant = django_filters.CharFilter("tenant__code", label=_("Tenant"), max_length=64)
