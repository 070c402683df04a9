"""The API of parks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import Prefetch, QuerySet
from django.http import HttpResponse
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from core.clock import today
from core.days import open_on
from core.doors.api import Needs, ReadOnlyScopedViewSet
from core.errors import InvalidInput
from parks import services
from parks.api.serializers import (
    CollisionsSerializer,
    EventChangeInput,
    EventInput,
    EventSerializer,
    ParkSerializer,
    PlannedEventSerializer,
    TownSerializer,
    TownWithNearSerializer,
    VenueInput,
)
from parks.models import Event, EventVenue, Park, Town
from parks.selectors import event_collisions


class ParkViewSet(ReadOnlyScopedViewSet):
    """The open parks that the caller may look at."""

    model = Park
    serializer_class = ParkSerializer
    lookup_field = "code"
    permissions = {"list": Needs("view"), "retrieve": Needs("view")}

    def base_queryset(self) -> QuerySet[Park]:
        return Park.objects.filter(open_on(today())).select_related("town__city__province").order_by("code")


class TownViewSet(ReadOnlyScopedViewSet):
    """Towns, by which the collisions of events are found."""

    model = Town
    serializer_class = TownSerializer
    lookup_field = "code"
    permissions = {"list": Needs("view"), "retrieve": Needs("view")}

    def base_queryset(self) -> QuerySet[Town]:
        return Town.objects.select_related("city").order_by("code")

    @extend_schema(responses=TownWithNearSerializer)
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One town, with those near it."""
        return Response(TownWithNearSerializer(self.get_object()).data)


class EventViewSet(ReadOnlyScopedViewSet):
    """The events that a park of the caller organises or is a venue of, the latest first."""

    model = Event
    serializer_class = EventSerializer
    permissions = {
        "list": Needs("view"),
        "retrieve": Needs("view"),
        "create": Needs("add"),
        **dict.fromkeys(
            ("change", "collisions", "add_venue", "main_venue", "give_up_venue"), Needs("change")
        ),
    }
    inputs = {
        "create": EventInput,
        "change": EventChangeInput,
        **dict.fromkeys(("add_venue", "main_venue", "give_up_venue"), VenueInput),
    }

    def base_queryset(self) -> QuerySet[Event]:
        venues = EventVenue.objects.filter(open_on(today())).select_related("park")
        return (
            Event.objects.select_related("park")
            .prefetch_related(Prefetch("venues", venues, to_attr="open_venues"))
            .order_by("-first_day", "-pk")
        )

    def shown(self, row: Any) -> dict[str, Any]:
        """As it is stored after the write, with its collisions."""
        return dict(PlannedEventSerializer(self.base_queryset().get(pk=row.pk)).data)

    @extend_schema(request=EventInput, responses={201: PlannedEventSerializer})
    def create(self, request: Request) -> HttpResponse:
        """Plan an event; the organising park is its main venue until another one is."""
        return self.answer(lambda: services.event_create(actor=self.actor, **self.read()), 201)

    @extend_schema(request=EventChangeInput, responses=PlannedEventSerializer)
    @action(detail=True, methods=["post"])
    def change(self, request: Request, uid: str) -> HttpResponse:
        """Change or move an event, or call it off."""
        return self.answer(
            lambda: services.event_update(actor=self.actor, event=self.get_object(), **self.read())
        )

    @extend_schema(responses=CollisionsSerializer)
    @action(detail=True, pagination_class=None)
    def collisions(self, request: Request, uid: str) -> Response:
        """Announced events of one industry in near towns on the same days, the earliest first."""
        return Response(CollisionsSerializer({"results": event_collisions(self.get_object())}).data)

    @extend_schema(request=VenueInput, responses=PlannedEventSerializer)
    @action(detail=True, methods=["post"], url_path="add-venue")
    def add_venue(self, request: Request, uid: str) -> HttpResponse:
        """Make a park a sub venue, whoever runs it: its people see the event, and its tenants may enter."""
        return self._of_event(
            lambda event, code: services.venue_add(actor=self.actor, event=event, park_code=code)
        )

    @extend_schema(request=VenueInput, responses=PlannedEventSerializer)
    @action(detail=True, methods=["post"], url_path="main-venue")
    def main_venue(self, request: Request, uid: str) -> HttpResponse:
        """Make a venue the main one; the main venue until now becomes a sub venue."""
        return self._of_event(
            lambda event, code: services.venue_make_main(actor=self.actor, venue=_venue(event, code))
        )

    @extend_schema(request=VenueInput, responses=PlannedEventSerializer)
    @action(detail=True, methods=["post"], url_path="give-up-venue")
    def give_up_venue(self, request: Request, uid: str) -> HttpResponse:
        """Give a sub venue up: tenants of this park can no longer enter; those who did stay."""
        return self._of_event(
            lambda event, code: services.venue_give_up(actor=self.actor, venue=_venue(event, code))
        )

    def _of_event(self, service: Callable[[Event, str], EventVenue]) -> HttpResponse:
        return self.answer(lambda: service(self.get_object(), self.read()["park_code"]).event)


def _venue(event: Event, park_code: str) -> EventVenue:
    """The open venue of an event in a park, or the InvalidInput that a park which is none gets."""
    venue = EventVenue.objects.filter(open_on(today()), event=event, park__code=park_code).first()
    if venue is None:
        raise InvalidInput(_("There is no such object."), code="not_found", field="park_code")
    return venue
