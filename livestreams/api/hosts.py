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
    MoneyField,
    Nothing,
    ScopedRelatedField,
    SlugField,
    StrictSerializer,
    WordsField,
)
from core.idempotency import Answer
from livestreams import services
from livestreams.api.engagements import EngagementSerializer
from livestreams.choices import AbsenceKind, EngagementKind
from livestreams.hostfigures import host_months
from livestreams.models import (
    FollowerReading,
    Host,
    HostAbsence,
    HostAccount,
    HostStage,
)
from tenants.choices import Platform
from tenants.models import Tenant

READ = ("bookings:read", "bookings:write", "sessions:write")
READ_ACCOUNTS = ("samples:write", "bookings:read")
WRITE = ("bookings:write",)
READINGS_PER_REQUEST = 1_000


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


class HostChangeInput(StrictSerializer):
    """What is named is changed; the day rate in CNY."""

    name_zh = LineField(max_length=100, required=False)
    name_en = LineField(max_length=100, required=False, allow_blank=True)
    level = LineField(max_length=16, required=False, allow_blank=True)
    languages = WordsField(required=False)
    markets = WordsField(required=False)
    categories = WordsField(required=False)
    weekly_hours = WordsField(required=False)
    day_rate = MoneyField(required=False)
    closed_on = DayField(required=False, allow_null=True)


class HostInput(HostChangeInput):
    tenant = ScopedRelatedField(model=Tenant)
    code = SlugField(max_length=64)
    name_zh = LineField(max_length=100)


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
        "create": Needs("add", WRITE),
        "change": Needs("change", WRITE),
        "advance": Needs("add", WRITE, model=HostStage),
    }
    inputs = {"create": HostInput, "change": HostChangeInput, "advance": Nothing}

    def shown(self, row: Any) -> dict[str, Any]:
        return super().shown(self.base_queryset().get(pk=row.pk))

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

    @extend_schema(request=HostInput, responses={201: HostSerializer})
    def create(self, request: Request) -> HttpResponse:
        """Add a host of an agency or employer."""
        return self.answer(lambda: services.host_create(actor=self.actor, **self.read()), 201)

    @extend_schema(request=HostChangeInput, responses=HostSerializer)
    @action(detail=True, methods=["post"])
    def change(self, request: Request, code: str) -> HttpResponse:
        """Change what is named. Bookings outside of new hours stay as they are."""
        return self.answer(
            lambda: services.host_update(actor=self.actor, host=self.get_object(), **self.read())
        )

    @extend_schema(request=Nothing, responses=HostSerializer)
    @action(detail=True, methods=["post"])
    def advance(self, request: Request, code: str) -> HttpResponse:
        """Let the host enter the next stage of incubation; 409 `gate` names what its gate still asks for."""

        def advanced() -> Host:
            self.read()
            return services.host_advance(actor=self.actor, host=self.get_object()).host

        return self.answer(advanced)


class AccountSerializer(serializers.ModelSerializer[HostAccount]):
    host = serializers.CharField(source="host.code")
    platform = serializers.ChoiceField(choices=Platform.choices)
    followers = serializers.IntegerField(allow_null=True, help_text=_("By the newest reading."))
    followers_on = serializers.DateField(allow_null=True)

    class Meta:
        model = HostAccount
        fields = ["uid", "host", "platform", "account", "followers", "followers_on", "opened_on", "closed_on"]


class AccountInput(StrictSerializer):
    host = ScopedRelatedField(model=Host)
    platform = ChoiceField(choices=Platform.choices)
    account = LineField(max_length=100)
    opened_on = DayField(
        required=False,
        help_text=_("Empty: as long as anybody knows, or since another host of the firm left it."),
    )


class BeginningInput(StrictSerializer):
    opened_on = DayField(allow_null=True, help_text=_("Empty: as long as anybody knows."))


class ClosingInput(StrictSerializer):
    closed_on = DayField(required=False, help_text=_("Today, unless a day is given."))


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
        "begin": Needs("change", ("samples:write",)),
        "close": Needs("change", ("samples:write",)),
        "reopen": Needs("change", ("samples:write",)),
    }
    inputs = {
        "create": AccountInput,
        "begin": BeginningInput,
        "followers": FollowerReadingsInput,
        "close": ClosingInput,
        "reopen": Nothing,
    }

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

    @extend_schema(request=BeginningInput, responses=AccountSerializer)
    @action(detail=True, methods=["post"])
    def begin(self, request: Request, uid: str) -> HttpResponse:
        """From which day on the account is the host's; what was sold by it before is not the host's."""
        return self.answer(
            lambda: services.account_begin(actor=self.actor, account=self.get_object(), **self.read())
        )

    @extend_schema(request=ClosingInput, responses=AccountSerializer)
    @action(detail=True, methods=["post"])
    def close(self, request: Request, uid: str) -> HttpResponse:
        """The host sells nothing by the account from a day on; what it sold before, and its followers, stay."""
        return self.answer(
            lambda: services.account_close(actor=self.actor, account=self.get_object(), **self.read())
        )

    @extend_schema(request=Nothing, responses=AccountSerializer)
    @action(detail=True, methods=["post"])
    def reopen(self, request: Request, uid: str) -> HttpResponse:
        """Take back that the account is closed."""
        return self.answer(
            lambda: services.account_reopen(actor=self.actor, account=self.get_object(), **self.read())
        )


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
