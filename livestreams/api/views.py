"""The API of live streams: rooms, bookings, sessions and their audience."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from core.doors.api import Needs, ReadOnlyScopedViewSet, encode
from core.doors.fields import Nothing
from core.idempotency import Answer
from livestreams import services
from livestreams.api.broadcasts import WRITE_STREAMS, BroadcastActions
from livestreams.api.serializers import (
    BookingInput,
    BookingSerializer,
    CheckInInput,
    CredentialsSerializer,
    EndInput,
    MoveInput,
    SampleCountsSerializer,
    SamplesInput,
    SeriesInput,
    SeriesSerializer,
    SessionInput,
    SessionSerializer,
    StreamKeyInput,
    SwapInput,
    WaitlistInput,
    WaitlistSerializer,
)
from livestreams.api.spend import SpendActions
from livestreams.api.studio import ReadinessActions
from livestreams.filters import BookingFilter, SessionsOfTenants
from livestreams.labels import labelled
from livestreams.models import (
    AudienceSample,
    Booking,
    BookingSeries,
    LiveSession,
    StreamKey,
    WaitlistEntry,
)

READ_BOOKINGS = ("bookings:read", "bookings:write")
WRITE_BOOKINGS = ("bookings:write",)
READ_SESSIONS = ("sessions:write", "samples:write")


class BookingViewSet(BroadcastActions, ReadinessActions, ReadOnlyScopedViewSet):
    """Bookings of live rooms. A conflict names free times and rooms in `alternatives`."""

    model = Booking
    serializer_class = BookingSerializer
    filterset_class = BookingFilter
    permissions = {
        "list": Needs("view", READ_BOOKINGS),
        "retrieve": Needs("view", READ_BOOKINGS),
        "create": Needs("add", WRITE_BOOKINGS),
        "confirm": Needs("change", WRITE_BOOKINGS),
        "cancel": Needs("change", WRITE_BOOKINGS),
        "check_in": Needs("check_in", WRITE_BOOKINGS),
        "move": Needs("change", WRITE_BOOKINGS),
        "swap": Needs("change", WRITE_BOOKINGS),
        "stream_key": Needs("view", WRITE_STREAMS, model=StreamKey),
        "renew_stream_key": Needs("add", WRITE_STREAMS, model=StreamKey),
        **BroadcastActions.permissions,
        **ReadinessActions.permissions,
    }
    inputs = {
        "create": BookingInput,
        "confirm": Nothing,
        "cancel": Nothing,
        "check_in": CheckInInput,
        "move": MoveInput,
        "swap": SwapInput,
        "renew_stream_key": StreamKeyInput,
        **BroadcastActions.inputs,
        **ReadinessActions.inputs,
    }

    def base_queryset(self) -> QuerySet[Booking]:
        related = ("tenant", "room__park__settings", "host", "series")
        return Booking.objects.select_related(*related).order_by("-starts_at", "-pk")

    @extend_schema(request=BookingInput, responses={201: BookingSerializer})
    def create(self, request: Request) -> HttpResponse:
        """Book a room, or hold it."""
        return self.answer(lambda: services.booking_create(actor=self.actor, **self.read()), 201)

    @extend_schema(request=Nothing, responses=BookingSerializer)
    @action(detail=True, methods=["post"])
    def confirm(self, request: Request, uid: str) -> HttpResponse:
        """Turn a hold into a booking."""
        return self._step(services.booking_confirm)

    @extend_schema(request=Nothing, responses=BookingSerializer)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, uid: str) -> HttpResponse:
        """Give a booking back before it begins."""
        return self._step(services.booking_cancel)

    @extend_schema(request=CheckInInput, responses=BookingSerializer)
    @action(detail=True, methods=["post"], url_path="check-in")
    def check_in(self, request: Request, uid: str) -> HttpResponse:
        """Say that tenant or host are there; `at` when it is told later. Told twice, it counts once."""
        return self._step(services.booking_check_in)

    @extend_schema(request=MoveInput, responses=BookingSerializer)
    @action(detail=True, methods=["post"])
    def move(self, request: Request, uid: str) -> HttpResponse:
        """Change room, time or host."""
        return self._step(services.booking_move)

    @extend_schema(request=SwapInput, responses=BookingSerializer)
    @action(detail=True, methods=["post"])
    def swap(self, request: Request, uid: str) -> HttpResponse:
        """Let two bookings change places: room and time."""
        return self._step(services.booking_swap)

    @extend_schema(responses=CredentialsSerializer)
    @action(detail=True, url_path="stream-key", filter_backends=[], pagination_class=None)
    def stream_key(self, request: Request, uid: str) -> Response:
        """What an encoder needs to go on air; `key` is empty until the booking has been given one."""
        booking = self.get_object()
        main, spare = (
            services.stream_credentials(actor=self.actor, booking=booking, spare=spare)
            for spare in (False, True)
        )
        shown = {**asdict(main), "spare_stream_name": spare.stream_name}
        return Response(CredentialsSerializer(shown).data)

    @extend_schema(request=StreamKeyInput, responses=BookingSerializer)
    @stream_key.mapping.post
    def renew_stream_key(self, request: Request, uid: str) -> HttpResponse:
        """Give the booking its stream key, or a new one in place of the old; read it by GET."""

        def renewed() -> Booking:
            booking = self.get_object()
            services.stream_key_renew(actor=self.actor, booking=booking, **self.read())
            return booking

        return self.answer(renewed)

    def _step(self, service: Any) -> HttpResponse:
        return self.answer(lambda: service(actor=self.actor, booking=self.get_object(), **self.read()))


class SeriesViewSet(ReadOnlyScopedViewSet):
    """Rooms at the same hours every week. A refusal names each day that cannot be had, with its reason."""

    model = BookingSeries
    serializer_class = SeriesSerializer
    permissions = {
        "list": Needs("view", READ_BOOKINGS),
        "retrieve": Needs("view", READ_BOOKINGS),
        "create": Needs("add", WRITE_BOOKINGS),
        "cancel": Needs("change", WRITE_BOOKINGS),
    }
    inputs = {"create": SeriesInput, "cancel": Nothing}

    def base_queryset(self) -> QuerySet[BookingSeries]:
        return (
            BookingSeries.objects.select_related("tenant", "room", "host")
            .prefetch_related("bookings")
            .order_by("-pk")
        )

    @extend_schema(request=SeriesInput, responses={201: SeriesSerializer})
    def create(self, request: Request) -> HttpResponse:
        """Book a series, whole or with the days left out that cannot be had."""
        return self.answer(lambda: services.series_create(actor=self.actor, **self.read()), 201)

    @extend_schema(request=Nothing, responses=SeriesSerializer)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, uid: str) -> HttpResponse:
        """Give back all bookings of the series that have not begun."""

        def cancelled() -> BookingSeries:
            self.read()
            services.series_cancel(actor=self.actor, series=self.get_object())
            return self.get_object()

        return self.answer(cancelled)


class WaitlistViewSet(ReadOnlyScopedViewSet):
    """Who waits for a room. What becomes free is held for the first it fits: an offer, to be confirmed in time."""

    model = WaitlistEntry
    serializer_class = WaitlistSerializer
    permissions = {
        "list": Needs("view", READ_BOOKINGS),
        "retrieve": Needs("view", READ_BOOKINGS),
        "create": Needs("add", WRITE_BOOKINGS),
        "withdraw": Needs("change", WRITE_BOOKINGS),
    }
    inputs = {"create": WaitlistInput, "withdraw": Nothing}

    def base_queryset(self) -> QuerySet[WaitlistEntry]:
        return WaitlistEntry.objects.select_related("tenant", "room", "host", "booking").order_by("-pk")

    @extend_schema(request=WaitlistInput, responses={201: WaitlistSerializer})
    def create(self, request: Request) -> HttpResponse:
        """Wait for a room."""
        return self.answer(lambda: services.waitlist_join(actor=self.actor, **self.read()), 201)

    @extend_schema(request=Nothing, responses=WaitlistSerializer)
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, uid: str) -> HttpResponse:
        """Stop waiting; an offer is given back with it."""
        return self.answer(
            lambda: services.waitlist_withdraw(actor=self.actor, entry=self.get_object(), **self.read())
        )


class SessionViewSet(SpendActions, ReadOnlyScopedViewSet):
    """Live sessions: opened when the picture goes out, ended once."""

    model = LiveSession
    serializer_class = SessionSerializer
    filterset_class = SessionsOfTenants
    permissions = {
        "list": Needs("view", READ_SESSIONS),
        "retrieve": Needs("view", READ_SESSIONS),
        "create": Needs("add", ("sessions:write",)),
        "end": Needs("change", ("sessions:write",)),
        "samples": Needs("add", ("samples:write",), model=AudienceSample),
        **SpendActions.permissions,
    }
    inputs = {"create": SessionInput, "end": EndInput, "samples": SamplesInput, **SpendActions.inputs}

    def base_queryset(self) -> QuerySet[LiveSession]:
        sessions = LiveSession.objects.select_related("tenant", "park", "room", "booking", "host")
        return labelled(sessions).order_by("-started_at", "-pk")

    @extend_schema(request=SessionInput, responses={201: SessionSerializer})
    def create(self, request: Request) -> HttpResponse:
        """Go live. The same live id of a platform again gives the session that it already has."""
        return self.answer(lambda: services.session_open(actor=self.actor, **self.read()), 201)

    @extend_schema(request=EndInput, responses=SessionSerializer)
    @action(detail=True, methods=["post"])
    def end(self, request: Request, uid: str) -> HttpResponse:
        """End a session; the same end again changes nothing."""
        return self.answer(
            lambda: services.session_end(actor=self.actor, session=self.get_object(), **self.read())
        )

    @extend_schema(request=SamplesInput, responses=SampleCountsSerializer)
    @action(detail=True, methods=["post"])
    def samples(self, request: Request, uid: str) -> HttpResponse:
        """Append what a source shows of the audience. Late, repeated and unordered readings are welcome."""

        def record() -> Answer:
            counts = services.samples_record(actor=self.actor, session=self.get_object(), **self.read())
            return Answer(200, encode(asdict(counts)).decode())

        return self.answer(record)
