"""What the tenant asks of the schedule, and what it got or why not."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.db.models import Prefetch, QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.clock import DAY, now, today
from core.doors.formfields import DayField, LineField, WholeNumberField
from core.doors.portal import ScopedChoiceField, ScopedListPage, ServiceAction, ServiceFormPage
from core.scoping import may
from core.strict import instant
from livestreams.answers import crews_of, obstacles, ways_in
from livestreams.choices import CrewKind, PlanState
from livestreams.errors import BadTime
from livestreams.forms import (
    HALF_HOURS,
    OwnChoicesForm,
    RoomField,
    SceneField,
    TimeOfDayInput,
    WindowsField,
    crews_asked,
    span_of,
)
from livestreams.models import Host, PlannedSlot, SlotRequest
from livestreams.quotas import WEEK, quotas_of
from livestreams.services import slot_request_make, slot_request_withdraw
from livestreams.services.slots import MOST_PEOPLE, MOST_WINDOWS


class SlotForm(OwnChoicesForm):
    """A length within some hours of one or more days; the schedule finds room, time and host."""

    asks: ClassVar[Mapping[str, str]] = {"windows": "day", "crews": "camera_people"}

    minutes = forms.TypedChoiceField(label=gettext_lazy("Length (hours)"), choices=HALF_HOURS, coerce=int)
    day = DayField(label=gettext_lazy("Day"))
    last_day = DayField(label=gettext_lazy("or any day until"), required=False)
    start = forms.TimeField(label=gettext_lazy("Not before"), widget=TimeOfDayInput)
    end = forms.TimeField(label=gettext_lazy("Not after"), widget=TimeOfDayInput)
    more = WindowsField(
        label=gettext_lazy("or also"),
        required=False,
        help_text=gettext_lazy("A line for each window: the day, from when until when."),
    )
    repeat_until = DayField(
        label=gettext_lazy("Every week until"),
        required=False,
        help_text=gettext_lazy("Empty: this once only."),
    )
    room = RoomField(required=False, empty_label=gettext_lazy("any room"))
    scene = SceneField(label=gettext_lazy("or any room with the scene"), required=False)
    host = ScopedChoiceField(Host, to_field="code", label=gettext_lazy("Host"), required=False)
    category = LineField(label=gettext_lazy("or any host of the park for"), max_length=100, required=False)
    preferred_host = ScopedChoiceField(
        Host,
        to_field="code",
        label=gettext_lazy("Preferably"),
        required=False,
        help_text=gettext_lazy(
            "One of your hosts, among all for that category; another one when this cannot be had."
        ),
    )
    value = WholeNumberField(
        label=gettext_lazy("What it is worth to you (1 to 1000)"),
        max_value=1000,
        help_text=gettext_lazy(
            "When not all fit, those that are worth more come first. The park may weigh them."
        ),
    )
    made_up = forms.BooleanField(label=gettext_lazy("With make-up before"), required=False)
    camera_people, lighting_people, control_people = (
        WholeNumberField(label=kind.label, required=False, max_value=MOST_PEOPLE) for kind in CrewKind
    )
    camera_minutes, lighting_minutes, control_minutes = (
        WholeNumberField(label=gettext_lazy("the first minutes only"), required=False) for _kind in CrewKind
    )
    purpose = LineField(label=gettext_lazy("What for"), max_length=200, required=False)

    @property
    def crews(self) -> list[tuple[forms.BoundField, forms.BoundField]]:
        """Of each crew how many people, and for how long."""
        return [(self[f"{kind}_people"], self[f"{kind}_minutes"]) for kind in CrewKind]

    @property
    def windows(self) -> list[tuple[datetime, datetime]]:
        """One window a day, and whatever other windows are named."""
        values = self.cleaned_data
        last = values["last_day"] or values["day"]
        days = (last - values["day"]).days + 1
        if not 0 < days <= MOST_WINDOWS:
            message = _("From the first day to the last there are at most %(most)d days.") % {
                "most": MOST_WINDOWS
            }
            raise BadTime(message, field="last_day")
        found = []
        for number in range(days):
            day = values["day"] + number * DAY
            found.append(span_of(day, values["start"], values["end"]))
        return [*found, *values["more"]]


class Slots(ScopedListPage):
    """Requests, the newest first, each with what published schedules gave it."""

    template_name = "portal/slots.html"
    section = "bookings"
    needs = ("view", SlotRequest)
    model = SlotRequest

    def base_queryset(self) -> QuerySet[SlotRequest]:
        published = PlannedSlot.objects.filter(plan__state=PlanState.PUBLISHED).defer("plan__inputs")
        return (
            SlotRequest.objects.select_related("room", "host", "preferred_host__tenant__node")
            .prefetch_related(
                Prefetch(
                    "slots",
                    published.select_related("host", "booking__room", "plan").order_by("week", "-plan_id"),
                    to_attr="published",
                )
            )
            .order_by("-pk")
        )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(
            can_ask=may(self.actor, "add", SlotRequest, self.node.pk), now=now(), **kwargs
        )
        code = self.tenant.code
        context["quota"] = quotas_of(self.tenant.node.parent_id or 0, [code])[code]
        for row in context["rows"]:
            row.crews_asked = crews_of(row)
            row.spans = [(instant(start), instant(end)) for start, end in row.windows]
        context["asked"] = [(row, _latest(row.published)) for row in context["rows"]]
        return context


def _latest(slots: list[PlannedSlot]) -> list[dict[str, Any]]:
    """The newest answer of each week, in order."""
    weeks: dict[int, PlannedSlot] = {}
    for slot in slots:
        weeks.setdefault(slot.week, slot)
    return [
        {"slot": slot, "shift": week * WEEK, "obstacles": obstacles(slot), "ways": ways_in(slot)}
        for week, slot in weeks.items()
    ]


class AskForSlot(ServiceFormPage):
    """Asks the schedule for a slot."""

    template_name = "portal/slot_new.html"
    section = "bookings"
    needs = ("add", SlotRequest)
    form_class = SlotForm

    def get_initial(self) -> dict[str, Any]:
        return {"day": today() + DAY, "start": "09:00", "end": "23:00", "minutes": 120, "value": 100}

    def carry_out(self, form: Any) -> HttpResponse:
        fitting = ("minutes", "repeat_until", "room", "scene", "host", "category", "preferred_host")
        same = (*fitting, "value", "made_up", "purpose")
        slot_request_make(
            actor=self.actor,
            tenant=self.tenant,
            windows=form.windows,
            crews=crews_asked(form.cleaned_data),
            **{name: form.cleaned_data[name] for name in same},
        )
        messages.success(self.request, _("You have asked. The park's next schedule answers it here."))
        return redirect(self.url("portal-slots"))


class WithdrawSlot(ServiceAction):
    """Asks no longer."""

    needs = ("change", SlotRequest)
    done = gettext_lazy("The request is withdrawn.")

    def carry_out(self) -> None:
        slot_request_withdraw(actor=self.actor, request=self.named(SlotRequest.objects.all(), "change"))

    def back_to(self) -> str:
        return self.url("portal-slots")
