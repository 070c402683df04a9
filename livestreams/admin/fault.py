"""Faults: reported, taken up, repaired; whom they hit, and what is free instead."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from core.actors import Actor
from core.clock import local, now
from core.doors.admin import Operation, OperationForm, ScopedModelAdmin, ShownInline, badge, style
from core.doors.admin.display import EMPTY
from core.policy import ADD
from livestreams import services
from livestreams.choices import FAULT_TRANSITIONS, FaultState
from livestreams.models import Fault, FaultStep
from livestreams.studio import Hit, hits_of

STATE_COLOURS = {FaultState.OPEN: "danger", FaultState.IN_REPAIR: "warning", FaultState.REPAIRED: "success"}


class TakeUpForm(OperationForm):
    from_row = ("blocks",)

    blocks = style(
        forms.BooleanField,
        _("the room cannot be used"),
        required=False,
        help_text=_(
            "Nobody can book it until it is repaired; what is booked already stays and is shown with the fault."
        ),
    )
    until = style(
        forms.SplitDateTimeField,
        _("likely until"),
        required=False,
        help_text=_("Empty: for a day, and on from there until it is repaired."),
    )
    note = style(forms.CharField, _("note"), required=False, max_length=500)


class RepairedForm(OperationForm):
    note = style(forms.CharField, _("note"), required=False, max_length=500)


class CloseForm(OperationForm):
    note = style(forms.CharField, _("why"), max_length=500)


class StepInline(ShownInline):
    model = FaultStep
    fields = ("at", "state", "by", "note")
    ordering = ("pk",)


def _may_become(state: FaultState) -> Any:
    return lambda fault: state in FAULT_TRANSITIONS[fault.state]


@admin.register(Fault)
class FaultAdmin(ScopedModelAdmin):
    writes = frozenset({ADD})
    list_display = (
        "created_at",
        "room",
        "item",
        "park",
        "kind",
        badge("state", _("state"), STATE_COLOURS),
        "blocks",
        "tenant",
    )
    list_filter = ("created_at", "state", "blocks", "kind", "room", "park")
    search_fields = ("room__code", "room__name_zh", "item__code", "item__name_zh", "text")
    fieldsets = (
        (None, {"fields": ("room", "item", "kind", "text", "blocks")}),
        (_("State"), {"fields": ("state", ("tenant", "booking"), "window", "hits")}),
    )
    add_fieldsets = ((None, {"fields": ("room", "item", "kind", "text", "blocks")}),)
    autocomplete_fields = ("room", "item")
    readonly_fields = ("hits",)
    inlines = (StepInline,)
    operations = (
        Operation(
            "take-up",
            _("Begin the repair"),
            services.fault_take_up,
            row="fault",
            form=TakeUpForm,
            icon="build",
            when=_may_become(FaultState.IN_REPAIR),
        ),
        Operation(
            "repaired",
            _("It is repaired"),
            services.fault_repaired,
            row="fault",
            form=RepairedForm,
            icon="task_alt",
            when=_may_become(FaultState.REPAIRED),
        ),
        Operation(
            "close",
            _("Close without repair"),
            services.fault_close,
            row="fault",
            form=CloseForm,
            icon="cancel",
            danger=True,
            when=_may_become(FaultState.CLOSED),
        ),
    )

    def create(self, actor: Actor, values: dict[str, Any]) -> Fault:
        return services.fault_report(actor=actor, **values)

    @display(description=_("bookings hit"))
    def hits(self, fault: Fault) -> str:
        """What the window runs into and has not begun: each booking with what is free instead."""
        if fault.window is None or fault.window.ends_at <= now():
            return EMPTY
        return format_html_join("", "<div>{}</div>", ((_hit(hit),) for hit in hits_of(fault.window))) or EMPTY


def _hit(hit: Hit) -> str:
    move = reverse("admin:livestreams_booking_operation", args=(hit.booking.pk, "move"))
    free = "、".join(f"{window.room} {local(window.span.start):%m-%d %H:%M}" for window in hit.instead)
    return format_html(
        '<a href="{}" class="lp-link">{} {}</a> <span class="lp-key">{} {}</span>',
        move,
        f"{local(hit.booking.starts_at):%m-%d %H:%M}",
        hit.booking.tenant,
        _("Free:"),
        free or EMPTY,
    )
