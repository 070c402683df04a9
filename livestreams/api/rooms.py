"""The API of live rooms: what they are, when they are free or in repair, and how much they are used."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import django_filters
from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from core import strict
from core.clock import DAY, next_minute, now, today
from core.doors.api import Needs, ReadOnlyScopedViewSet, ScopedViewSet, query_value
from core.doors.fields import (
    ClockField,
    CountField,
    DayField,
    InstantField,
    LineField,
    MoneyField,
    ScopedRelatedField,
    SlugField,
    StrictSerializer,
    WordsField,
)
from core.errors import NotFound
from livestreams import services
from livestreams.models import LiveRoom, Maintenance, MediaNode
from livestreams.selectors import RoomReport, free_windows, room_reports
from livestreams.usage import heat_map
from parks.models import Park
from tenants.models import Tenant

READ_ROOMS = ("bookings:read", "bookings:write", "sessions:write")
WRITE = ("bookings:write",)
REPORTED = 28 * DAY


class RoomSerializer(serializers.ModelSerializer[LiveRoom]):
    """A live room. That it is dedicated is said, to whom is not."""

    park = serializers.CharField(source="park.code")
    hourly_rate = MoneyField()
    equipment = serializers.ListField(child=serializers.CharField())
    industries = serializers.ListField(child=serializers.CharField())
    opens_at = ClockField()
    closes_at = ClockField(help_text=_("The same as the opening time means around the clock."))
    is_dedicated = serializers.SerializerMethodField()

    class Meta:
        model = LiveRoom
        fields = [
            "code",
            "name_zh",
            "name_en",
            "park",
            "scene",
            "equipment",
            "industries",
            "hourly_rate",
            "opens_at",
            "closes_at",
            "setup_minutes",
            "is_dedicated",
            "opened_on",
            "closed_on",
        ]

    def get_is_dedicated(self, room: LiveRoom) -> bool:
        return room.dedicated_to_id is not None


class WindowSerializer(serializers.Serializer[Any]):
    """A span in which a room can be booked."""

    room = serializers.CharField()
    starts_at = InstantField()
    ends_at = InstantField()


class WindowsSerializer(serializers.Serializer[Any]):
    results = WindowSerializer(many=True)


class RoomChangeInput(StrictSerializer):
    """What is named is changed; `unit`, `dedicated_to` and `media_node` are taken away with null."""

    name_zh = LineField(max_length=100, required=False)
    name_en = LineField(max_length=100, required=False, allow_blank=True)
    scene = LineField(max_length=100, required=False, allow_blank=True)
    equipment = WordsField(required=False)
    industries = WordsField(required=False)
    hourly_rate = MoneyField(required=False)
    opens_at = ClockField(required=False)
    closes_at = ClockField(required=False)
    setup_minutes = CountField(max_value=24 * 60, required=False)
    dedicated_to = ScopedRelatedField(model=Tenant, required=False, allow_null=True)
    media_node = ScopedRelatedField(model=MediaNode, required=False, allow_null=True)
    opened_on = DayField(required=False)
    closed_on = DayField(required=False, allow_null=True)


class RoomInput(RoomChangeInput):
    """A new room of a park."""

    park = ScopedRelatedField(model=Park)
    code = SlugField(max_length=64)
    name_zh = LineField(max_length=100)


class RoomViewSet(ReadOnlyScopedViewSet):
    """Live rooms of the parks that the caller may look at."""

    model = LiveRoom
    serializer_class = RoomSerializer
    lookup_field = "code"
    permissions = {
        "list": Needs("view", READ_ROOMS),
        "retrieve": Needs("view", READ_ROOMS),
        "free_windows": Needs("view", READ_ROOMS),
        "create": Needs("add", WRITE),
        "change": Needs("change", WRITE),
    }
    inputs = {"create": RoomInput, "change": RoomChangeInput}

    def base_queryset(self) -> QuerySet[LiveRoom]:
        return LiveRoom.objects.select_related("park").order_by("code")

    def shown(self, row: Any) -> dict[str, Any]:
        """As it is stored: a new room has its defaults from the database."""
        return super().shown(self.base_queryset().get(pk=row.pk))

    @extend_schema(
        parameters=[
            OpenApiParameter("since", datetime, description="From when; now if it is left out."),
            OpenApiParameter(
                "until", datetime, description="Until when, at most 31 days; a day if it is left out."
            ),
            OpenApiParameter("minutes", int, description="How long the window has to be at least."),
        ],
        responses=WindowsSerializer,
    )
    @action(detail=True, url_path="free-windows", filter_backends=[], pagination_class=None)
    def free_windows(self, request: Request, code: str) -> Response:
        """When the room can be booked."""
        since = query_value(request, "since", strict.instant, next_minute(now()))
        until = query_value(request, "until", strict.instant, since + DAY)
        minutes = query_value(request, "minutes", strict.quantity, 0)
        if not code.isprintable():
            raise NotFound
        found = free_windows(
            actor=self.actor,
            code=code,
            since=since,
            until=until,
            at_least=timedelta(minutes=min(minutes, 60_000)),
        )
        return Response({"results": [window.as_dict() for window in found]})

    @extend_schema(request=RoomInput, responses={201: RoomSerializer})
    def create(self, request: Request) -> HttpResponse:
        """Add a room to a park."""
        return self.answer(lambda: services.room_create(actor=self.actor, **self.read()), 201)

    @extend_schema(request=RoomChangeInput, responses=RoomSerializer)
    @action(detail=True, methods=["post"])
    def change(self, request: Request, code: str) -> HttpResponse:
        """Change what is named. Bookings keep the price and the set-up they were made with."""
        return self.answer(
            lambda: services.room_update(actor=self.actor, room=self.get_object(), **self.read())
        )


# --- maintenance ----------------------------------------------------------------------------------------------


class MaintenanceSerializer(serializers.ModelSerializer[Maintenance]):
    room = serializers.CharField(source="room.code")
    starts_at = InstantField()
    ends_at = InstantField()
    reason = serializers.CharField(source="why")

    class Meta:
        model = Maintenance
        fields = ["uid", "room", "starts_at", "ends_at", "reason"]


class MaintenanceInput(StrictSerializer):
    room = ScopedRelatedField(model=LiveRoom)
    starts_at = InstantField()
    ends_at = InstantField()
    reason = LineField(max_length=200, required=False, allow_blank=True)


class MaintenanceEndInput(StrictSerializer):
    ends_at = InstantField(required=False, help_text=_("Now if it is left out."))


class MaintenanceFilter(django_filters.FilterSet):
    room = django_filters.CharFilter("room__code", label=_("Room"))


class MaintenanceViewSet(mixins.ListModelMixin, ScopedViewSet):
    """When rooms are out of use, the latest first."""

    model = Maintenance
    serializer_class = MaintenanceSerializer
    filterset_class = MaintenanceFilter
    permissions = {
        "list": Needs("view", READ_ROOMS),
        "create": Needs("add", WRITE),
        "end": Needs("change", WRITE),
    }
    inputs = {"create": MaintenanceInput, "end": MaintenanceEndInput}

    def base_queryset(self) -> QuerySet[Maintenance]:
        return Maintenance.objects.select_related("room").order_by("-starts_at", "-pk")

    @extend_schema(request=MaintenanceInput, responses={201: MaintenanceSerializer})
    def create(self, request: Request) -> HttpResponse:
        """Take a room out of use for a time. 409 `room_booked` when somebody has it then."""
        return self.answer(lambda: services.maintenance_create(actor=self.actor, **self.read()), 201)

    @extend_schema(request=MaintenanceEndInput, responses=MaintenanceSerializer)
    @action(detail=True, methods=["post"])
    def end(self, request: Request, uid: str) -> HttpResponse:
        """End it now, or move its end. One that lies ahead is called off: ends as it starts, is listed no more."""
        return self.answer(
            lambda: services.maintenance_end(actor=self.actor, window=self.get_object(), **self.read())
        )


# --- use ------------------------------------------------------------------------------------------------------


class RoomUseSerializer(serializers.Serializer[RoomReport]):
    """Times in hours; shares in percent, null where there is nothing to divide by (utilisation, no_show_rate)."""

    room = serializers.CharField(source="room.code")
    open_hours = serializers.SerializerMethodField()
    booked_hours = serializers.SerializerMethodField()
    live_hours = serializers.SerializerMethodField()
    utilisation = serializers.CharField(source="use.utilisation", allow_null=True)
    booked_share = serializers.CharField(source="use.booked_share", allow_null=True)
    kept = serializers.IntegerField(source="use.kept")
    no_shows = serializers.IntegerField(source="use.no_shows")
    no_show_rate = serializers.CharField(source="use.no_show_rate", allow_null=True)

    def get_open_hours(self, report: RoomReport) -> str:
        return _hours(report.use.opened)

    def get_booked_hours(self, report: RoomReport) -> str:
        return _hours(report.use.booked)

    def get_live_hours(self, report: RoomReport) -> str:
        return _hours(report.use.live)


class HeatSerializer(serializers.Serializer[Any]):
    """Utilisation of all listed rooms together in one hour of the week, those of Asia/Shanghai."""

    weekday = serializers.IntegerField(help_text=_("0 is Monday."))
    hour = serializers.IntegerField(help_text=_("From 0 to 23: the hour that begins then."))
    share = serializers.CharField(
        allow_null=True, help_text=_("Live time over open time in percent; null where no room was open.")
    )


class RoomUsesSerializer(serializers.Serializer[Any]):
    since = serializers.DateField()
    until = serializers.DateField()
    results = RoomUseSerializer(many=True)
    heat = HeatSerializer(many=True)


class RoomUseViewSet(ScopedViewSet):
    """How much the rooms of a park are used: for those who run them."""

    model = LiveRoom
    serializer_class = RoomUsesSerializer
    permissions = {"retrieve": Needs("change")}

    @extend_schema(
        parameters=[
            OpenApiParameter("since", str, description="First day; 28 days up to `until` if left out."),
            OpenApiParameter("until", str, description="Last day; today if left out."),
        ],
        responses=RoomUsesSerializer,
    )
    def retrieve(self, request: Request) -> Response:
        """Open, booked and live time of each room on the days from `since` to `until`, and who did not come.

        `heat` is the utilisation of these rooms together by weekday and hour.
        """
        until = query_value(request, "until", strict.day, today())
        since = query_value(request, "since", strict.day, until - REPORTED + DAY)
        run = set(self.get_queryset().values_list("pk", flat=True))
        reports = room_reports(actor=self.actor, since=since, until=until)
        found = [report for report in reports if report.room.pk in run]
        heat = [
            {"weekday": weekday, "hour": hour, "share": share}
            for (weekday, hour), share in sorted(heat_map(report.facts for report in found).items())
        ]
        answer = {"since": since, "until": until, "results": found, "heat": heat}
        return Response(RoomUsesSerializer(answer).data)


def _hours(time: timedelta) -> str:
    return f"{time / timedelta(hours=1):.2f}"
