"""The API of hosts for goods: a ranking for one request, and stored assignments of many."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from analytics import services
from analytics.api.subjects import named, subject_of
from analytics.choices import MatchState
from analytics.matching.answers import left_of, pairs_of
from analytics.matching.assignment import Left
from analytics.matching.facts import Wanted
from analytics.matching.goods import Goods
from analytics.models import MatchRun
from analytics.selectors.matching import host_matches
from core import strict
from core.choices import JobState
from core.doors.api import Needs, ReadOnlyScopedViewSet, ScopedViewSet, one_of, query_value
from core.doors.fields import (
    CountField,
    DayField,
    FlagField,
    InstantField,
    LineField,
    MoneyField,
    Nothing,
    ScopedRelatedField,
    StrictSerializer,
)
from core.errors import InvalidInput
from core.policy import ADD
from livestreams.choices import ProofKind
from livestreams.conflicts import Span
from livestreams.models import Booking, Course, Host
from parks.models import Park
from tenants.choices import Platform

BOOK = ("bookings:write",)


class HostMatchSerializer(serializers.Serializer[Any]):
    """A host for the goods; amounts in CNY for all hours, null for who may not read them."""

    rank = serializers.IntegerField()
    host = serializers.CharField(source="host.code")
    name_zh = serializers.CharField(source="host.name_zh")
    name_en = serializers.CharField(source="host.name_en")
    quarter = serializers.IntegerField(help_text="1 to 4 among the hosts of the park for these goods.")
    cost = MoneyField(help_text="By the day rate.")
    sales = MoneyField(allow_null=True, help_text="Expected after refunds.")
    low = MoneyField(
        allow_null=True, help_text="The host's level lies between low and high four times in five."
    )
    high = MoneyField(allow_null=True)
    after_cost = MoneyField(allow_null=True)
    reasons = serializers.ListField(child=serializers.CharField())


class HostExcludedSerializer(serializers.Serializer[Any]):
    """A host that cannot be had for it, and why."""

    host = serializers.CharField(source="host.code")
    reasons = serializers.ListField(child=serializers.CharField())


class HostMatchesSerializer(serializers.Serializer[Any]):
    """Ranked hosts, and those who cannot be had; `sessions` that the estimates draw on."""

    with_amounts = serializers.BooleanField()
    sessions = serializers.IntegerField(allow_null=True)
    matches = HostMatchSerializer(many=True)
    excluded = HostExcludedSerializer(many=True)


class HostMatchViewSet(ScopedViewSet):
    """Hosts for goods: of a tenant those that it may book itself, of a park all."""

    model = Host
    serializer_class = HostMatchesSerializer
    permissions = {"retrieve": Needs(ADD, BOOK, model=Booking)}

    @extend_schema(
        operation_id="host_matches",
        parameters=[
            OpenApiParameter("tenant", str, description="Code of the tenant that looks for a host."),
            OpenApiParameter("park", str, description="Or code of a park: all of its hosts."),
            OpenApiParameter("category", str, required=True),
            OpenApiParameter("since", str, required=True, description="Beginning of the window, an instant."),
            OpenApiParameter("until", str, required=True, description="End of the window, an instant."),
            OpenApiParameter("hours", str, required=True, description="Before the camera, such as 2.5."),
            OpenApiParameter("budget", str, description="CNY for the host by its day rate."),
            OpenApiParameter("price", str, description="CNY per order that is usual."),
            OpenApiParameter("platform", str, enum=list(Platform.values)),
            OpenApiParameter("market", str),
            OpenApiParameter("language", str),
            OpenApiParameter(
                "course", str, description="Code of a course whose certificate the host must hold."
            ),
        ],
        responses=HostMatchesSerializer,
    )
    def retrieve(self, request: Request) -> Response:
        """Hosts ranked by expected sales after refunds, with reasons. Amounts are null but for the park."""
        course, of = named(request, self.actor, "course", Course), subject_of(request, self.actor)
        since, until = (self._needed(request, name, strict.instant) for name in ("since", "until"))
        if until <= since:
            raise InvalidInput(_("The window ends before it begins."), code="order", field="until")
        budget, price = (query_value(request, name, strict.amount) for name in ("budget", "price"))
        wanted = Wanted(
            category=self._needed(request, "category", _word),
            hours=float(self._needed(request, "hours", strict.amount)),
            platform=query_value(request, "platform", one_of(tuple(Platform.values)), ""),
            market=query_value(request, "market", _word, ""),
            language=query_value(request, "language", _word, ""),
            price=None if price is None else float(price),
            budget=None if budget is None else float(budget),
        )
        found = host_matches(
            actor=self.actor,
            of=of,
            wanted=wanted,
            window=Span(since, until),
            course=course,
        )
        return Response(self.shown(found))

    @staticmethod
    def _needed(request: Request, name: str, parse: Any) -> Any:
        value = query_value(request, name, parse)
        if value is None:
            raise InvalidInput(_("This parameter is needed."), code="required", field=name)
        return value


def _word(value: object) -> str:
    return strict.text(value, 100)


class GoodsInput(StrictSerializer):
    """Goods for one session with one host."""

    name = LineField(max_length=100)
    category = LineField(max_length=100)
    hours = MoneyField(help_text='Before the camera, as text: "2.5".')
    weight = CountField(required=False, help_text="How often its sales count; 1 without it.")
    budget = MoneyField(required=False, allow_null=True, help_text="CNY for the host.")
    stock = MoneyField(required=False, allow_null=True, help_text="CNY that can be sold at most.")
    times = LineField(required=False, allow_blank=True, help_text="Of each day: 18:00-23:00.")

    def to_internal_value(self, data: Any) -> Any:
        return Goods(**super().to_internal_value(data))


class MatchRunInput(StrictSerializer):
    park = ScopedRelatedField(model=Park)
    first_day = DayField()
    last_day = DayField()
    goods = serializers.ListField(child=GoodsInput(), allow_empty=False, max_length=200)
    one_each = FlagField(required=False)
    most_hours = CountField(required=False)
    seconds = CountField(required=False)


class PairSerializer(serializers.Serializer[Any]):
    """Goods with their host and start; CNY expected after refunds, with the interval of the host's level."""

    goods = serializers.CharField()
    host = serializers.CharField()
    starts_at = InstantField()
    sales = MoneyField()
    low = MoneyField()
    high = MoneyField()


class LeftSerializer(serializers.Serializer[Any]):
    """Goods that got nobody: `why` for programs, `reason` for people."""

    goods = serializers.CharField()
    why = serializers.ChoiceField(choices=[one.value for one in Left])
    reason = serializers.CharField()


class MatchRunSerializer(serializers.ModelSerializer[MatchRun]):
    """An assignment: its pairs, what got nobody, its value and what none exceeds, in weighted CNY after refunds."""

    park = serializers.CharField(source="park.code")
    state = serializers.ChoiceField(choices=MatchState.choices)
    job_state = serializers.ChoiceField(
        source="job.state", choices=JobState.choices, default=None, allow_null=True
    )
    proof = serializers.ChoiceField(choices=ProofKind.choices, allow_blank=True)
    gap_percent = serializers.FloatField(allow_null=True)
    pairs = PairSerializer(many=True)
    left = LeftSerializer(many=True)

    class Meta:
        model = MatchRun
        fields = [
            "uid",
            "park",
            "first_day",
            "last_day",
            "one_each",
            "most_hours",
            "seconds",
            "state",
            "job_state",
            "proof",
            "value",
            "bound",
            "gap_percent",
            "spent",
            "inputs_hash",
            "pairs",
            "left",
        ]

    def to_representation(self, instance: MatchRun) -> dict[str, Any]:
        instance.pairs, instance.left = list(pairs_of(instance)), left_of(instance)  # type: ignore[attr-defined]
        return super().to_representation(instance)


class MatchRunViewSet(ReadOnlyScopedViewSet):
    """Assignments of goods to hosts; people of the park only."""

    model = MatchRun
    serializer_class = MatchRunSerializer
    permissions = {
        "list": Needs("view"),
        "retrieve": Needs("view"),
        "create": Needs(ADD),
        "stop": Needs("change"),
    }
    inputs = {"create": MatchRunInput, "stop": Nothing}

    def base_queryset(self) -> Any:
        return MatchRun.objects.select_related("park", "job").order_by("-pk")

    @extend_schema(request=MatchRunInput, responses={201: MatchRunSerializer})
    def create(self, request: Request) -> HttpResponse:
        """Look for the best hosts for many goods, as a job."""
        return self.answer(lambda: services.match_run_start(actor=self.actor, **self.read()), 201)

    @extend_schema(request=Nothing, responses=MatchRunSerializer)
    @action(detail=True, methods=["post"])
    def stop(self, request: Request, uid: str) -> HttpResponse:
        """Stop computing."""
        self.read()
        return self.answer(lambda: services.match_run_stop(actor=self.actor, run=self.get_object()))
