"""What the API shows of callers and jobs."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from core.choices import JobState, NodeKind, Role
from core.doors.fields import InstantField
from core.jobs import may_read_findings, seen
from core.models import Job


class GrantSerializer(serializers.Serializer[Any]):
    """A role on a node of the scope tree."""

    role = serializers.ChoiceField(choices=Role.choices)
    kind = serializers.ChoiceField(choices=NodeKind.choices)
    code = serializers.CharField()
    name_zh = serializers.CharField()
    name_en = serializers.CharField(allow_blank=True)


class MeSerializer(serializers.Serializer[Any]):
    """Who the caller is, and what a key may do."""

    name = serializers.CharField()
    kind = serializers.ChoiceField(choices=[("user", "user"), ("key", "key")])
    grants = GrantSerializer(many=True)
    scopes = serializers.ListField(child=serializers.CharField())
    rooms = serializers.ListField(child=serializers.CharField())


class JobSerializer(serializers.ModelSerializer[Job]):
    """Long work and how far it is. `message` and `result` are told to the people of its own node."""

    state = serializers.ChoiceField(choices=JobState.choices)
    result = serializers.DictField()
    created_at = InstantField()
    finished_at = InstantField(allow_null=True)

    def to_representation(self, instance: Job) -> dict[str, Any]:
        shown = dict(super().to_representation(seen(instance)))
        if not may_read_findings(self.context["view"].actor, instance):
            shown |= {"message": "", "result": {}}
        return shown

    class Meta:
        model = Job
        fields = ["uid", "kind", "state", "done", "total", "message", "result", "created_at", "finished_at"]
