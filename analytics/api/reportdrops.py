"""Report files in the API: dropped at once, looked at, then taken."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from analytics import services
from analytics.choices import ReadBy
from analytics.models import SessionReading
from analytics.services.reports.drops import JOB_KIND, MOST_FILES
from core.choices import JobState
from core.doors.api import Needs, ScopedViewSet
from core.doors.fields import (
    Base64Field,
    ChoiceField,
    InstantField,
    LineField,
    Nothing,
    ScopedRelatedField,
    StrictSerializer,
)
from core.doors.schema import RowProblem
from core.jobs import may_read_findings
from core.models import Job
from core.scoping import visible_to
from livestreams.models import LiveSession
from supplychain.choices import FILE_ZONES
from supplychain.importing import SESSION_PROFILES, note_texts
from tenants.choices import Platform
from tenants.models import Tenant


class ReportFileInput(StrictSerializer):
    """A file as the platform gave it out."""

    name = LineField(max_length=255)
    content = Base64Field()


class ReportDropInput(StrictSerializer):
    """Without a profile each file is told by its headers."""

    tenant = ScopedRelatedField(model=Tenant)
    files = serializers.ListField(child=ReportFileInput(), min_length=1, max_length=MOST_FILES)
    profile = ChoiceField(choices=sorted(SESSION_PROFILES), required=False)
    timezone = ChoiceField(choices=[zone for zone, _name in FILE_ZONES if zone], required=False)


class ReportFileSerializer(serializers.Serializer[Any]):
    """What a file holds. One with an `error` or with problems is refused whole; `problems` are the first of them."""

    name = serializers.CharField()
    profile = serializers.CharField()
    rows = serializers.IntegerField()
    notes = serializers.ListField(child=serializers.CharField())
    dropped = serializers.ListField(child=serializers.CharField())
    refused = serializers.BooleanField()
    error = serializers.CharField()
    problem_count = serializers.IntegerField()
    problems = RowProblem(many=True)


class ReportRowSerializer(serializers.Serializer[Any]):
    """A row and the session that it is about: null while it is asked about, and of one that is yet to be opened."""

    file = serializers.CharField()
    line = serializers.IntegerField()
    platform = serializers.ChoiceField(choices=Platform.choices)
    key = serializers.CharField()
    account = serializers.CharField()
    title = serializers.CharField()
    started_at = serializers.CharField()
    ended_at = serializers.CharField(allow_null=True)
    sales = serializers.CharField(allow_null=True)
    provisional = serializers.BooleanField()
    how = serializers.ChoiceField(choices=ReadBy.choices, allow_blank=True)
    session = serializers.UUIDField(allow_null=True)
    candidates = serializers.IntegerField()


class ReportDropSerializer(serializers.Serializer[Any]):
    """A drop and how far it is. Files and rows are told to the people of its own firm once it was looked at; `taken`
    says that what they state counts."""

    uid = serializers.UUIDField()
    state = serializers.ChoiceField(choices=JobState.choices)
    done = serializers.IntegerField()
    total = serializers.IntegerField()
    taken = serializers.BooleanField()
    found = serializers.IntegerField()
    new = serializers.IntegerField()
    asked = serializers.IntegerField()
    refused_files = serializers.IntegerField()
    row_count = serializers.IntegerField()
    files = ReportFileSerializer(many=True)
    rows = ReportRowSerializer(many=True)
    created_at = InstantField()
    finished_at = InstantField(allow_null=True)


COUNTS = ("found", "new", "asked", "refused_files", "row_count")


class ReportDropViewSet(ScopedViewSet):
    """Files of the report round. `jobs/{uid}/cancel` stops a drop."""

    model = Job
    serializer_class = ReportDropSerializer
    permissions = {
        "create": Needs("add", model=SessionReading),
        "retrieve": Needs("view", model=SessionReading),
        "confirm": Needs("add", model=SessionReading),
    }
    inputs = {"create": ReportDropInput, "confirm": Nothing}

    def base_queryset(self) -> QuerySet[Job]:
        return Job.objects.filter(kind=JOB_KIND).order_by("-pk")

    def shown(self, row: Job) -> dict[str, Any]:
        told: Mapping[str, Any] = row.result if may_read_findings(self.actor, row) else {}
        rows = told.get("rows", [])
        named = LiveSession.objects.filter(pk__in={one["session"] for one in rows if one["session"]})
        uids = dict(visible_to(named, self.actor).values_list("pk", "uid"))
        shown = {
            **{name: getattr(row, name) for name in ("uid", "state", "done", "total")},
            **{name: told.get(name, 0) for name in COUNTS},
            "taken": told.get("taken", False),
            "files": [{**file, "notes": note_texts(file["notes"])} for file in told.get("files", [])],
            "rows": [{**one, "session": uids.get(one["session"])} for one in rows],
            "created_at": row.created_at,
            "finished_at": row.finished_at,
        }
        return dict(ReportDropSerializer(shown).data)

    @extend_schema(responses=ReportDropSerializer)
    def retrieve(self, request: Request, uid: str) -> Response:
        """What a drop holds before it is taken, and what became of it."""
        return Response(self.shown(self.get_object()))

    @extend_schema(request=ReportDropInput, responses={201: ReportDropSerializer})
    def create(self, request: Request) -> HttpResponse:
        """Keep report files, and look at them: nothing of them counts before `confirm`."""

        def dropped() -> Job:
            values = self.read()
            files = [(file["name"], [file["content"]]) for file in values.pop("files")]
            return services.reports_drop(actor=self.actor, files=files, **values)

        return self.answer(dropped, 201)

    @extend_schema(request=Nothing, responses={201: ReportDropSerializer})
    @action(detail=True, methods=["post"])
    def confirm(self, request: Request, uid: str) -> HttpResponse:
        """Take what was looked at. The answer is the drop that takes it, the same one when asked again."""

        def confirmed() -> Job:
            self.read()
            return services.reports_confirm(actor=self.actor, job=self.get_object())

        return self.answer(confirmed, 201)
