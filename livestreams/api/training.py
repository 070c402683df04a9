"""The API of training: courses with their runs, enrolments with results, certificates, stages of incubation."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request

from core.clock import today
from core.doors.api import Needs, ReadOnlyScopedViewSet
from core.doors.fields import (
    ChoiceField,
    CountField,
    DayField,
    LineField,
    MoneyField,
    ScopedRelatedField,
    SlugField,
    StrictSerializer,
)
from core.records import record_create
from livestreams import services
from livestreams.choices import CourseResult, Validity
from livestreams.models import Certificate, Course, CourseRun, Enrolment, Host, IncubationStage
from parks.models import Park

READ = ("bookings:read", "bookings:write")
WRITE = ("bookings:write",)


class RunSerializer(serializers.ModelSerializer[CourseRun]):
    class Meta:
        model = CourseRun
        fields = ["uid", "first_day", "last_day", "trainer", "seats"]


class CourseSerializer(serializers.ModelSerializer[Course]):
    """A course of a park; `valid_days` is how long its certificate holds, null for good."""

    park = serializers.CharField(source="park.code")
    runs = RunSerializer(many=True)

    class Meta:
        model = Course
        fields = ["code", "name_zh", "name_en", "park", "valid_days", "runs", "closed_on"]


class CourseInput(StrictSerializer):
    park = ScopedRelatedField(model=Park)
    code = SlugField(max_length=64)
    name_zh = LineField(max_length=100)
    name_en = LineField(max_length=100, required=False, allow_blank=True)
    valid_days = CountField(max_value=10_000, required=False)


class RunInput(StrictSerializer):
    first_day = DayField()
    last_day = DayField()
    trainer = LineField(max_length=100, required=False, allow_blank=True)
    seats = CountField(max_value=10_000, required=False)


class CourseViewSet(ReadOnlyScopedViewSet):
    """Courses of the parks that the caller may look at."""

    model = Course
    serializer_class = CourseSerializer
    lookup_field = "code"
    permissions = {
        "list": Needs("view", READ),
        "retrieve": Needs("view", READ),
        "create": Needs("add", WRITE),
        "hold": Needs("add", WRITE, model=CourseRun),
    }
    inputs = {"create": CourseInput, "hold": RunInput}

    @extend_schema(request=CourseInput, responses={201: CourseSerializer})
    def create(self, request: Request) -> HttpResponse:
        """Add a course to a park."""
        return self.answer(lambda: record_create(actor=self.actor, model=Course, **self.read()), 201)

    @extend_schema(request=RunInput, responses={201: CourseSerializer})
    @action(detail=True, methods=["post"], url_path="runs")
    def hold(self, request: Request, code: str) -> HttpResponse:
        """Hold the course on the days from the first to the last, with so many seats."""

        def held() -> Course:
            course: Course = self.get_object()
            record_create(actor=self.actor, model=CourseRun, course=course, **self.read())
            return course

        return self.answer(held, 201)

    def shown(self, row: Any) -> dict[str, Any]:
        """With the run that was just held: those of the row were read before."""
        return super().shown(self.base_queryset().get(pk=row.pk))

    def base_queryset(self) -> QuerySet[Course]:
        return Course.objects.select_related("park").prefetch_related("runs").order_by("code")


class EnrolmentSerializer(serializers.ModelSerializer[Enrolment]):
    run = serializers.UUIDField(source="run.uid")
    course = serializers.CharField(source="run.course.code")
    host = serializers.CharField(source="host.code")
    result = serializers.ChoiceField(choices=CourseResult.choices)

    class Meta:
        model = Enrolment
        fields = ["uid", "run", "course", "host", "result", "score"]


class EnrolmentInput(StrictSerializer):
    run = ScopedRelatedField(model=CourseRun, slug_field="uid")
    host = ScopedRelatedField(model=Host)


class ResultInput(StrictSerializer):
    result = ChoiceField(choices=CourseResult.choices)
    score = CountField(max_value=1_000, required=False)


class EnrolmentViewSet(ReadOnlyScopedViewSet):
    """Hosts in runs of courses, and what came of it."""

    model = Enrolment
    serializer_class = EnrolmentSerializer
    permissions = {
        "list": Needs("view", READ),
        "retrieve": Needs("view", READ),
        "create": Needs("add", WRITE),
        "result": Needs("change", WRITE),
    }
    inputs = {"create": EnrolmentInput, "result": ResultInput}

    def base_queryset(self) -> QuerySet[Enrolment]:
        return Enrolment.objects.select_related("run__course", "host").order_by("-pk")

    @extend_schema(request=EnrolmentInput, responses={201: EnrolmentSerializer})
    def create(self, request: Request) -> HttpResponse:
        """Enrol a host in a run of a course."""
        return self.answer(lambda: services.host_enrol(actor=self.actor, **self.read()), 201)

    @extend_schema(request=ResultInput, responses=EnrolmentSerializer)
    @action(detail=True, methods=["post"])
    def result(self, request: Request, uid: str) -> HttpResponse:
        """Say what came of it, once: for the park. Whoever passed gets the course's certificate."""
        return self.answer(
            lambda: services.result_record(actor=self.actor, enrolment=self.get_object(), **self.read())
        )


class CertificateSerializer(serializers.ModelSerializer[Certificate]):
    host = serializers.CharField(source="host.code")
    course = serializers.CharField(source="course.code", default=None, allow_null=True)
    validity = serializers.SerializerMethodField()

    class Meta:
        model = Certificate
        fields = ["uid", "host", "course", "title", "number", "issued_on", "expires_on", "validity"]

    @extend_schema_field(serializers.ChoiceField(choices=Validity.choices))
    def get_validity(self, certificate: Certificate) -> str:
        return str(certificate.validity_on(today()))


class CertificateInput(StrictSerializer):
    """A certificate that somebody else gave a host."""

    host = ScopedRelatedField(model=Host)
    title = LineField(max_length=200)
    number = LineField(max_length=64, required=False, allow_blank=True)
    issued_on = DayField()
    expires_on = DayField(required=False)


class CertificateViewSet(ReadOnlyScopedViewSet):
    """Certificates of hosts, expired ones included."""

    model = Certificate
    serializer_class = CertificateSerializer
    permissions = {
        "list": Needs("view", READ),
        "retrieve": Needs("view", READ),
        "create": Needs("add", WRITE),
    }
    inputs = {"create": CertificateInput}

    @extend_schema(request=CertificateInput, responses={201: CertificateSerializer})
    def create(self, request: Request) -> HttpResponse:
        """Write down a certificate. One of a course of the park comes from its result alone."""
        return self.answer(lambda: services.certificate_record(actor=self.actor, **self.read()), 201)

    def base_queryset(self) -> QuerySet[Certificate]:
        return Certificate.objects.select_related("host", "course").order_by("-pk")


class StageSerializer(serializers.ModelSerializer[IncubationStage]):
    """A stage of incubation, its cost, and what its gate asks for."""

    park = serializers.CharField(source="park.code")
    cost = MoneyField()
    needs_course = serializers.CharField(source="needs_course.code", default=None, allow_null=True)

    class Meta:
        model = IncubationStage
        fields = [
            "uid",
            "park",
            "number",
            "name_zh",
            "name_en",
            "cost",
            "needs_course",
            "needs_sessions",
            "needs_hours",
            "needs_followers",
        ]


class StageChangeInput(StrictSerializer):
    """What is named is changed; `needs_course` is taken away with null. The cost in CNY."""

    name_zh = LineField(max_length=100, required=False)
    name_en = LineField(max_length=100, required=False, allow_blank=True)
    cost = MoneyField(required=False)
    needs_course = ScopedRelatedField(model=Course, required=False, allow_null=True)
    needs_sessions = CountField(max_value=100_000, required=False)
    needs_hours = CountField(max_value=100_000, required=False)
    needs_followers = CountField(max_value=10**10, required=False)


class StageInput(StageChangeInput):
    park = ScopedRelatedField(model=Park)
    number = CountField(max_value=100)
    name_zh = LineField(max_length=100)


class StageViewSet(ReadOnlyScopedViewSet):
    """Stages of incubation of the parks that the caller may look at."""

    model = IncubationStage
    serializer_class = StageSerializer
    permissions = {
        "list": Needs("view", READ),
        "retrieve": Needs("view", READ),
        "create": Needs("add", WRITE),
        "change": Needs("change", WRITE),
    }
    inputs = {"create": StageInput, "change": StageChangeInput}

    def base_queryset(self) -> QuerySet[IncubationStage]:
        return IncubationStage.objects.select_related("park", "needs_course").order_by("park", "number")

    @extend_schema(request=StageInput, responses={201: StageSerializer})
    def create(self, request: Request) -> HttpResponse:
        """Add a stage to a park's incubation."""
        return self.answer(lambda: services.stage_create(actor=self.actor, **self.read()), 201)

    @extend_schema(request=StageChangeInput, responses=StageSerializer)
    @action(detail=True, methods=["post"])
    def change(self, request: Request, uid: str) -> HttpResponse:
        """Change what is named, for whoever enters the stage from now on."""
        return self.answer(
            lambda: services.stage_update(actor=self.actor, stage=self.get_object(), **self.read())
        )
