"""The API of what was stated of an event's sales."""

from __future__ import annotations

from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from analytics import services
from analytics.choices import EventReach, Verdict
from analytics.filters import EventClaimFilter
from analytics.models import EventClaim, EventVerdict
from core.doors.api import Needs, ReadOnlyScopedViewSet
from core.doors.fields import (
    ChoiceField,
    CountField,
    DayField,
    InstantField,
    LineField,
    MoneyField,
    ScopedRelatedField,
    StrictSerializer,
)
from parks.models import Event


class EventClaimSerializer(serializers.ModelSerializer[EventClaim]):
    """What was stated, and the verdict that stands on it with the codes of its reasons."""

    event = serializers.UUIDField(source="event.uid")
    reach = serializers.ChoiceField(choices=EventReach.choices)
    sales = MoneyField()
    made_at = InstantField()
    verdict = serializers.ChoiceField(choices=Verdict.choices)
    reasons = serializers.SerializerMethodField()

    class Meta:
        model = EventClaim
        fields = [
            "uid",
            "event",
            "said_by",
            "reach",
            "rooms",
            "first_day",
            "last_day",
            "sales",
            "verdict",
            "reasons",
            "made_at",
        ]

    def get_reasons(self, claim: Any) -> list[str]:
        return str(claim.reasons).split()


class EventClaimInput(StrictSerializer):
    """Whose sales were stated: of the town, of so many rooms, of the entrants; without days those of the event."""

    event = ScopedRelatedField(model=Event, slug_field="uid")
    said_by = LineField(max_length=100)
    sales = MoneyField()
    reach = ChoiceField(choices=EventReach.choices, required=False)
    rooms = CountField(min_value=1, required=False, allow_null=True)
    first_day = DayField(required=False)
    last_day = DayField(required=False)


class EventClaimViewSet(ReadOnlyScopedViewSet):
    """Sales that somebody stated of events, each with its verdict."""

    model = EventClaim
    serializer_class = EventClaimSerializer
    filterset_class = EventClaimFilter
    permissions = {
        "list": Needs("view", ("figures:read",)),
        "retrieve": Needs("view", ("figures:read",)),
        "create": Needs("add", ("sessions:write",)),
    }
    inputs = {"create": EventClaimInput}

    def base_queryset(self) -> QuerySet[EventClaim]:
        standing = EventVerdict.objects.filter(claim=OuterRef("pk")).order_by("-version")
        return (
            EventClaim.objects.select_related("event")
            .annotate(
                verdict=Subquery(standing.values("verdict")[:1]),
                reasons=Subquery(standing.values("reasons")[:1]),
            )
            .order_by("-pk")
        )

    @extend_schema(request=EventClaimInput, responses={201: EventClaimSerializer})
    def create(self, request: Request) -> HttpResponse:
        """State an event's sales; they are judged at once, and again as figures come in."""

        def stated() -> EventClaim:
            claim = services.event_claim(actor=self.actor, **self.read())
            return self.get_queryset().get(pk=claim.pk)

        return self.answer(stated, 201)
