"""The verdict on a session in the API, with its witnesses and what its people replied."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from analytics import services
from analytics.choices import Origin, Verdict, Witness
from analytics.models import TrustReply
from analytics.trust.standing import Trust, trust_of
from core.doors.api import Needs, ScopedViewSet
from core.doors.fields import InstantField, LineField, StrictSerializer
from livestreams.models import LiveSession

READ = ("sessions:write", "figures:read")


class WitnessSerializer(serializers.Serializer[Any]):
    """A witness: what was stated, what it saw, and up to what it lets pass, in the witness's own unit."""

    witness = serializers.ChoiceField(choices=Witness.choices)
    origin = serializers.ChoiceField(choices=Origin.choices)
    stated = serializers.CharField()
    seen = serializers.CharField()
    most = serializers.CharField()
    contradicts = serializers.BooleanField()


class ReplySerializer(serializers.ModelSerializer[TrustReply]):
    """Words that stand beside a verdict; `version` is that of the verdict they answer."""

    version = serializers.IntegerField(source="verdict.version")
    made_at = InstantField()

    class Meta:
        model = TrustReply
        fields = ["version", "text", "made_at"]


class SessionVerdictSerializer(serializers.Serializer[Trust]):
    """The standing verdict; null before there is one. `sentences` say its `reasons` in the language of the request."""

    verdict = serializers.ChoiceField(choices=Verdict.choices, allow_null=True)
    version = serializers.IntegerField(allow_null=True)
    judged_at = InstantField(allow_null=True)
    reasons = serializers.ListField(child=serializers.CharField())
    sentences = serializers.ListField(child=serializers.CharField())
    witnesses = WitnessSerializer(many=True)
    replies = ReplySerializer(many=True)


class ReplyInput(StrictSerializer):
    text = LineField(max_length=2000)


class VerdictViewSet(ScopedViewSet):
    """The verdict that stands on a session, and the right of reply to it."""

    model = LiveSession
    serializer_class = SessionVerdictSerializer
    permissions = {
        "retrieve": Needs("view", READ),
        "reply": Needs("add", READ, model=TrustReply),
    }
    inputs = {"reply": ReplyInput}

    def shown(self, row: LiveSession) -> dict[str, Any]:
        trust = trust_of(self.actor, row)
        verdict = trust.verdict
        return super().shown(
            {
                "verdict": verdict and verdict.verdict,
                "version": verdict and verdict.version,
                "judged_at": verdict and verdict.judged_at,
                "reasons": verdict.reasons.split() if verdict else [],
                "sentences": [str(reason) for reason in trust.reasons],
                "witnesses": verdict.witnesses if verdict else [],
                "replies": trust.replies,
            }
        )

    @extend_schema(operation_id="sessions_verdict", responses=SessionVerdictSerializer)
    def retrieve(self, request: Request, uid: str) -> Response:
        """Whether what was stated of a session is proven, doubtful or cannot be told, and why."""
        return Response(self.shown(self.get_object()))

    @extend_schema(
        operation_id="sessions_reply", request=ReplyInput, responses={201: SessionVerdictSerializer}
    )
    def reply(self, request: Request, uid: str) -> HttpResponse:
        """Reply to the verdict: words that stand beside it for everybody who sees it."""

        def replied() -> LiveSession:
            session: LiveSession = self.get_object()
            services.verdict_reply(actor=self.actor, session=session, **self.read())
            return session

        return self.answer(replied, 201)
