"""The API of the kernel: who am I, and how far is the work."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.serializers import JobSerializer, MeSerializer
from core.doors.api import Needs, ReadOnlyScopedViewSet, ScopedViewSet
from core.doors.fields import Nothing
from core.jobs import heeded, job_cancel, job_pause, job_resume
from core.models import Job, ScopeNode, User


class MeViewSet(ScopedViewSet):
    """The caller."""

    model = User
    serializer_class = MeSerializer
    permissions = {"retrieve": Needs("")}

    @extend_schema(operation_id="me_retrieve", responses=MeSerializer)
    def retrieve(self, request: Request) -> Response:
        """Who the caller is, on which nodes it holds which role, and what a key may do."""
        actor = self.actor
        nodes = ScopeNode.objects.in_bulk([grant.node_id for grant in actor.grants])
        grants: list[dict[str, Any]] = [
            {"role": grant.role, **{name: getattr(nodes[grant.node_id], name) for name in NODE_FIELDS}}
            for grant in actor.grants
        ]
        return Response(
            {
                "name": actor.label,
                "kind": "key" if actor.key_id else "user",
                "grants": grants,
                "scopes": sorted(actor.key_scopes),
                "rooms": sorted(actor.rooms),
            }
        )


NODE_FIELDS = ("kind", "code", "name_zh", "name_en")


class JobViewSet(ReadOnlyScopedViewSet):
    """Long work: imports, rebuilds, computations."""

    model = Job
    serializer_class = JobSerializer
    permissions = {
        "list": Needs("view"),
        "retrieve": Needs("view"),
        "cancel": Needs("change"),
        "pause": Needs("change"),
        "resume": Needs("change"),
    }
    inputs = {"cancel": Nothing, "pause": Nothing, "resume": Nothing}

    def base_queryset(self) -> QuerySet[Job]:
        return Job.objects.order_by("-pk")

    @extend_schema(request=Nothing, responses=JobSerializer)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, uid: str) -> HttpResponse:
        """Ask a job to stop: a queued or paused one stops at once, a running one at its next step."""
        with heeded(self.get_object()):
            return self._told(job_cancel)

    @extend_schema(request=Nothing, responses=JobSerializer)
    @action(detail=True, methods=["post"])
    def pause(self, request: Request, uid: str) -> HttpResponse:
        """Ask a job to wait: a queued one does at once, a running one from its next step. It holds nothing then."""
        with heeded(self.get_object()):
            return self._told(job_pause)

    @extend_schema(request=Nothing, responses=JobSerializer)
    @action(detail=True, methods=["post"])
    def resume(self, request: Request, uid: str) -> HttpResponse:
        """Let a job that is paused, or whose workers died, go on from what it has finished. An import, all or nothing,
        reads its file again.
        """
        return self._told(job_resume)

    # An answer that is kept (Idempotency-Key) waits for SQLite's writer before its service is asked: hence `heeded`.
    def _told(self, service: Callable[..., Job]) -> HttpResponse:
        def tell() -> Job:
            job = self.get_object()
            self.read()
            return service(actor=self.actor, uid=str(job.uid))

        return self.answer(tell)
