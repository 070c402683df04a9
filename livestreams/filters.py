"""Filters that pages and API share."""

from __future__ import annotations

import django_filters
from django.utils.translation import gettext_lazy as _

from core.doors.filters import FromDay, UntilDay
from livestreams.choices import Platform, SessionState
from livestreams.models import LiveSession


class SessionFilter(django_filters.FilterSet):
    """Sessions by day, platform and state."""

    since = FromDay("started_at", label=_("From"))
    until = UntilDay("started_at", label=_("Until"))
    platform = django_filters.ChoiceFilter(choices=Platform, label=_("Platform"), empty_label=_("all"))
    state = django_filters.ChoiceFilter(choices=SessionState, label=_("State"), empty_label=_("all"))

    class Meta:
        model = LiveSession
        fields: list[str] = []
