"""The API of the exchange: what other parks offer, and what is asked of them."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from core import strict
from core.clock import DAY, local, month_of, next_minute, now, today
from core.doors.api import Needs, ReadOnlyScopedViewSet, ScopedViewSet, query_value
from core.doors.fields import (
    CodeField,
    FlagField,
    InstantField,
    LineField,
    MoneyField,
    Nothing,
    ScopedRelatedField,
    StrictSerializer,
    is_public_name,
)
from core.errors import NotFound
from core.policy import VIEW
from core.scoping import get_visible, require
from livestreams import services
from livestreams.choices import ExchangeState
from livestreams.conflicts import Span
from livestreams.errors import BadTime
from livestreams.exchange import free_times
from livestreams.exchangefigures import exchange_month
from livestreams.models import ExchangeOffer, ExchangeRequest, Host, LiveRoom
from livestreams.selectors import LONGEST_LOOK
from livestreams.services.exchange import MOST_PLACES
from parks.models import Park
from tenants.models import Tenant

READ = ("bookings:read", "bookings:write")
WRITE = ("bookings:write",)


class OfferedRoomSerializer(serializers.ModelSerializer[LiveRoom]):
    """What others are shown of a room that is offered."""

    class Meta:
        model = LiveRoom
        fields = ["code", "name_zh", "name_en", "scene", "equipment", "industries"]


class OfferedHostSerializer(serializers.ModelSerializer[Host]):
    """What others are shown of a host who is offered."""

    day_rate = MoneyField()

    class Meta:
        model = Host
        fields = ["code", "name_zh", "name_en", "level", "languages", "categories", "day_rate"]


class OfferSerializer(serializers.ModelSerializer[ExchangeOffer]):
    """An offer, without whom else it goes to."""

    giver = serializers.CharField(source="giver.code")
    park = serializers.CharField(source="park.code")
    town = serializers.CharField(source="park.town.name_zh")
    room = OfferedRoomSerializer(allow_null=True)
    host = OfferedHostSerializer(allow_null=True)
    starts_at = InstantField()
    ends_at = InstantField()
    hourly_rate = MoneyField()

    class Meta:
        model = ExchangeOffer
        fields = [
            "uid",
            "giver",
            "park",
            "town",
            "room",
            "host",
            "starts_at",
            "ends_at",
            "hourly_rate",
            "is_instant",
            "note",
            "withdrawn_at",
        ]


class OfferInput(StrictSerializer):
    room = ScopedRelatedField(model=LiveRoom, required=False, allow_null=True)
    host = ScopedRelatedField(model=Host, required=False, allow_null=True)
    starts_at = InstantField()
    ends_at = InstantField()
    hourly_rate = MoneyField()
    places = serializers.ListField(
        child=CodeField(max_length=64),
        allow_empty=False,
        max_length=MOST_PLACES,
        help_text=_("Codes of parks, or of towns, cities and provinces with all of their parks."),
    )
    is_instant = FlagField(required=False)
    note = LineField(max_length=200, required=False, allow_blank=True)


class FreeTimeSerializer(serializers.Serializer[Any]):
    starts_at = InstantField()
    ends_at = InstantField()


class FreeTimesSerializer(serializers.Serializer[Any]):
    results = FreeTimeSerializer(many=True)


class ExchangeRequestSerializer(serializers.ModelSerializer[ExchangeRequest]):
    """A request as both sides see it."""

    offer = serializers.UUIDField(source="offer.uid")
    tenant = serializers.CharField(source="tenant.code")
    park = serializers.CharField(source="park.code")
    room = serializers.SerializerMethodField(help_text=_("Where it takes place."))
    host = serializers.SerializerMethodField()
    starts_at = InstantField()
    ends_at = InstantField()
    hourly_rate = MoneyField()
    price = MoneyField()
    state = serializers.ChoiceField(choices=ExchangeState.choices)
    expires_at = InstantField()
    booking = serializers.UUIDField(source="booking.uid", default=None, allow_null=True)

    class Meta:
        model = ExchangeRequest
        fields = [
            "uid",
            "offer",
            "tenant",
            "park",
            "room",
            "host",
            "starts_at",
            "ends_at",
            "hourly_rate",
            "price",
            "note",
            "state",
            "answer",
            "expires_at",
            "booking",
        ]

    def get_room(self, request: ExchangeRequest) -> str:
        return str((request.room or request.offer.room).code)  # type: ignore[union-attr]

    def get_host(self, request: ExchangeRequest) -> str | None:
        host = request.offer.host or request.host
        return host.code if host is not None else None


class ExchangeRequestInput(StrictSerializer):
    offer = ScopedRelatedField(model=ExchangeOffer, slug_field="uid")
    tenant = ScopedRelatedField(model=Tenant)
    starts_at = InstantField()
    ends_at = InstantField()
    room = ScopedRelatedField(model=LiveRoom, required=False, allow_null=True)
    host = ScopedRelatedField(model=Host, required=False, allow_null=True)
    note = LineField(max_length=200, required=False, allow_blank=True)


class DeclineInput(StrictSerializer):
    reason = LineField(max_length=200)


class ExchangeOfferViewSet(ReadOnlyScopedViewSet):
    """What parks and firms offer to others: one's own offers, and those one is told of."""

    model = ExchangeOffer
    serializer_class = OfferSerializer
    permissions = {
        "list": Needs("view", READ),
        "retrieve": Needs("view", READ),
        "free_times": Needs("view", READ),
        "create": Needs("add", WRITE),
        "withdraw": Needs("change", WRITE),
    }
    inputs = {"create": OfferInput, "withdraw": Nothing}

    def base_queryset(self) -> QuerySet[ExchangeOffer]:
        return ExchangeOffer.objects.in_full().order_by("-pk")

    @extend_schema(
        parameters=[
            OpenApiParameter("since", datetime, description="From when; now if it is left out."),
            OpenApiParameter(
                "until", datetime, description="Until when, at most 31 days; a day if it is left out."
            ),
        ],
        responses=FreeTimesSerializer,
    )
    @action(detail=True, url_path="free-times", filter_backends=[], pagination_class=None)
    def free_times(self, request: Request, uid: str) -> Response:
        """When it can be had."""
        offer = self.get_object()
        since = query_value(request, "since", strict.instant, next_minute(now()))
        until = query_value(request, "until", strict.instant, since + DAY)
        if not since < until <= since + LONGEST_LOOK:
            raise BadTime(_("Ask for at most %(days)d days.") % {"days": LONGEST_LOOK.days}, field="until")
        spans = free_times([offer], Span(since, until))[offer.pk]
        return Response(
            {
                "results": [
                    {"starts_at": local(span.start).isoformat(), "ends_at": local(span.end).isoformat()}
                    for span in spans
                ]
            }
        )

    @extend_schema(request=OfferInput, responses={201: OfferSerializer})
    def create(self, request: Request) -> HttpResponse:
        """Offer free times of a room or a host."""
        return self.answer(lambda: services.exchange_offer_make(actor=self.actor, **self.read()), 201)

    @extend_schema(request=Nothing, responses=OfferSerializer)
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, uid: str) -> HttpResponse:
        """Offer it no longer."""
        return self.answer(
            lambda: services.exchange_offer_withdraw(actor=self.actor, offer=self.get_object(), **self.read())
        )


class ExchangeRequestViewSet(ReadOnlyScopedViewSet):
    """What is asked of other parks and by them. A conflict names free times in `alternatives`."""

    model = ExchangeRequest
    serializer_class = ExchangeRequestSerializer
    permissions = {
        "list": Needs("view", READ),
        "retrieve": Needs("view", READ),
        "create": Needs("add", WRITE),
        "accept": Needs("change", WRITE),
        "decline": Needs("change", WRITE),
        "withdraw": Needs("change", WRITE),
    }
    inputs = {
        "create": ExchangeRequestInput,
        "accept": Nothing,
        "decline": DeclineInput,
        "withdraw": Nothing,
    }

    def base_queryset(self) -> QuerySet[ExchangeRequest]:
        return ExchangeRequest.objects.in_full().order_by("-pk")

    def shown(self, row: Any) -> dict[str, Any]:
        """A row that was just written, read again with its booking."""
        return super().shown(self.base_queryset().get(pk=row.pk))

    @extend_schema(request=ExchangeRequestInput, responses={201: ExchangeRequestSerializer})
    def create(self, request: Request) -> HttpResponse:
        """Ask for a time of an offer."""
        return self.answer(lambda: services.exchange_request_make(actor=self.actor, **self.read()), 201)

    @extend_schema(request=Nothing, responses=ExchangeRequestSerializer)
    @action(detail=True, methods=["post"])
    def accept(self, request: Request, uid: str) -> HttpResponse:
        """Lend it: it is booked in the same moment."""
        return self._step(services.exchange_request_accept)

    @extend_schema(request=DeclineInput, responses=ExchangeRequestSerializer)
    @action(detail=True, methods=["post"])
    def decline(self, request: Request, uid: str) -> HttpResponse:
        """Say no, and why."""
        return self._step(services.exchange_request_decline)

    @extend_schema(request=Nothing, responses=ExchangeRequestSerializer)
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, uid: str) -> HttpResponse:
        """Ask no longer."""
        return self._step(services.exchange_request_withdraw)

    def _step(self, service: Any) -> HttpResponse:
        return self.answer(lambda: service(actor=self.actor, request=self.get_object(), **self.read()))


# --- its month ------------------------------------------------------------------------------------------------


class ExchangeMonthSerializer(serializers.Serializer[Any]):
    """Hours of a month (its first day); `gained` is the lent share of the rooms' open time, in percentage points."""

    park = serializers.CharField()
    month = serializers.DateField()
    rooms_offered = serializers.CharField()
    rooms_lent = serializers.CharField()
    rooms_borrowed = serializers.CharField()
    hosts_offered = serializers.CharField()
    hosts_lent = serializers.CharField()
    hosts_borrowed = serializers.CharField()
    gained = serializers.CharField(allow_null=True)


class ExchangeMonthViewSet(ScopedViewSet):
    """What the exchange brings a park: for those who see what all of its firms offer."""

    model = ExchangeOffer
    serializer_class = ExchangeMonthSerializer
    permissions = {"retrieve": Needs("view", READ)}

    @extend_schema(
        parameters=[
            OpenApiParameter("park", str, required=True, description="Code of the park."),
            OpenApiParameter("day", str, description="A day of the month; today if left out."),
        ],
        responses=ExchangeMonthSerializer,
    )
    def retrieve(self, request: Request) -> Response:
        """Hours of rooms and hosts that a park and its firms offered, lent and borrowed in a month."""
        code = request.query_params.get("park", "")
        if not is_public_name(code, "code"):
            raise NotFound
        park = get_visible(Park, self.actor, code=code)
        require(self.actor, VIEW, ExchangeOffer, park.pk)
        month = month_of(query_value(request, "day", strict.day, today()))
        found = exchange_month(actor=self.actor, park=park, month=month)
        return Response(ExchangeMonthSerializer({"park": park.code, "month": month, **asdict(found)}).data)
