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

from core.clock import DAY, SHANGHAI, now, today
from core.doors.formfields import DayField, WholeNumberField
from core.doors.portal import ScopedChoiceField, ScopedListPage, ServiceAction, ServiceFormPage
from core.scoping import may
from livestreams.answers import obstacles, ways_in
from livestreams.choices import PlanState
from livestreams.errors import BadTime
from livestreams.forms import HALF_HOURS, OwnChoicesForm, TimeOfDayInput
from livestreams.models import Host, LiveRoom, PlannedSlot, SlotRequest
from livestreams.planning import WEEK
from livestreams.services import slot_request_make, slot_request_withdraw
from livestreams.services.slots import MOST_WINDOWS


class SlotForm(OwnChoicesForm):
    """A length within some hours of one or more days; the schedule finds room, time and host."""

    asks: ClassVar[Mapping[str, str]] = {"windows": "day"}

    minutes = forms.TypedChoiceField(label=gettext_lazy("Length (hours)"), choices=HALF_HOURS, coerce=int)
    day = DayField(label=gettext_lazy("Day"))
    last_day = DayField(label=gettext_lazy("or any day until"), required=False)
    start = forms.TimeField(label=gettext_lazy("Not before"), widget=TimeOfDayInput)
    end = forms.TimeField(label=gettext_lazy("Not after"), widget=TimeOfDayInput)
    repeat_until = DayField(
        label=gettext_lazy("Every week until"),
        required=False,
        help_text=gettext_lazy("Empty: this once only."),
    )
    room = ScopedChoiceField(
        LiveRoom,
        to_field="code",
        label=gettext_lazy("Live room"),
        required=False,
        empty_label=gettext_lazy("any room"),
    )
    scene = forms.CharField(label=gettext_lazy("or any room with the scene"), max_length=100, required=False)
    host = ScopedChoiceField(Host, to_field="code", label=gettext_lazy("Host"), required=False)
    category = forms.CharField(
        label=gettext_lazy("or any host of the park for"), max_length=100, required=False
    )
    value = WholeNumberField(
        label=gettext_lazy("What it is worth to you (1 to 1000)"),
        max_value=1000,
        help_text=gettext_lazy(
            "When not all fit, those that are worth more come first. The park may weigh them."
        ),
    )
    made_up = forms.BooleanField(label=gettext_lazy("With make-up before"), required=False)
    purpose = forms.CharField(label=gettext_lazy("What for"), max_length=200, required=False)

    @property
    def windows(self) -> list[tuple[datetime, datetime]]:
        """One window a day; an end that is not after the start lies on the next day."""
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
            start, end = (datetime.combine(day, values[name], SHANGHAI) for name in ("start", "end"))
            found.append((start, end if end > start else end + DAY))
        return found


class Slots(ScopedListPage):
    """Requests, the newest first, each with what published schedules gave it."""

    template_name = "portal/slots.html"
    section = "bookings"
    needs = ("view", SlotRequest)
    model = SlotRequest

    def base_queryset(self) -> QuerySet[SlotRequest]:
        published = PlannedSlot.objects.filter(plan__state=PlanState.PUBLISHED).defer("plan__inputs")
        return (
            SlotRequest.objects.select_related("room", "host")
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
        same = ("minutes", "repeat_until", "room", "scene", "host", "category", "value", "made_up", "purpose")
        slot_request_make(
            actor=self.actor,
            tenant=self.tenant,
            windows=form.windows,
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
