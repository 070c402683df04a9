"""Plans with their proof, and publishing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import fields
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy, ngettext
from unfold.decorators import display

from core.actors import Actor
from core.choices import JOB_OPEN, JobState
from core.clock import DAY, local, today
from core.doors.admin import Operation, ScopedModelAdmin, ShownInline, badge
from core.doors.admin.display import EMPTY
from core.doors.context import actor_of
from core.policy import ADD
from core.scoping import visible_to
from core.strict import instant
from livestreams import services
from livestreams.admin.schedule.forms import ChangeForm, PlanForm, WhatIfForm
from livestreams.answers import counts_of, obstacles, proof_of, room_of, ways_in
from livestreams.choices import PlanKind, PlanState
from livestreams.models import Host, LiveRoom, PlannedSlot, SchedulePlan
from livestreams.planning import PlanRules
from livestreams.services.planbookings import left_by_repair
from livestreams.services.planjobs import TENTHS
from parks.selectors import parks_of

MOVE = "admin:livestreams_booking_operation"
STATE_COLOURS = {
    PlanState.RUNNING: "warning",
    PlanState.PROPOSED: "info",
    PlanState.PUBLISHED: "success",
}


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
    readonly_fields = ("proof_sentence", "counts", "left", "progress", "rules_set", "changes_made")
    fieldsets = (
        (None, {"fields": (("park", "kind", "state"), ("first_day", "last_day"), "base", "progress")}),
        (
            gettext_lazy("Proof"),
            {
                "fields": (
                    "proof_sentence",
                    "counts",
                    "left",
                    ("value", "bound"),
                    ("spent", "seconds", "seed"),
                )
            },
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

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Next week, Monday to Sunday, of the park of whoever runs one."""
        monday = today() + (7 - today().weekday()) * DAY
        parks = list(parks_of(actor_of(request))[:2])
        own = {"park": parks[0].pk} if len(parks) == 1 else {}
        week = {"first_day": monday, "last_day": monday + 6 * DAY}
        return {**week, **own, **super().get_changeform_initial_data(request)}

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        plan: Any = super().get_object(request, object_id, from_field)
        if plan is not None:
            left = visible_to(left_by_repair(plan), actor_of(request))
            plan.left_bookings = left.select_related("room", "tenant")
        return plan

    def create(self, actor: Actor, values: dict[str, Any]) -> SchedulePlan:
        return services.plan_start(actor=actor, **values)

    @display(description=gettext_lazy("what is proven"))
    def proof_sentence(self, plan: SchedulePlan) -> str:
        return proof_of(plan)

    @display(description=gettext_lazy("requests"))
    def counts(self, plan: SchedulePlan) -> str:
        return counts_of(plan)

    @display(description=gettext_lazy("left where they are"))
    def left(self, plan: Any) -> str:
        """What stands in a failed room and is not the repair's to move: each booking with the way to its move."""
        found = list(plan.left_bookings)
        if not found:
            return EMPTY
        said = ngettext(
            "The repair does not touch %(n)d booking in a failed room. Move it by hand:",
            "The repair does not touch %(n)d bookings in failed rooms. Move them by hand:",
            len(found),
        ) % {"n": len(found)}
        links = ((reverse(MOVE, args=(row.pk, "move")), row, row.tenant) for row in found)
        return format_html(
            "{}{}",
            said,
            format_html_join("", '<div><a href="{}" class="lp-link">{} · {}</a></div>', links),
        )

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
