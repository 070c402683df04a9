"""The API of media nodes and of what streams through them, for those who run a studio; screens of a booking."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request

from core.actors import Actor
from core.doors.api import Needs, ReadOnlyScopedViewSet, ScopedViewSet
from core.doors.fields import (
    ChoiceField,
    DayField,
    InstantField,
    LineField,
    Nothing,
    ScopedRelatedField,
    SlugField,
    StrictSerializer,
)
from core.doors.filters import FromDay, YesNo
from livestreams import services
from livestreams.choices import FrameLoss, MediaServer, PublishEnd, PublishReason, ScreenKind
from livestreams.frames import COUNTERS
from livestreams.models import Booking, EncoderSample, MediaNode, Publish, PublishDecision, ScreenToken
from parks.models import Park

# --- media nodes ----------------------------------------------------------------------------------------------


class NodeSerializer(serializers.ModelSerializer[MediaNode]):
    park = serializers.CharField(source="park.code")
    kind = serializers.ChoiceField(choices=MediaServer.choices)

    class Meta:
        model = MediaNode
        fields = ["code", "name_zh", "name_en", "park", "kind", "address", "control_url", "closed_on"]


class NodeChangeInput(StrictSerializer):
    """What is named is changed. `control_url` is for whoever runs the installation."""

    name_zh = LineField(max_length=100, required=False)
    name_en = LineField(max_length=100, required=False, allow_blank=True)
    kind = ChoiceField(choices=MediaServer.choices, required=False)
    address = LineField(max_length=200, required=False)
    control_url = LineField(max_length=200, required=False, allow_blank=True)
    closed_on = DayField(required=False, allow_null=True)


class NodeInput(NodeChangeInput):
    park = ScopedRelatedField(model=Park)
    code = SlugField(max_length=64)
    name_zh = LineField(max_length=100)
    address = LineField(max_length=200)


class NodeSecretSerializer(serializers.Serializer[Any]):
    """What a node proves itself by, shown this once."""

    secret = serializers.CharField()


class MediaNodeViewSet(ReadOnlyScopedViewSet):
    """Media nodes of a park. A secret is given with `secret` alone, and kept nowhere."""

    model = MediaNode
    serializer_class = NodeSerializer
    lookup_field = "code"
    permissions = {
        "list": Needs("view"),
        "retrieve": Needs("view"),
        "create": Needs("add"),
        "change": Needs("change"),
        "secret": Needs("change"),
    }
    inputs = {"create": NodeInput, "change": NodeChangeInput, "secret": Nothing}

    def base_queryset(self) -> QuerySet[MediaNode]:
        return MediaNode.objects.select_related("park").order_by("code")

    @extend_schema(request=NodeInput, responses={201: NodeSerializer})
    def create(self, request: Request) -> HttpResponse:
        """Add a media node; ask for its secret next."""
        return self.answer(lambda: services.node_create(actor=self.actor, **self.read())[0], 201)

    @extend_schema(request=NodeChangeInput, responses=NodeSerializer)
    @action(detail=True, methods=["post"])
    def change(self, request: Request, code: str) -> HttpResponse:
        """Change what is named."""
        return self.answer(
            lambda: services.node_update(actor=self.actor, node=self.get_object(), **self.read())
        )

    @extend_schema(request=Nothing, responses=NodeSecretSerializer)
    @action(detail=True, methods=["post"])
    def secret(self, request: Request, code: str) -> HttpResponse:
        """Give the node a new secret. The one before stays good for a day."""

        def renewed() -> dict[str, Any]:
            self.read()
            _node, secret = services.node_secret_renew(actor=self.actor, node=self.get_object())
            return {"secret": secret}

        return self.answer_unkept(renewed)


# --- streams --------------------------------------------------------------------------------------------------


class StreamSerializer(serializers.ModelSerializer[Publish]):
    """A stretch of picture from one encoder; a reconnect is another one of the same session."""

    node = serializers.CharField(source="node.code")
    room = serializers.CharField(source="room.code")
    booking = serializers.UUIDField(source="booking.uid")
    session = serializers.UUIDField(source="session.uid", default=None, allow_null=True)
    started_at = InstantField()
    last_seen_at = InstantField()
    ended_at = InstantField(allow_null=True)
    end = serializers.ChoiceField(choices=PublishEnd.choices, allow_blank=True)
    weak_since = InstantField(allow_null=True)
    cut_at = InstantField(allow_null=True)
    readmitted_at = InstantField(allow_null=True)

    class Meta:
        model = Publish
        fields = [
            "uid",
            "node",
            "room",
            "booking",
            "session",
            "is_test",
            "started_at",
            "last_seen_at",
            "ended_at",
            "end",
            "kbps",
            "behind_ms",
            "weak_since",
            "cut_at",
            "cut_reason",
            "readmitted_at",
        ]


class StreamFilter(django_filters.FilterSet):
    """Streams of a room or a booking; `running=true` for what is on air."""

    room = django_filters.CharFilter("room__code", label=_("Room"))
    booking = django_filters.UUIDFilter("booking__uid", label=_("Booking"))
    running = YesNo("ended_at", "isnull", label=_("On air"))


class CutInput(StrictSerializer):
    reason = LineField(max_length=200, required=False, allow_blank=True)


class StreamViewSet(ReadOnlyScopedViewSet):
    """What encoders send, the latest first."""

    model = Publish
    serializer_class = StreamSerializer
    filterset_class = StreamFilter
    permissions = {
        "list": Needs("view"),
        "retrieve": Needs("view"),
        "cut": Needs("change"),
        "readmit": Needs("change"),
    }
    inputs = {"cut": CutInput, "readmit": Nothing}

    def base_queryset(self) -> QuerySet[Publish]:
        return Publish.objects.select_related("node", "room", "booking", "session").order_by(
            "-started_at", "-pk"
        )

    @extend_schema(request=CutInput, responses=StreamSerializer)
    @action(detail=True, methods=["post"])
    def cut(self, request: Request, uid: str) -> HttpResponse:
        """Take it off the air within 15 seconds; its booking stays off until it is let in again."""
        return self._step(services.publish_cut)

    @extend_schema(request=Nothing, responses=StreamSerializer)
    @action(detail=True, methods=["post"])
    def readmit(self, request: Request, uid: str) -> HttpResponse:
        """Let the booking of a stream that was cut on air again."""
        return self._step(services.publish_readmit)

    def _step(self, service: Any) -> HttpResponse:
        return self.answer(lambda: service(actor=self.actor, publish=self.get_object(), **self.read()))


# --- decisions ------------------------------------------------------------------------------------------------


class StreamDecisionSerializer(serializers.ModelSerializer[PublishDecision]):
    """What an encoder was told. Of what it showed as its key `key_start` are the first six characters, and no more."""

    at = InstantField()
    node = serializers.CharField(source="node.code")
    booking = serializers.UUIDField(source="booking.uid", default=None, allow_null=True)
    room = serializers.CharField(source="booking.room.code", default=None, allow_null=True)
    reason = serializers.ChoiceField(choices=PublishReason.choices)
    message = serializers.CharField(source="get_reason_display", help_text=_("The reason in words."))

    class Meta:
        model = PublishDecision
        fields = [
            "at",
            "node",
            "booking",
            "room",
            "call",
            "app",
            "key_start",
            "address",
            "accepted",
            "reason",
            "message",
            "detail",
        ]


class OfBookings(django_filters.FilterSet):
    """What was told of a booking or a room, from a day on."""

    since = FromDay("at", label=_("From"))
    booking = django_filters.UUIDFilter("booking__uid", label=_("Booking"))
    room = django_filters.CharFilter("booking__room__code", label=_("Room"), max_length=64)


class StreamDecisionFilter(OfBookings):
    """Decisions of a booking or a room, from a day on; `accepted=false` for what was refused."""

    accepted = YesNo("accepted", label=_("Accepted"))


class StreamDecisionViewSet(mixins.ListModelMixin, ScopedViewSet):
    """Who asked to go on air and what it was told, the latest first."""

    model = PublishDecision
    serializer_class = StreamDecisionSerializer
    filterset_class = StreamDecisionFilter
    permissions = {"list": Needs("view", ("streams:write",))}

    def base_queryset(self) -> QuerySet[PublishDecision]:
        rows = PublishDecision.objects.select_related("node", "booking__room").order_by("-at", "-pk")
        return _of_its_rooms(rows, self.actor)


def _of_its_rooms(rows: QuerySet[Any], actor: Actor) -> QuerySet[Any]:
    """What a key of some rooms may read of the bookings of all."""
    return rows.filter(booking__room__code__in=actor.rooms) if actor.rooms else rows


# --- words of encoders ----------------------------------------------------------------------------------------


class EncoderSampleSerializer(serializers.ModelSerializer[EncoderSample]):
    """Counters that an encoder's program showed, and what its minute lost by the worst cause."""

    booking = serializers.UUIDField(source="booking.uid")
    room = serializers.CharField(source="booking.room.code")
    at = InstantField()
    cause = serializers.ChoiceField(choices=FrameLoss.choices, allow_blank=True)
    alarm = serializers.BooleanField(source="is_losing", help_text=_("More than the park lets pass."))

    class Meta:
        model = EncoderSample
        fields = [
            "at",
            "booking",
            "room",
            "source",
            "lost_percent",
            "cause",
            "alarm",
            *COUNTERS,
            "sent_bytes",
            "reconnecting",
            "congestion",
        ]


class EncoderSampleFilter(OfBookings):
    """Words of a booking's or a room's encoders, from a day on."""

    alarm = YesNo("is_losing", label=_("Alarm"))


class EncoderSampleViewSet(mixins.ListModelMixin, ScopedViewSet):
    """What encoders' programs say of frames that they lost, the latest first."""

    model = EncoderSample
    serializer_class = EncoderSampleSerializer
    filterset_class = EncoderSampleFilter
    permissions = {"list": Needs("view", ("streams:write",))}

    def base_queryset(self) -> QuerySet[EncoderSample]:
        rows = EncoderSample.objects.judged().select_related("booking__room").order_by("-at", "-pk")
        return _of_its_rooms(rows, self.actor)


# --- screens --------------------------------------------------------------------------------------------------


class ScreenSerializer(serializers.ModelSerializer[ScreenToken]):
    """A screen that a booking has or had. It acts for the person who made it."""

    booking = serializers.UUIDField(source="booking.uid")
    kind = serializers.ChoiceField(choices=ScreenKind.choices)
    created_at = InstantField()
    revoked_at = InstantField(allow_null=True)

    class Meta:
        model = ScreenToken
        fields = ["uid", "booking", "kind", "created_at", "revoked_at"]


class ScreenInput(StrictSerializer):
    booking = ScopedRelatedField(model=Booking, slug_field="uid")
    kind = ChoiceField(choices=ScreenKind.choices)


class MadeScreenSerializer(ScreenSerializer):
    """A new screen with the address to open in OBS, shown this once."""

    address = serializers.CharField()

    class Meta(ScreenSerializer.Meta):
        fields = [*ScreenSerializer.Meta.fields, "address"]


class ScreenViewSet(ReadOnlyScopedViewSet):
    """Overlays and docks of bookings: opened by an address of their own, without a log-in."""

    model = ScreenToken
    serializer_class = ScreenSerializer
    permissions = {
        "list": Needs("view"),
        "retrieve": Needs("view"),
        "create": Needs("add"),
        "revoke": Needs("change"),
    }
    inputs = {"create": ScreenInput, "revoke": Nothing}

    def base_queryset(self) -> QuerySet[ScreenToken]:
        return ScreenToken.objects.select_related("booking").order_by("-pk")

    @extend_schema(request=ScreenInput, responses={201: MadeScreenSerializer})
    def create(self, request: Request) -> HttpResponse:
        """Give a booking an overlay or a dock, in place of the one it had."""

        def made() -> dict[str, Any]:
            token, secret = services.screen_make(actor=self.actor, **self.read())
            address = request.build_absolute_uri(reverse(token.kind))
            return self.shown(token) | {"address": f"{address}?lang={get_language()}#{secret}"}

        return self.answer_unkept(made, 201)

    @extend_schema(request=Nothing, responses=ScreenSerializer)
    @action(detail=True, methods=["post"])
    def revoke(self, request: Request, uid: str) -> HttpResponse:
        """Shut a screen."""
        return self.answer(
            lambda: services.screen_revoke(actor=self.actor, token=self.get_object(), **self.read())
        )
