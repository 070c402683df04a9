"""The schedule: what tenants ask for, plans with their proof, and publishing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import fields
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.translation import gettext, gettext_lazy
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextareaWidget

from core.actors import Actor
from core.choices import JOB_OPEN, JobState
from core.clock import local
from core.doors.admin import (
    Operation,
    OperationForm,
    ScopedModelAdmin,
    ServiceForm,
    ShownInline,
    badge,
    related_field,
    style,
)
from core.doors.formfields import LineField, WholeNumberField
from core.policy import ADD
from core.strict import StrictError, clock_time, closing_time, instant
from livestreams import services
from livestreams.answers import counts_of, crews_of, obstacles, proof_of, room_of, ways_in
from livestreams.choices import CrewKind, PlanKind, PlanState
from livestreams.forms import WindowsField, crews_asked, lines_of
from livestreams.models import Booking, Host, LiveRoom, PlannedSlot, SchedulePlan, SlotRequest
from livestreams.planning import CrewShift, PlanRules
from livestreams.services.planjobs import TENTHS
from livestreams.services.slots import MOST_PEOPLE

STATE_COLOURS = {
    PlanState.RUNNING: "warning",
    PlanState.PROPOSED: "info",
    PlanState.PUBLISHED: "success",
}

SHIFT_WRITTEN = re.compile(r"(\d{1,4})\s+(\d\d:\d\d)\s*[-–—~]\s*(\d\d:\d\d)", re.ASCII)


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


class SlotInline(ShownInline):
    model = PlannedSlot
    fields = ("request", "starts_at", "ends_at", "where", "host", "made_up_at", "booking", "why")
    ordering = ("starts_at", "pk")
    verbose_name_plural = gettext_lazy("slots and requests left out")

    def get_queryset(self, request: HttpRequest) -> QuerySet[PlannedSlot]:
        return super().get_queryset(request).select_related("room", "plan").defer("plan__inputs")

    @display(description=gettext_lazy("live room"))
    def where(self, slot: PlannedSlot) -> str:
        return room_of(slot)

    @display(description=gettext_lazy("what stands in the way, and what would let it in"))
    def why(self, slot: PlannedSlot) -> str:
        lines = [*obstacles(slot), *(f"→ {sentence}" for sentence in ways_in(slot))]
        return format_html_join("", "<div>{}</div>", ((line,) for line in lines))


@admin.register(SchedulePlan)
class SchedulePlanAdmin(ScopedModelAdmin):
    writes = frozenset({ADD})
    list_display = (
        "park",
        "first_day",
        "last_day",
        badge("kind", gettext_lazy("kind"), {}),
        badge("state", gettext_lazy("state"), STATE_COLOURS),
        "value",
        "bound",
        "proof_sentence",
        "created_at",
    )
    list_filter = ("park", "first_day", "state", "kind")
    search_fields = ("park__code", "park__name_zh")
    readonly_fields = ("proof_sentence", "counts", "progress", "rules_set", "changes_made")
    fieldsets = (
        (None, {"fields": (("park", "kind", "state"), ("first_day", "last_day"), "base", "progress")}),
        (
            gettext_lazy("Proof"),
            {"fields": ("proof_sentence", "counts", ("value", "bound"), ("spent", "seconds", "seed"))},
        ),
        (gettext_lazy("Rules"), {"fields": ("rules_set", "changes_made", "published_at", "created_by")}),
    )
    add_form = PlanForm
    add_fieldsets = (
        (None, {"fields": ("park", ("first_day", "last_day"), ("seconds", "seed"))}),
        (
            gettext_lazy("Rules"),
            {
                "fields": (
                    "quota_hours",
                    ("fair_sessions", "fair_bonus"),
                    ("host_rest_minutes", "host_day_hours"),
                    "makeup_shifts",
                    ("makeup_minutes", "makeup_wait_hours"),
                    "makeup_percent",
                    "camera_shifts",
                    "lighting_shifts",
                    "control_shifts",
                )
            },
        ),
    )
    autocomplete_fields = ("park",)
    inlines = (SlotInline,)
    operations = (
        Operation(
            "publish",
            gettext_lazy("Publish as bookings"),
            services.plan_publish,
            row="plan",
            icon="event_available",
            question=gettext_lazy("All slots become bookings at once, or none does."),
            when=lambda plan: plan.state == PlanState.PROPOSED and plan.kind != PlanKind.WHAT_IF,
        ),
        Operation(
            "what-if",
            gettext_lazy("What if …"),
            services.plan_what_if,
            row="plan",
            form=WhatIfForm,
            icon="help",
            verb=ADD,
            question=gettext_lazy("The same requests with other rooms and hosts: nothing is booked by it."),
            when=lambda plan: bool(plan.inputs),
        ),
        Operation(
            "repair",
            gettext_lazy("Repair"),
            services.plan_repair,
            row="plan",
            form=ChangeForm,
            icon="healing",
            verb=ADD,
            question=gettext_lazy("What is hit gets another place, and as few others as can be are moved."),
            when=lambda plan: plan.state == PlanState.PUBLISHED,
        ),
        Operation(
            "resume",
            gettext_lazy("Let the job go on"),
            services.plan_resume,
            row="plan",
            icon="play_arrow",
            when=lambda plan: plan.state == PlanState.RUNNING and plan.job is not None and plan.job.given_up,
        ),
        Operation(
            "stop",
            gettext_lazy("Stop or discard"),
            services.plan_stop,
            row="plan",
            icon="cancel",
            danger=True,
            when=lambda plan: plan.state in (PlanState.RUNNING, PlanState.PROPOSED),
        ),
    )

    def create(self, actor: Actor, values: dict[str, Any]) -> SchedulePlan:
        return services.plan_start(actor=actor, **values)

    @display(description=gettext_lazy("what is proven"))
    def proof_sentence(self, plan: SchedulePlan) -> str:
        return proof_of(plan)

    @display(description=gettext_lazy("requests"))
    def counts(self, plan: SchedulePlan) -> str:
        return counts_of(plan)

    @display(description=gettext_lazy("rules"))
    def rules_set(self, plan: SchedulePlan) -> str:
        return _lines(_rules(PlanRules.from_dict(plan.rules)))

    @display(description=gettext_lazy("changes"))
    def changes_made(self, plan: SchedulePlan) -> str:
        return _lines(_changes(plan))

    @display(description=gettext_lazy("progress"))
    def progress(self, plan: SchedulePlan) -> str:
        job = plan.job
        if job is None:
            return ""
        if job.state in JOB_OPEN:
            return f"{job.done // TENTHS} / {plan.seconds} s · {job.message}"
        failed = job.state == JobState.FAILED
        return f"{job.get_state_display()} · {job.message}" if failed else job.get_state_display()


def _lines(words: Iterable[tuple[Any, Any]]) -> str:
    return format_html_join("", "<div>{}: {}</div>", words)


def _rules(rules: PlanRules) -> Iterator[tuple[Any, Any]]:
    """What a park has decided, in the words of the form; what is as nobody decided it is left out."""
    usual = PlanRules()
    for field in fields(rules):
        value, label = getattr(rules, field.name), PlanForm.base_fields[field.name].label
        if isinstance(value, tuple):
            yield from ((label, f"{one.people} · {one.begins:%H:%M}–{one.ends:%H:%M}") for one in value)
        elif value != getattr(usual, field.name):
            yield label, value


def _changes(plan: SchedulePlan) -> Iterator[tuple[Any, Any]]:
    """How it differs from the schedule that it was made from, in the words of the form."""
    labels = {name: field.label for name, field in WhatIfForm.base_fields.items()}
    rooms = LiveRoom.objects.filter(park=plan.park_id)
    hosts = Host.objects.filter(tenant__node__parent=plan.park_id)
    for name, rows in (("rooms", rooms), ("hosts", hosts)):
        away = plan.changes.get(name, ())
        names = {row.code: str(row) for row in rows.filter(code__in=[one["code"] for one in away])}
        for one in away:
            since, until = (f"{local(instant(one[end])):%m-%d %H:%M}" for end in ("from", "until"))
            yield labels[name], f"{names.get(one['code'], one['code'])} · {since} – {until}"
    if more := plan.changes.get("more_rooms"):
        yield labels["more_rooms"], " · ".join(filter(None, (str(more), plan.changes.get("scene"))))
