"""The API of parks."""

from __future__ import annotations

from django.db.models import QuerySet

from core.doors.api import Needs, ReadOnlyScopedViewSet
from parks.api.serializers import ParkSerializer
from parks.models import Park


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
