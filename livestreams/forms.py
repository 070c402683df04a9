"""Forms of the portal: they check shape, the services decide."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.dates import WEEKDAYS_ABBR
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from core import strict
from core.clock import DAY, SHANGHAI, local, now, today
from core.days import open_on
from core.doors.formfields import DayField, LineField, PlatformIdField
from core.doors.portal import ScopedChoiceField, ScopedForm
from core.errors import InvalidInput, RowError
from core.scoping import visible_to
from livestreams.choices import BOOKING_MOVABLE, MARKETS, SESSION_OPEN, CrewKind, Delivery
from livestreams.models import Booking, Host, LiveRoom
from livestreams.planning import CrewWish
from livestreams.services.series import MOST
from livestreams.services.sessions import LIVE_READY
from livestreams.services.slots import MOST_WINDOWS
from tenants.choices import Platform

HALF_HOURS = [
    (minutes, f"{minutes // 60}:{minutes % 60:02d}")
    for minutes in (*range(30, 241, 30), *range(300, 721, 60))
]
WINDOW_WRITTEN = re.compile(r"(\d{4}-\d\d-\d\d)\s+(\d\d:\d\d)\s*[-–—~]\s*(\d\d:\d\d)", re.ASCII)
# Between days in a line, as Chinese and Latin keyboards write them.
SEPARATORS = re.compile(r"[\s,;，；、]+")


class TimeOfDayInput(forms.TimeInput):
    """The browser's own clock, by minutes."""

    input_type = "time"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, format="%H:%M")


class BookingChoiceField(ScopedChoiceField):
    """Bookings as people speak of them: room and local time."""

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.room} · {local(obj.starts_at):%m-%d %H:%M}"


class RoomField(ScopedChoiceField):
    """A room to choose, with its scene; templates tell the rest of it (portal/partials/room_choice.html)."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(LiveRoom, to_field="code", label=_("Live room"), **kwargs)

    def label_from_instance(self, obj: Any) -> str:
        return " · ".join(filter(None, (str(obj), obj.scene)))


class SceneField(forms.ChoiceField):
    """A scene that a room of the park has; empty: whatever it is."""

    default_error_messages: ClassVar[dict[str, Any]] = ScopedChoiceField.default_error_messages

    def offer(self, scenes: list[str]) -> None:
        self.choices = [("", _("any scene")), *((scene, scene) for scene in scenes)]


class OwnChoicesForm(ScopedForm):
    """Rooms of the tenant's park with their scenes, and hosts, bookings of the tenant itself."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "scene" in self.fields:
            scene: Any = self.fields["scene"]
            rooms: Any = self.narrow(visible_to(LiveRoom.objects.all(), self.actor))
            scene.offer(rooms.scenes())

    def narrow(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if queryset.model is LiveRoom:
            rooms = LiveRoom.objects.open_on(today()).for_tenant(self.tenant.pk)
            return queryset.filter(pk__in=rooms.values("pk"), park=self.tenant.node.parent_id)
        if queryset.model is Host:
            return queryset.filter(open_on(today()), tenant=self.tenant)
        if queryset.model is Booking:
            return (
                queryset.filter(tenant=self.tenant, state__in=LIVE_READY, ends_at__gt=now())
                .exclude(sessions__state__in=SESSION_OPEN)
                .select_related("room")
                .order_by("starts_at")
            )
        return queryset


def crews_asked(values: dict[str, Any]) -> list[CrewWish]:
    """The crews of a form of a request, taken out of its values: people of each, and for how long."""
    found = []
    for kind in CrewKind:
        people, minutes = values.pop(f"{kind}_people"), values.pop(f"{kind}_minutes")
        if people:
            found.append(CrewWish(kind.value, people, minutes))
        elif minutes is not None:
            message = _("Of whom? Name the people that are there for so long.")
            raise InvalidInput(message, field=f"{kind}_minutes")
    return found


def lines_of(text: str) -> list[str]:
    """The lines of a text that are not empty. Chinese keyboards write colons and digits of their own width."""
    lines = (line.strip() for line in unicodedata.normalize("NFKC", text).splitlines())
    return [line for line in lines if line]


class WindowsField(forms.CharField):
    """Windows of time, a line for each: a day, and from when until when, such as 2026-10-01 09:00-12:00.

    An end that is not after the start lies on the next day.
    """

    widget = forms.Textarea({"rows": 2, "placeholder": "2026-10-01 09:00-12:00"})

    def to_python(self, value: Any) -> Any:
        lines = lines_of(super().to_python(value) or "")
        if len(lines) > MOST_WINDOWS:
            message = _("A request has from 1 to %(most)d windows.") % {"most": MOST_WINDOWS}
            raise ValidationError(message, code="count")
        return [_window(line) for line in lines]


def _window(line: str) -> tuple[datetime, datetime]:
    found = WINDOW_WRITTEN.fullmatch(line)
    if found is None:
        raise _no_window(line)
    try:
        begins, ends = strict.clock_time(found[2]), strict.closing_time(found[3])
        return span_of(strict.day(found[1]), begins, ends)
    except strict.StrictError as error:
        raise _no_window(line) from error


def _no_window(line: str) -> ValidationError:
    message = _("“%(line)s” is no window such as 2026-10-01 09:00-12:00.") % {"line": line[:40]}
    return ValidationError(message, code="window")


def span_of(day: date, begins: time, ends: time) -> tuple[datetime, datetime]:
    """From one time of a day until another, which is of the next day when it is not later."""
    start, end = (datetime.combine(day, at, SHANGHAI) for at in (begins, ends))
    return start, end if end > start else end + DAY


class DaysField(forms.Field):
    """Days such as 2026-10-01, with commas or spaces between them."""

    def to_python(self, value: Any) -> list[date]:
        words = [word for word in SEPARATORS.split(str(value or "")) if word]
        if len(words) > MOST:
            raise ValidationError(_("At most %(most)d days."), code="count", params={"most": MOST})
        try:
            return [strict.day(word) for word in words]
        except strict.StrictError as error:
            raise ValidationError(str(error), code=error.code) from error


class TimesForm(OwnChoicesForm):
    """A day, a time, a length; local time, as everybody in the park reads it."""

    asks: ClassVar[Mapping[str, str]] = {"starts_at": "start", "ends_at": "minutes"}

    day = DayField(label=_("Day"))
    start = forms.TimeField(label=_("From"), widget=TimeOfDayInput)
    minutes = forms.TypedChoiceField(label=_("Length (hours)"), choices=HALF_HOURS, coerce=int)

    @cached_property
    def span(self) -> tuple[datetime, datetime]:
        """[start, end), which what a service refuses of it does not take away."""
        starts_at = datetime.combine(self.cleaned_data["day"], self.cleaned_data["start"], SHANGHAI)
        return starts_at, starts_at + timedelta(minutes=self.cleaned_data["minutes"])


class PlaceForm(TimesForm):
    """A room at some time. `length` in minutes is what a booking has already: it can be kept, whatever it is."""

    field_order = ("room",)

    room = RoomField()

    def __init__(self, *args: Any, length: int | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if length is not None:
            minutes: Any = self.fields["minutes"]
            minutes.choices = sorted({*HALF_HOURS, (length, f"{length // 60}:{length % 60:02d}")})


class SwapForm(OwnChoicesForm):
    """One's own booking to change places with."""

    other = BookingChoiceField(Booking, verb="change", label=_("With"))

    def __init__(self, *args: Any, booking: Booking, **kwargs: Any) -> None:
        self.booking = booking
        super().__init__(*args, **kwargs)

    def narrow(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        movable = queryset.filter(tenant=self.tenant, state__in=BOOKING_MOVABLE, starts_at__gt=now())
        others = movable.filter(loan__isnull=True).exclude(pk=self.booking.pk)
        return others.select_related("room").order_by("starts_at")


class BookingForm(PlaceForm):
    """A place for a session, once or every week."""

    asks: ClassVar[Mapping[str, str]] = {**PlaceForm.asks, "last_day": "repeat_until"}

    hold = forms.BooleanField(
        label=_("hold only"),
        required=False,
        help_text=_("Released after the park's minutes unless it is confirmed."),
    )
    host = ScopedChoiceField(Host, to_field="code", label=_("Host"), required=False)
    purpose = LineField(label=_("What for"), max_length=200, required=False)
    weekdays = forms.TypedMultipleChoiceField(
        label=_("Also on"),
        choices=tuple(WEEKDAYS_ABBR.items()),
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("The weekday of the first day is always one of them."),
    )
    repeat_until = DayField(
        label=_("Every week until"),
        required=False,
        help_text=_("Empty: this one booking only."),
    )
    skip_taken = forms.BooleanField(
        label=_("Leave out days that cannot be had"), required=False, initial=True
    )
    skip = DaysField(
        label=_("Leave out these days"),
        required=False,
        widget=forms.TextInput({"placeholder": "2026-10-01, 2026-10-08", "autocomplete": "off"}),
    )

    def clean_repeat_until(self) -> date | None:
        until: date | None = self.cleaned_data["repeat_until"]
        if until is not None and self.cleaned_data.get("hold"):
            raise ValidationError(_("A series is booked at once and cannot be held."), code="hold")
        return until

    def sentence(self, row: RowError) -> str:
        """The days of a series go by their dates."""
        return row.message

    @property
    def series(self) -> dict[str, Any] | None:
        """What a series needs besides room and host; None for a single booking."""
        values = self.cleaned_data
        if values["repeat_until"] is None:
            return None
        return {
            "first_day": values["day"],
            "last_day": values["repeat_until"],
            "weekdays": {values["day"].weekday(), *values["weekdays"]},
            "start": values["start"],
            "minutes": values["minutes"],
            "skip_taken": values["skip_taken"],
            "skip": values["skip"],
        }


class WaitForm(OwnChoicesForm):
    """Waiting for a room that is taken, within some time of a day."""

    asks: ClassVar[Mapping[str, str]] = {"latest": "end"}

    room = RoomField(required=False, empty_label=_("any room"))
    scene = SceneField(label=_("or any room with the scene"), required=False)
    day = DayField(label=_("Day"))
    start = forms.TimeField(label=_("Not before"), widget=TimeOfDayInput)
    end = forms.TimeField(label=_("Not after"), widget=TimeOfDayInput)
    minutes = forms.TypedChoiceField(label=_("Length (hours)"), choices=HALF_HOURS, coerce=int)
    host = ScopedChoiceField(Host, to_field="code", label=_("Host"), required=False)
    purpose = LineField(label=_("What for"), max_length=200, required=False)

    @property
    def window(self) -> tuple[datetime, datetime]:
        """[earliest, latest); an end that is not after the start lies on the next day."""
        values = self.cleaned_data
        earliest = datetime.combine(values["day"], values["start"], SHANGHAI)
        latest = datetime.combine(values["day"], values["end"], SHANGHAI)
        return earliest, latest if latest > earliest else latest + DAY


class SessionForm(OwnChoicesForm):
    """Going live by phone or straight to the platform: what the system cannot see by itself."""

    platform = forms.ChoiceField(label=_("Platform"), choices=Platform)
    booking = BookingChoiceField(
        Booking, label=_("Booking"), required=False, empty_label=_("without a booking")
    )
    room = ScopedChoiceField(
        LiveRoom,
        to_field="code",
        label=_("Live room"),
        required=False,
        empty_label=_("outside of the park's rooms"),
    )
    host = ScopedChoiceField(Host, to_field="code", label=_("Host"), required=False)
    title = LineField(label=_("Title"), max_length=200, required=False)
    platform_live_id = PlatformIdField(
        label=_("Platform's live id"),
        required=False,
        help_text=_("From the platform's back office; orders that name it find this session by themselves."),
    )
    delivery = forms.ChoiceField(
        label=_("Way of the picture"), choices=[(d.value, d.label) for d in (Delivery.PHONE, Delivery.DIRECT)]
    )
    market = forms.ChoiceField(label=_("Target market"), choices=list(MARKETS.items()))
