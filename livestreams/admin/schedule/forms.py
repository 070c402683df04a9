"""What an operator says of a plan: the rules of the park, and what is changed about its rooms and hosts."""

from __future__ import annotations

import re
from dataclasses import fields
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext, gettext_lazy
from unfold.widgets import UnfoldAdminTextareaWidget

from core.doors.admin import OperationForm, ServiceForm, related_field, style
from core.doors.formfields import LineField, WholeNumberField
from core.strict import StrictError, clock_time, closing_time
from livestreams.choices import CrewKind
from livestreams.forms import lines_of
from livestreams.models import Booking
from livestreams.planning import CrewShift, PlanRules

SHIFT_WRITTEN = re.compile(r"(\d{1,4})\s+(\d\d:\d\d)\s*[-–—~]\s*(\d\d:\d\d)", re.ASCII)


class ShiftsField(forms.CharField):
    """Shifts of a day, a line for each: people, and from when until when, such as 3 08:00-14:30."""

    def to_python(self, value: Any) -> Any:
        return tuple(_shift(line) for line in lines_of(super().to_python(value) or ""))


def _shift(line: str) -> CrewShift:
    found = SHIFT_WRITTEN.fullmatch(line)
    if found is None:
        message = gettext("“%(line)s” is no shift such as 3 08:00-14:30.") % {"line": line[:40]}
        raise ValidationError(message, code="shift")
    people, begins, ends = found.groups()
    try:
        return CrewShift(clock_time(begins), closing_time(ends), int(people))
    except StrictError as error:
        raise ValidationError(str(error), code=error.code) from error


class PlanForm(ServiceForm):
    """The days, the time to think, and the rules of the park; an empty limit is none."""

    quota_hours = style(WholeNumberField, gettext_lazy("hours of each firm at most"), required=False)
    fair_sessions = style(
        WholeNumberField,
        gettext_lazy("first sessions of a firm that count more"),
        required=False,
        initial=0,
    )
    fair_bonus = style(WholeNumberField, gettext_lazy("… by so much worth"), required=False, initial=0)
    host_rest_minutes = style(
        WholeNumberField,
        gettext_lazy("rest of a host between two sessions (minutes)"),
        required=False,
        initial=0,
    )
    host_day_hours = style(WholeNumberField, gettext_lazy("hours of a host per day at most"), required=False)
    makeup_shifts = style(
        ShiftsField,
        gettext_lazy("make-up artists"),
        required=False,
        widget=UnfoldAdminTextareaWidget({"rows": 3, "placeholder": "3 08:00-14:30\n4 15:30-22:00"}),
        help_text=gettext_lazy("A line for each shift of the day: how many people, from when until when."),
    )
    camera_shifts, lighting_shifts, control_shifts = (
        style(
            ShiftsField,
            kind.label,
            required=False,
            widget=UnfoldAdminTextareaWidget({"rows": 2, "placeholder": "2 09:00-18:00"}),
        )
        for kind in CrewKind
    )
    makeup_minutes = style(
        WholeNumberField,
        gettext_lazy("time for make-up (minutes)"),
        required=False,
        initial=PlanRules.makeup_minutes,
    )
    makeup_wait_hours = style(
        WholeNumberField,
        gettext_lazy("made up so many hours before at most"),
        required=False,
        initial=PlanRules.makeup_wait_hours,
    )
    makeup_percent = style(
        WholeNumberField, gettext_lazy("made up before: at least so many of 100 sessions"), required=False
    )

    def values(self) -> dict[str, Any]:
        values = super().values()
        given = {field.name: values.pop(field.name) for field in fields(PlanRules)}
        rules = {name: value for name, value in given.items() if value is not None}
        return {**values, "rules": PlanRules(**rules)}


class ChangeForm(OperationForm):
    """Rooms that are out of use and hosts who are away, from when until when; empty: for the whole schedule."""

    rooms = related_field(Booking, "room", many=True, required=False, label=gettext_lazy("rooms out of use"))
    hosts = related_field(
        Booking, "host", many=True, required=False, label=gettext_lazy("hosts who are away")
    )
    since = style(forms.SplitDateTimeField, gettext_lazy("from"), required=False)
    until = style(forms.SplitDateTimeField, gettext_lazy("until"), required=False)

    def values(self) -> dict[str, Any]:
        values = super().values()
        return {**values, "rooms": tuple(values["rooms"]), "hosts": tuple(values["hosts"])}


class WhatIfForm(ChangeForm):
    more_rooms = style(WholeNumberField, gettext_lazy("rooms more"), required=False)
    scene = style(LineField, gettext_lazy("… with the scene"), max_length=100, required=False)

    def values(self) -> dict[str, Any]:
        values = super().values()
        return {**values, "more_rooms": values["more_rooms"] or 0}
