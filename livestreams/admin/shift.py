"""Shifts: planned within a booking, worked within a session."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from core.actors import Actor
from core.doors.admin import Operation, OperationForm, ScopedModelAdmin, ServiceForm, related_field, style
from core.policy import ADD
from livestreams import services
from livestreams.models import HostShift, PlannedShift


@admin.register(PlannedShift)
class PlannedShiftAdmin(ScopedModelAdmin):
    writes = frozenset({ADD})
    list_display = ("host", "role", "booking", "starts_at", "ends_at", "released")
    list_filter = ("starts_at", "role", "host", "released")
    list_select_related = ("booking__room",)
    search_fields = ("host__code", "host__name_zh", "booking__room__code")
    fields = ("booking", "host", "role", ("starts_at", "ends_at"), "released")
    add_fieldsets = ((None, {"fields": ("booking", "host", "role", "starts_at", "ends_at")}),)
    autocomplete_fields = ("booking", "host")
    operations = (
        Operation(
            "drop",
            _("Take off the plan"),
            services.shift_drop,
            row="shift",
            icon="person_remove",
            danger=True,
            when=lambda shift: not shift.released,
        ),
    )

    def create(self, actor: Actor, values: dict[str, Any]) -> PlannedShift:
        return services.shift_plan(actor=actor, **values)


class ShiftAddForm(ServiceForm):
    relieves = related_field(
        HostShift,
        "host",
        label=_("relieves"),
        required=False,
        help_text=_("Whose shift ends at the same instant: a hand-over."),
    )


class StopForm(OperationForm):
    at = style(forms.SplitDateTimeField, _("until"), required=False, help_text=_("Empty: it ends now."))


@admin.register(HostShift)
class HostShiftAdmin(ScopedModelAdmin):
    writes = frozenset({ADD})
    list_display = ("host", "session", "role", "starts_at", "ends_at")
    list_filter = ("host", "role", "starts_at")
    search_fields = ("host__code", "host__name_zh", "session__title", "session__platform_live_id")
    fields = ("session", "host", "role", ("starts_at", "ends_at"))
    add_form = ShiftAddForm
    add_fieldsets = ((None, {"fields": ("session", "host", "role", "starts_at", "ends_at", "relieves")}),)
    autocomplete_fields = ("session", "host")
    operations = (
        Operation(
            "end", _("End the shift"), services.shift_end, row="shift", form=StopForm, icon="stop_circle"
        ),
    )

    def create(self, actor: Actor, values: dict[str, Any]) -> HostShift:
        return services.shift_begin(actor=actor, at=values.pop("starts_at"), **values)
