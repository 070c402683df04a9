"""The audience of a session in the API, as the portal shows it."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from analytics.audience import audience_of
from core.clock import MINUTE
from core.doors.api import Needs, ScopedViewSet
from core.doors.fields import InstantField
from livestreams.models import AudienceSample, LiveSession
from livestreams.readings import COUNTERS


class SessionAudienceSerializer(serializers.Serializer[Any]):
    """What sources read of an audience; null: nobody did. Counters are counted on over their restarts."""

    session = serializers.UUIDField()
    acu = serializers.IntegerField(
        allow_null=True,
        help_text="Mean concurrent viewers, weighted by time, of the source that looked longest.",
    )
    minutes = serializers.IntegerField(help_text="Minutes that acu covers.")
    peak = serializers.IntegerField(allow_null=True)
    entered = serializers.IntegerField(allow_null=True)
    likes = serializers.IntegerField(allow_null=True)
    comments = serializers.IntegerField(allow_null=True)
    follows = serializers.IntegerField(allow_null=True)
    sources = serializers.ListField(child=serializers.CharField())
    as_of = InstantField(allow_null=True)


class SessionAudienceViewSet(ScopedViewSet):
    """The audience of a session."""

    model = LiveSession
    serializer_class = SessionAudienceSerializer
    permissions = {"retrieve": Needs("view", ("samples:write", "figures:read"), model=AudienceSample)}

    def base_queryset(self) -> QuerySet[LiveSession]:
        return LiveSession.objects.all()

    @extend_schema(responses=SessionAudienceSerializer)
    def retrieve(self, request: Request, uid: str) -> Response:
        """Mean, peak and counters, with their sources and when they were last read."""
        session = self.get_object()
        found = audience_of(self.actor, session)
        body = {
            "session": session.uid,
            "acu": found.acu,
            "minutes": found.covered // MINUTE,
            "peak": found.peak,
            **{name: getattr(found, name) for name in COUNTERS},
            "sources": list(found.tracks),
            "as_of": found.as_of,
        }
        return Response(SessionAudienceSerializer(body).data)
