"""The API of hosts: who they are, followers of their accounts, absences."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from core import strict
from core.clock import today
from core.doors.api import Needs, ReadOnlyScopedViewSet, encode, query_value
from core.doors.fields import (
    ChoiceField,
    CodeField,
    CountField,
    DayField,
    InstantField,
    LineField,
    Nothing,
    ScopedRelatedField,
    StrictSerializer,
)
from core.idempotency import Answer
from livestreams import services
from livestreams.choices import AbsenceKind, EngagementKind, Platform
from livestreams.hostfigures import host_months
from livestreams.models import (
    Engagement,
    FollowerReading,
    Host,
    HostAbsence,
    HostAccount,
)

READ = ("bookings:read", "bookings:write", "sessions:write")
READ_ACCOUNTS = ("samples:write", "bookings:read")
READINGS_PER_REQUEST = 1_000


class EngagementSerializer(serializers.ModelSerializer[Engagement]):
    """Whose host it is today, and how many sessions a month are agreed."""

    kind = serializers.ChoiceField(choices=EngagementKind.choices)
    park = serializers.CharField(source="park.code", default=None, allow_null=True)

    class Meta:
        model = Engagement
        fields = ["kind", "park", "from_day", "to_day", "monthly_sessions"]


class HostSerializer(serializers.ModelSerializer[Host]):
    tenant = serializers.CharField(source="tenant.code")
    languages = serializers.ListField(child=serializers.CharField())
    markets = serializers.ListField(child=serializers.CharField())
    categories = serializers.ListField(child=serializers.CharField())
    weekly_hours = serializers.ListField(
        child=serializers.CharField(), help_text=_("1-5 09:00-18:00 is Monday to Friday; none: at any time.")
    )
    is_employee = serializers.SerializerMethodField()
    engagement = serializers.SerializerMethodField()
    stage = serializers.IntegerField(
        source="stage_number", allow_null=True, help_text=_("Of incubation, by its number.")
    )

    class Meta:
        model = Host
        fields = [
            "code",
            "name_zh",
            "name_en",
            "tenant",
            "level",
            "languages",
            "markets",
            "categories",
            "weekly_hours",
            "is_employee",
            "engagement",
            "stage",
            "closed_on",
        ]

    def get_is_employee(self, host: Any) -> bool:
        return any(engagement.kind == EngagementKind.EMPLOYEE for engagement in host.engaged)

    @extend_schema_field(EngagementSerializer(allow_null=True))
    def get_engagement(self, host: Any) -> dict[str, Any] | None:
        return dict(EngagementSerializer(host.engaged[0]).data) if host.engaged else None


class HostMonthSerializer(serializers.Serializer[Any]):
    """Sessions agreed, planned and held in a month, and hours worked by role."""

    agreed = serializers.IntegerField(allow_null=True)
    planned = serializers.IntegerField()
    held = serializers.IntegerField()
    left = serializers.IntegerField(allow_null=True)
    host_hours = serializers.CharField()
    controller_hours = serializers.CharField()


class HostViewSet(ReadOnlyScopedViewSet):
    """Hosts of the tenants that the caller may look at."""

    model = Host
    serializer_class = HostSerializer
    lookup_field = "code"
    permissions = {
        "list": Needs("view", READ),
        "retrieve": Needs("view", READ),
        "month": Needs("view", READ),
    }

    def base_queryset(self) -> QuerySet[Host]:
        return Host.objects.select_related("tenant").with_engagement(today()).with_stage().order_by("code")

    @extend_schema(
        parameters=[OpenApiParameter("day", str, description="A day of the month; today if it is left out.")],
        responses=HostMonthSerializer,
    )
    @action(detail=True, filter_backends=[], pagination_class=None)
    def month(self, request: Request, code: str) -> Response:
        """How many sessions were agreed for a month, planned and held, and the hours worked."""
        day = query_value(request, "day", strict.day, today())
        hosts = Host.objects.filter(pk=self.get_object().pk)
        (found,) = host_months(actor=self.actor, hosts=hosts, month=day)
        return Response(HostMonthSerializer(found).data)


class AccountSerializer(serializers.ModelSerializer[HostAccount]):
    host = serializers.CharField(source="host.code")
    platform = serializers.ChoiceField(choices=Platform.choices)
    followers = serializers.IntegerField(allow_null=True, help_text=_("By the newest reading."))
    followers_on = serializers.DateField(allow_null=True)

    class Meta:
        model = HostAccount
        fields = ["uid", "host", "platform", "account", "followers", "followers_on", "closed_on"]


class AccountInput(StrictSerializer):
    host = ScopedRelatedField(model=Host)
    platform = ChoiceField(choices=Platform.choices)
    account = LineField(max_length=100)


class FollowersInput(StrictSerializer):
    day = DayField()
    followers = CountField()

    def to_internal_value(self, data: Any) -> services.Followers:
        return services.Followers(**super().to_internal_value(data))


class FollowerReadingsInput(StrictSerializer):
    source = CodeField(max_length=32, required=False)  # type: ignore[assignment]
    readings = serializers.ListField(
        child=FollowersInput(), allow_empty=False, max_length=READINGS_PER_REQUEST
    )


class FollowerCountsSerializer(serializers.Serializer[Any]):
    """What became of the readings."""

    stored = serializers.IntegerField()
    duplicates = serializers.IntegerField()
    corrected = serializers.IntegerField()


class AccountViewSet(ReadOnlyScopedViewSet):
    """Accounts of hosts on platforms, with their newest number of followers."""

    model = HostAccount
    serializer_class = AccountSerializer
    permissions = {
        "list": Needs("view", READ_ACCOUNTS),
        "retrieve": Needs("view", READ_ACCOUNTS),
        "create": Needs("add", ("samples:write",)),
        "followers": Needs("add", ("samples:write",), model=FollowerReading),
    }
    inputs = {"create": AccountInput, "followers": FollowerReadingsInput}

    def base_queryset(self) -> QuerySet[HostAccount]:
        return HostAccount.objects.with_followers().select_related("host").order_by("-pk")

    def shown(self, row: Any) -> dict[str, Any]:
        return super().shown(self.base_queryset().get(pk=row.pk))

    @extend_schema(request=AccountInput, responses={201: AccountSerializer})
    def create(self, request: Request) -> HttpResponse:
        """Add an account of a host."""
        return self.answer(lambda: services.account_create(actor=self.actor, **self.read()), 201)

    @extend_schema(request=FollowerReadingsInput, responses=FollowerCountsSerializer)
    @action(detail=True, methods=["post"])
    def followers(self, request: Request, uid: str) -> HttpResponse:
        """Append how many followers the account had on some days. Another number for a known day corrects it."""

        def record() -> Answer:
            counts = services.followers_record(actor=self.actor, account=self.get_object(), **self.read())
            return Answer(200, encode(asdict(counts)).decode())

        return self.answer(record)


class AbsenceSerializer(serializers.ModelSerializer[HostAbsence]):
    host = serializers.CharField(source="host.code")
    kind = serializers.ChoiceField(choices=AbsenceKind.choices)
    starts_at = InstantField()
    ends_at = InstantField()
    withdrawn_at = InstantField(allow_null=True)

    class Meta:
        model = HostAbsence
        fields = ["uid", "host", "kind", "starts_at", "ends_at", "withdrawn_at"]


class AbsenceInput(StrictSerializer):
    host = ScopedRelatedField(model=Host)
    kind = ChoiceField(choices=AbsenceKind.choices)
    starts_at = InstantField()
    ends_at = InstantField()


class AbsenceViewSet(ReadOnlyScopedViewSet):
    """When hosts cannot be booked, whatever their weekly hours say."""

    model = HostAbsence
    serializer_class = AbsenceSerializer
    permissions = {
        "list": Needs("view", READ),
        "retrieve": Needs("view", READ),
        "create": Needs("add", ("bookings:write",)),
        "withdraw": Needs("change", ("bookings:write",)),
    }
    inputs = {"create": AbsenceInput, "withdraw": Nothing}

    def base_queryset(self) -> QuerySet[HostAbsence]:
        return HostAbsence.objects.select_related("host").order_by("-pk")

    @extend_schema(request=AbsenceInput, responses={201: AbsenceSerializer})
    def create(self, request: Request) -> HttpResponse:
        """Say that a host is away."""
        return self.answer(lambda: services.absence_create(actor=self.actor, **self.read()), 201)

    @extend_schema(request=Nothing, responses=AbsenceSerializer)
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, uid: str) -> HttpResponse:
        """The host is there after all."""
        return self.answer(
            lambda: services.absence_withdraw(actor=self.actor, absence=self.get_object(), **self.read())
        )
