"""The API of training: courses with their runs, enrolments with results, certificates, stages of incubation."""

from __future__ import annotations

from django.db.models import QuerySet
from django.http import HttpResponse
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request

from core.clock import today
from core.doors.api import Needs, ReadOnlyScopedViewSet
from core.doors.fields import MoneyField, ScopedRelatedField, StrictSerializer
from livestreams import services
from livestreams.choices import CourseResult, Validity
from livestreams.models import Certificate, Course, CourseRun, Enrolment, Host, IncubationStage

READ = ("bookings:read", "bookings:write")


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


class CourseViewSet(ReadOnlyScopedViewSet):
    """Courses of the parks that the caller may look at."""

    model = Course
    serializer_class = CourseSerializer
    lookup_field = "code"
    permissions = {"list": Needs("view", READ), "retrieve": Needs("view", READ)}

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


class EnrolmentViewSet(ReadOnlyScopedViewSet):
    """Hosts in runs of courses, and what came of it."""

    model = Enrolment
    serializer_class = EnrolmentSerializer
    permissions = {
        "list": Needs("view", READ),
        "retrieve": Needs("view", READ),
        "create": Needs("add", ("bookings:write",)),
    }
    inputs = {"create": EnrolmentInput}

    def base_queryset(self) -> QuerySet[Enrolment]:
        return Enrolment.objects.select_related("run__course", "host").order_by("-pk")

    @extend_schema(request=EnrolmentInput, responses={201: EnrolmentSerializer})
    def create(self, request: Request) -> HttpResponse:
        """Enrol a host in a run of a course."""
        return self.answer(lambda: services.host_enrol(actor=self.actor, **self.read()), 201)


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


class CertificateViewSet(ReadOnlyScopedViewSet):
    """Certificates of hosts, expired ones included."""

    model = Certificate
    serializer_class = CertificateSerializer
    permissions = {"list": Needs("view", READ), "retrieve": Needs("view", READ)}

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


class StageViewSet(ReadOnlyScopedViewSet):
    """Stages of incubation of the parks that the caller may look at."""

    model = IncubationStage
    serializer_class = StageSerializer
    permissions = {"list": Needs("view", READ), "retrieve": Needs("view", READ)}

    def base_queryset(self) -> QuerySet[IncubationStage]:
        return IncubationStage.objects.select_related("park", "needs_course").order_by("park", "number")
