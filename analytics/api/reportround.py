"""The report round in the API: which sessions wait for a report, what was read for a session, questions about rows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

import django_filters
from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from analytics import services
from analytics.choices import ReadBy
from analytics.models import ReadingWithdrawal, ReportExpectation, SessionReading
from analytics.selectors.reports import rows_read, sessions_waiting
from analytics.services.reports.answers import stated_by
from core.choices import UnresolvedKind
from core.doors.api import Needs, ReadOnlyScopedViewSet, ScopedViewSet
from core.doors.fields import (
    FlagField,
    InstantField,
    LineField,
    Nothing,
    ScopedRelatedField,
    StrictSerializer,
)
from core.doors.filters import YesNo
from core.errors import InvalidInput, NotFound
from core.models import Unresolved
from core.scoping import visible_to
from livestreams.filters import SessionsOfTenants
from livestreams.models import LiveSession
from tenants.choices import Platform

READ = ("sessions:write", "figures:read")


class ReportDueSerializer(serializers.ModelSerializer[LiveSession]):
    """A session whose report is missing (`due_at` is null), or due to be read again since `due_at`."""

    tenant = serializers.CharField(source="tenant.code")
    park = serializers.CharField(source="park.code")
    platform = serializers.ChoiceField(choices=Platform.choices)
    host = serializers.CharField(source="host.code", default=None, allow_null=True)
    started_at = InstantField()
    ended_at = InstantField()
    due_at = InstantField(allow_null=True)

    class Meta:
        model = LiveSession
        fields = ["uid", "tenant", "park", "platform", "host", "title", "started_at", "ended_at", "due_at"]


class ReportDueViewSet(mixins.ListModelMixin, ScopedViewSet):
    """Sessions that ended and wait for the report of their platform, the latest first."""

    model = LiveSession
    serializer_class = ReportDueSerializer
    filterset_class = SessionsOfTenants
    permissions = {"list": Needs("view", READ, model=SessionReading)}

    def base_queryset(self) -> QuerySet[LiveSession]:
        return sessions_waiting(LiveSession.objects.select_related("tenant", "park", "host"))


class ExpectationSerializer(serializers.ModelSerializer[ReportExpectation]):
    """What somebody said of the report on a session: that none will come, or that one is expected after all."""

    session = serializers.UUIDField(source="session.uid")
    tenant = serializers.CharField(source="session.tenant.code")
    said_by = serializers.CharField(source="made_by", default=None, allow_null=True)
    made_at = InstantField()

    class Meta:
        model = ReportExpectation
        fields = ["session", "tenant", "expected", "reason", "said_by", "made_at"]


class ExpectationInput(StrictSerializer):
    """`expected` false: none will come, and why. True: one is expected after all."""

    session = ScopedRelatedField(model=LiveSession, slug_field="uid")
    expected = FlagField()
    reason = LineField(max_length=500, required=False, allow_blank=True)


class ExpectationFilter(django_filters.FilterSet):
    """What was said, by firm and session."""

    tenant = django_filters.CharFilter("session__tenant__code", label=gettext_lazy("Tenant"), max_length=64)
    session = django_filters.UUIDFilter("session__uid", label=gettext_lazy("Live session"))


class ExpectationViewSet(mixins.ListModelMixin, ScopedViewSet):
    """Sessions of which somebody said that no report will come, newest first; the newest of a session counts until a
    report of it is read."""

    model = ReportExpectation
    serializer_class = ExpectationSerializer
    filterset_class = ExpectationFilter
    permissions = {"list": Needs("view", READ), "create": Needs("add")}
    inputs = {"create": ExpectationInput}

    def base_queryset(self) -> QuerySet[ReportExpectation]:
        return ReportExpectation.objects.select_related("session__tenant", "made_by").order_by("-pk")

    @extend_schema(request=ExpectationInput, responses={201: ExpectationSerializer})
    def create(self, request: Request) -> HttpResponse:
        """Say that no report will come, so that the session is not asked for any more; or that one is expected."""
        return self.answer(lambda: services.report_expect(actor=self.actor, **self.read()), 201)


class ReadingSerializer(serializers.ModelSerializer[SessionReading]):
    """A row of a report that was read for a session; `key` is what the platform calls the session."""

    how = serializers.ChoiceField(choices=ReadBy.choices)
    read_at = InstantField()
    due_at = InstantField(allow_null=True)

    class Meta:
        model = SessionReading
        fields = ["key", "account", "how", "provisional", "read_at", "due_at"]


class ReadingsSerializer(serializers.Serializer[Any]):
    results = ReadingSerializer(many=True)


class QuestionSerializer(serializers.Serializer[Any]):
    """A row that found no session by itself. `candidates` are the sessions it could be about, `session` is the answer.

    `left_out` says that somebody answered that it is none of the tenant's.
    """

    uid = serializers.UUIDField()
    tenant = serializers.CharField()
    platform = serializers.ChoiceField(choices=Platform.choices)
    account = serializers.CharField()
    title = serializers.CharField()
    started_at = InstantField()
    ended_at = InstantField(allow_null=True)
    sales = serializers.CharField(allow_null=True)
    provisional = serializers.BooleanField()
    candidates = serializers.ListField(child=serializers.UUIDField())
    asked_at = InstantField()
    answered_at = InstantField(allow_null=True)
    session = serializers.UUIDField(allow_null=True)
    left_out = serializers.BooleanField()


class TakeBackInput(StrictSerializer):
    key = LineField(max_length=160)
    reason = LineField(max_length=500, required=False, allow_blank=True)


class AnswerInput(StrictSerializer):
    """One of three answers: a session, one that nobody knew (`opens`), or none of the tenant's (`left_out`)."""

    session = ScopedRelatedField(model=LiveSession, slug_field="uid", required=False)
    opens = FlagField(required=False)
    left_out = FlagField(required=False)

    def validate(self, values: dict[str, Any]) -> dict[str, Any]:
        if sum(map(bool, values.values())) != 1:
            message = _("Give one answer: session, opens or left_out.")
            raise InvalidInput(message, code="one_answer", field="session")
        return {"session": values.get("session"), "opens": values.get("opens", False)}


class QuestionFilter(django_filters.FilterSet):
    """Questions by firm, and whether they wait for an answer."""

    tenant = django_filters.CharFilter("node__code", label=gettext_lazy("Tenant"), max_length=64)
    waiting = YesNo("resolved_at", lookup_expr="isnull", label=gettext_lazy("waits for an answer"))


class Asked:
    """Shows questions as they are told, with the sessions they could be about read for all of them at once."""

    actor: Any

    def told(self, rows: Iterable[Unresolved]) -> list[dict[str, Any]]:
        rows = list(rows)
        named = {pk for row in rows for pk in row.detail["candidates"]}
        seen = visible_to(LiveSession.objects.filter(pk__in=named), self.actor)
        uids = dict(seen.values_list("pk", "uid"))
        return [self._told(row, uids) for row in rows]

    def _told(self, question: Unresolved, uids: dict[int, Any]) -> dict[str, Any]:
        stated, answer = stated_by(question), question.detail.get("answer")
        row = stated.row
        shown = {
            "uid": question.uid,
            "tenant": question.node.code,
            "platform": row.platform,
            "account": row.account_name or row.account,
            "title": row.title,
            "started_at": row.occurred_at,
            "ended_at": row.ended_at,
            "sales": None if stated.sales is None else str(stated.sales),
            "provisional": row.provisional,
            "candidates": [uids[pk] for pk in question.detail["candidates"] if pk in uids],
            "asked_at": question.first_seen_at,
            "answered_at": question.resolved_at,
            "session": answer and question.resolved_at and answer["session"],
            "left_out": bool(answer and question.resolved_at) and answer["session"] is None,
        }
        return dict(QuestionSerializer(shown).data)


class QuestionViewSet(Asked, ReadOnlyScopedViewSet):
    """Rows of reports that could be about several sessions or about none, the oldest first. Of people, not of tools."""

    model = Unresolved
    serializer_class = QuestionSerializer
    filterset_class = QuestionFilter
    permissions = {
        "list": Needs("view"),
        "retrieve": Needs("view"),
        "respond": Needs("add", model=SessionReading),
        "ask_again": Needs("add", model=ReadingWithdrawal),
    }
    inputs = {"respond": AnswerInput, "ask_again": Nothing}

    def base_queryset(self) -> QuerySet[Unresolved]:
        questions = Unresolved.objects.filter(kind=UnresolvedKind.REPORT).select_related("node")
        return questions.order_by("first_seen_at", "pk")

    def shown(self, row: Unresolved) -> dict[str, Any]:
        return self.told([row])[0]

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(self.told(cast("list[Unresolved]", page)))

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return Response(self.shown(self.get_object()))

    @extend_schema(request=AnswerInput, responses=QuestionSerializer)
    @action(detail=True, methods=["post"], url_path="answer")
    def respond(self, request: Request, uid: str) -> HttpResponse:
        """Say which session the row is about: one that is named, a new one, or none of the tenant's."""

        def answered() -> Unresolved:
            services.report_answer(actor=self.actor, question=self.get_object(), **self.read())
            return cast("Unresolved", self.get_object())

        return self.answer(answered)

    @extend_schema(request=Nothing, responses=QuestionSerializer)
    @action(detail=True, methods=["post"], url_path="ask-again")
    def ask_again(self, request: Request, uid: str) -> HttpResponse:
        """Put the question again about a row that was left out."""
        return self.answer(
            lambda: services.report_ask_again(actor=self.actor, question=self.get_object(), **self.read())
        )


class SessionReportViewSet(Asked, ScopedViewSet):
    """The rows of reports that were read for a session, and taking one back."""

    model = LiveSession
    serializer_class = ReadingsSerializer
    permissions = {
        "retrieve": Needs("view", READ, model=SessionReading),
        "take_back": Needs("add", READ, model=ReadingWithdrawal),
    }
    inputs = {"take_back": TakeBackInput}

    def shown(self, row: Any) -> dict[str, Any]:
        return self.told([row])[0] if isinstance(row, Unresolved) else super().shown(row)

    @extend_schema(operation_id="sessions_report", responses=ReadingsSerializer)
    def retrieve(self, request: Request, uid: str) -> Response:
        """The latest reading that stands of each row, the latest first."""
        return Response(self.shown({"results": self._readings(self.get_object())}))

    @extend_schema(
        operation_id="sessions_report_take_back", request=TakeBackInput, responses={201: QuestionSerializer}
    )
    def take_back(self, request: Request, uid: str) -> HttpResponse:
        """Say that the row of a `key` is not about the session; the answer is the question that it is from now on."""

        def taken() -> Unresolved:
            values = self.read()
            reading = self._readings(self.get_object()).filter(key=values["key"]).first()
            if reading is None:
                raise NotFound
            return services.report_take_back(
                actor=self.actor, reading=reading, reason=values.get("reason", "")
            )

        return self.answer(taken, 201)

    def _readings(self, session: LiveSession) -> QuerySet[SessionReading]:
        return rows_read(self.actor, session.tenant_id).filter(session=session)
