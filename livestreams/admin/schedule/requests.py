"""What tenants ask for: times in a room, their rank, and who is needed there."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.utils.translation import gettext_lazy
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextareaWidget

from core.actors import Actor
from core.doors.admin import Operation, OperationForm, ScopedModelAdmin, ServiceForm, style
from core.doors.formfields import WholeNumberField
from core.policy import ADD
from livestreams import services
from livestreams.answers import crews_of
from livestreams.choices import CrewKind
from livestreams.forms import WindowsField, crews_asked
from livestreams.models import SlotRequest
from livestreams.services.slots import MOST_PEOPLE


class SlotRequestAddForm(ServiceForm):
    """One window, and more of them in lines."""

    earliest = style(forms.SplitDateTimeField, gettext_lazy("from"))
    latest = style(forms.SplitDateTimeField, gettext_lazy("until"))
    more = style(
        WindowsField,
        gettext_lazy("or also"),
        required=False,
        widget=UnfoldAdminTextareaWidget({"rows": 2, "placeholder": "2026-10-01 09:00-12:00"}),
        help_text=gettext_lazy("A line for each window: the day, from when until when."),
    )
    camera_people, lighting_people, control_people = (
        style(WholeNumberField, kind.label, required=False, max_value=MOST_PEOPLE) for kind in CrewKind
    )
    camera_minutes, lighting_minutes, control_minutes = (
        style(
            WholeNumberField,
            gettext_lazy("the first minutes only"),
            required=False,
            help_text=gettext_lazy("Empty: for the whole session."),
        )
        for _kind in CrewKind
    )

    def values(self) -> dict[str, Any]:
        values = super().values()
        windows = [(values.pop("earliest"), values.pop("latest")), *values.pop("more")]
        crews = crews_asked(values)
        return {**values, "windows": windows, "crews": crews}


class RankForm(OperationForm):
    from_row = ("priority",)

    priority = style(WholeNumberField, gettext_lazy("priority"), max_value=10)


@admin.register(SlotRequest)
class SlotRequestAdmin(ScopedModelAdmin):
    writes = frozenset({ADD})
    list_display = (
        "tenant",
        "earliest",
        "latest",
        "minutes",
        "room",
        "scene",
        "host",
        "category",
        "value",
        "priority",
        "withdrawn_at",
    )
    list_filter = ("park", "tenant", "earliest", "made_up")
    search_fields = ("tenant__code", "tenant__name_zh", "scene", "category", "purpose")
    asked = (
        "minutes",
        "earliest",
        "latest",
        "repeat_until",
        ("room", "scene"),
        ("host", "category"),
        "preferred_host",
        ("value", "made_up"),
        "purpose",
    )
    crews_fields = tuple((f"{kind}_people", f"{kind}_minutes") for kind in CrewKind)
    readonly_fields = ("crews_shown",)
    fields = ("park", "tenant", *asked[:1], "windows", *asked[1:], "crews_shown", "priority", "withdrawn_at")
    add_form = SlotRequestAddForm
    add_fieldsets = ((None, {"fields": ("tenant", *asked[:3], "more", *asked[3:], *crews_fields)}),)
    autocomplete_fields = ("tenant", "room", "host", "preferred_host")
    operations = (
        Operation(
            "rank",
            gettext_lazy("Set the priority"),
            services.slot_request_rank,
            row="request",
            form=RankForm,
            icon="priority_high",
            when=lambda request: request.withdrawn_at is None,
        ),
        Operation(
            "withdraw",
            gettext_lazy("Withdraw"),
            services.slot_request_withdraw,
            row="request",
            icon="event_busy",
            question=gettext_lazy("It is not asked for any more; what was booked for it stays."),
            danger=True,
            when=lambda request: request.withdrawn_at is None,
        ),
    )

    @display(description=gettext_lazy("crews"))
    def crews_shown(self, request: SlotRequest) -> str:
        return " · ".join(crews_of(request))

    def create(self, actor: Actor, values: dict[str, Any]) -> SlotRequest:
        return services.slot_request_make(actor=actor, **values)
