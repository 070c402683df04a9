"""The API of parks."""

from __future__ import annotations

from django.db.models import Prefetch, QuerySet

from core.doors.api import Needs, ReadOnlyScopedViewSet
from parks.api.serializers import EventSerializer, ParkSerializer
from parks.models import Event, EventVenue, Park


class ParkViewSet(ReadOnlyScopedViewSet):
    """The open parks that the caller may look at."""

    model = Park
    serializer_class = ParkSerializer
    lookup_field = "code"
    permissions = {"list": Needs("view"), "retrieve": Needs("view")}

    def base_queryset(self) -> QuerySet[Park]:
        return (
            Park.objects.filter(closed_on__isnull=True)
            .select_related("town__city__province")
            .order_by("code")
        )


class EventViewSet(ReadOnlyScopedViewSet):
    """The events that a park of the caller organises or is a venue of, the latest first."""

    model = Event
    serializer_class = EventSerializer
    permissions = {"list": Needs("view"), "retrieve": Needs("view")}

    def base_queryset(self) -> QuerySet[Event]:
        venues = EventVenue.objects.filter(closed_on__isnull=True).select_related("park")
        return (
            Event.objects.select_related("park")
            .prefetch_related(Prefetch("venues", venues, to_attr="open_venues"))
            .order_by("-first_day", "-pk")
        )
