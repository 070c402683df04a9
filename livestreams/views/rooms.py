"""The day of the rooms, and booking one."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from core.clock import DAY, HOUR, MINUTE, SHANGHAI, local, now, today
from core.doors.filters import day_of
from core.doors.portal import ScopedForm, ServiceFormPage, TenantPage
from core.scoping import may, visible_to
from livestreams.dayplan import bar, calendar, day_plan
from livestreams.forms import HALF_HOURS, BookingForm
from livestreams.models import Booking, LiveRoom
from livestreams.querysets import LiveRoomQuerySet
from livestreams.services import (
    booking_create,
    series_create,
)
from livestreams.usual import habit, next_free
from livestreams.views.bookings import BookingPage
from livestreams.views.moves import as_choices
from livestreams.views.series import series_sentence


class Scenes:
    """Rooms by the scene that the address of a page names; there is a choice only among several."""

    def __init__(self, query: QueryDict, rooms: LiveRoomQuerySet) -> None:
        names = rooms.scenes()
        self.query, self.names = query, names if len(names) > 1 else []
        self.chosen = query.get("scene", "") if query.get("scene") in self.names else ""

    def among(self, rooms: LiveRoomQuerySet) -> LiveRoomQuerySet:
        return rooms.filter(scene=self.chosen) if self.chosen else rooms

    def links(self) -> list[tuple[str, str]]:
        """Each scene with the query of the page that shows its rooms; the empty one shows all."""
        return [(name, self._query(name)) for name in ("", *self.names)] if self.names else []

    @property
    def kept(self) -> str:
        """What a link to another day adds to its query."""
        return f"&{urlencode({'scene': self.chosen})}" if self.chosen else ""

    def _query(self, name: str) -> str:
        # A room that was chosen before may have another scene.
        rest = {key: text for key, text in self.query.items() if key not in ("scene", "room")}
        return f"?{urlencode({**rest, 'scene': name} if name else rest)}"


class RoomsDay(BookingPage, TenantPage):
    """All rooms of the park on one day: what is free, what is one's own."""

    template_name = "portal/rooms_day.html"
    section = "bookings"
    needs = ("view", Booking)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        day = day_of(self.request.GET.get("day", ""), today())
        rooms = LiveRoom.objects.open_on(day).for_tenant(self.tenant.pk).filter(park=self.node.parent_id)
        seen: Any = visible_to(rooms, self.actor)
        scenes = Scenes(self.request.GET, seen)
        mine = self.own(Booking.objects.blocking()).select_related("host", "room").order_by("starts_at")
        plans = day_plan(rooms=scenes.among(seen).order_by("code"), mine=mine, day=day)
        since_midnight = local(now()) - datetime.combine(day, datetime.min.time(), SHANGHAI)
        return super().get_context_data(
            day=day,
            before=day - DAY,
            after=day + DAY,
            is_today=day == today(),
            scenes=scenes,
            plans=[(plan, bar(plan, day)) for plan in plans],
            hours=[(hour, f"{hour / 24 * 100:.3f}") for hour in range(0, 25, 4)],
            now_at=f"{since_midnight / DAY * 100:.3f}" if day == today() else "",
            calendar=calendar(plans, own_title=_("our booking"), taken_title=_("taken"))
            | {
                "may_move": may(self.actor, "change", Booking, self.node.pk),
                "move": f"{reverse('api-booking-list')}/",
                "day": day.isoformat(),
                "book": self.url("portal-booking-new"),
                "show": self.url("portal-bookings"),
            },
            **self.rights(),
            **kwargs,
        )


class BookRoom(ServiceFormPage):
    """Book a room; when it is taken, the nearest alternatives are one tap away."""

    template_name = "portal/booking_new.html"
    section = "bookings"
    needs = ("add", Booking)
    form_class = BookingForm

    def get_initial(self) -> dict[str, Any]:
        """What a link chose; what it left open is the usual room, length and hour, as soon as they are free."""
        asked = {
            name: text
            for name in ("room", "day", "start", "minutes", "host")
            if (text := self.request.GET.get(name))
        }
        lengths = [minutes for minutes, _shown in HALF_HOURS]
        usual = habit(self.own(Booking.objects.all()), lengths)
        room = usual.room
        minutes = next((length for length in lengths if str(length) == asked.get("minutes")), usual.minutes)
        since = local(now() + HOUR).replace(minute=0, second=0, microsecond=0)
        if "start" in asked:
            return {"room": room, "day": since.date(), "minutes": minutes, **asked}
        begins = since.timetz() if usual.begins is None else time(tzinfo=since.tzinfo)
        since = max(since, datetime.combine(day_of(asked.get("day", ""), since.date()), begins))
        rooms = sorted(self.scenes.among(self._rooms()), key=lambda each: each.code != room)
        named = [each for each in rooms if each.code == asked.get("room")]
        if window := next_free(named or rooms, minutes * MINUTE, since, usual.begins):
            room, since = window.room.code, local(window.span.start)
        return {**asked, "room": room, "day": since.date(), "start": f"{since:%H:%M}", "minutes": minutes}

    def get_form(self, data: Any = None, files: Any = None) -> ScopedForm:
        """Only rooms of a scene are offered; what is free instead may be of another."""
        form = super().get_form(data, files)
        if data is None:
            field: Any = form.fields["room"]
            field.queryset = self.scenes.among(field.queryset)
        return form

    @cached_property
    def scenes(self) -> Scenes:
        return Scenes(self.request.GET, self._rooms())

    def _scenes_beside(self, form: Any) -> Scenes:
        """The scenes to choose from; of a form that was refused they keep when and with whom it was."""
        if not form.is_bound:
            return self.scenes
        query = self.request.GET.copy()
        for name in ("day", "start", "minutes", "host"):
            if entered := form[name].value():
                query[name] = str(entered)
        return Scenes(query, self._rooms())

    def _rooms(self) -> LiveRoomQuerySet:
        """All rooms that may be booked."""
        field: Any = BookingForm(actor=self.actor, tenant=self.tenant).fields["room"]
        rooms: LiveRoomQuerySet = field.queryset.order_by("code")
        return rooms

    def carry_out(self, form: Any) -> HttpResponse:
        values = form.cleaned_data
        if (series := form.series) is not None:
            made = series_create(
                actor=self.actor,
                tenant=self.tenant,
                room=values["room"],
                host=values["host"],
                purpose=values["purpose"],
                **series,
            )
            messages.success(self.request, series_sentence(made))
            return redirect(self.url("portal-bookings"))
        starts_at, ends_at = form.span
        booking = booking_create(
            actor=self.actor,
            room=values["room"],
            tenant=self.tenant,
            starts_at=starts_at,
            ends_at=ends_at,
            host=values["host"],
            purpose=values["purpose"],
            hold=values["hold"],
        )
        return redirect(self.url("portal-booking", uid=booking.uid))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        refused = kwargs.get("refused")
        windows = refused.extra.get("alternatives", []) if refused else []
        return super().get_context_data(
            alternatives=as_choices(windows, kwargs["form"]),
            scenes=self._scenes_beside(kwargs["form"]),
            wait_from=self._waiting(kwargs["form"]) if refused and refused.code == "overlap" else "",
            **kwargs,
        )

    def _waiting(self, form: Any) -> str:
        """The address of the waitlist's form, filled in with what was wanted and an hour on each side."""
        starts_at, ends_at = (local(instant) for instant in form.span)
        wanted = {name: form[name].value() or "" for name in ("room", "minutes", "host", "purpose")}
        first, last = starts_at - HOUR, ends_at + HOUR
        times = {"day": first.date(), "start": f"{first:%H:%M}", "end": f"{last:%H:%M}"}
        return f"{self.url('portal-wait')}?{urlencode({**wanted, **times})}"
