"""Work in progress, what is unclear, the audit, and exchange rates."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from core import buckets, clock, jobs
from core.actors import Actor
from core.choices import JOB_OPEN, JobState
from core.doors.admin import Operation, RecordAdmin, ScopedModelAdmin, badge, brief
from core.doors.context import actor_of
from core.models import AuditEntry, BucketFailure, ExchangeRate, Job, Unresolved

JOB_COLOURS = {
    JobState.QUEUED: "info",
    JobState.RUNNING: "warning",
    JobState.PAUSED: "info",
    JobState.DONE: "success",
    JobState.FAILED: "danger",
}


def job_cancel(*, actor: Actor, job: Job) -> Job:
    return jobs.job_cancel(actor=actor, uid=str(job.uid))


def job_pause(*, actor: Actor, job: Job) -> Job:
    return jobs.job_pause(actor=actor, uid=str(job.uid))


def job_resume(*, actor: Actor, job: Job) -> Job:
    return jobs.job_resume(actor=actor, uid=str(job.uid))


@admin.register(Job)
class JobAdmin(ScopedModelAdmin):
    list_display = (
        "created_at",
        "kind",
        "node",
        badge("state", _("state"), JOB_COLOURS),
        "progress",
        "created_by",
    )
    list_filter = ("state", "node", "created_at")
    search_fields = ("kind",)
    ordering = ("-id",)
    fields = (
        "kind",
        "node",
        "state",
        "progress",
        "message",
        "result",
        "created_by",
        "created_at",
        "finished_at",
    )
    readonly_fields = ("progress",)
    operations = (
        Operation(
            "pause",
            _("Pause the job"),
            job_pause,
            row="job",
            icon="pause",
            bulk=True,
            when=lambda job: job.state in (JobState.QUEUED, JobState.RUNNING) and not job.pause_requested,
        ),
        Operation(
            "resume",
            _("Let the job go on"),
            job_resume,
            row="job",
            icon="play_arrow",
            bulk=True,
            when=lambda job: job.state == JobState.PAUSED or job.given_up,
        ),
        Operation(
            "cancel",
            _("Cancel the job"),
            job_cancel,
            row="job",
            icon="cancel",
            question=_("A running job stops at its next step; what it has finished stays."),
            danger=True,
            bulk=True,
            when=lambda job: job.state in JOB_OPEN,
        ),
    )

    def get_fields(self, request: HttpRequest, obj: Job | None = None) -> list[str]:
        told = obj is not None and jobs.may_read_findings(actor_of(request), obj)
        return [name for name in self.fields if told or name not in ("message", "result")]

    @display(description=_("progress"))
    def progress(self, job: Job) -> str:
        job = jobs.seen(job)
        if not job.total:
            return f"{job.done:,}"
        return f"{job.done:,} / {job.total:,} ({job.done * 100 // job.total} %)"


@admin.register(Unresolved)
class UnresolvedAdmin(ScopedModelAdmin):
    list_display = ("reference", "kind", "node", "first_seen_at", "resolved_at")
    list_filter = ("kind", "node", "first_seen_at", "resolved_at")
    search_fields = ("reference",)
    ordering = ("-id",)
    fields = ("kind", "node", "reference", "detail", "first_seen_at", "resolved_at")


@admin.register(BucketFailure)
class BucketFailureAdmin(ScopedModelAdmin):
    list_display = ("family_told", "node", "slot_told", "attempts", "retry_at", brief("error", _("error")))
    list_filter = ("node", "retry_at")
    search_fields = ("error", "node__code")
    fields = ("family_told", "node", "slot_told", "attempts", "retry_at", "error")
    readonly_fields = ("family_told", "slot_told")

    @admin.display(description=_("what is counted"), ordering="family")
    def family_told(self, failure: BucketFailure) -> str:
        return str(buckets.NAMES.get(failure.family, failure.family))

    @admin.display(description=_("of"), ordering="slot")
    def slot_told(self, failure: BucketFailure) -> Any:
        """The hour, or the number of the session or fact."""
        return clock.hour_start(failure.slot) if failure.family in buckets.OF_HOURS else f"№ {failure.slot}"


@admin.register(AuditEntry)
class AuditEntryAdmin(ScopedModelAdmin):
    list_display = ("at", "actor", "verb", "object_type", "object_label", "node")
    list_filter = ("at", "node")
    search_fields = ("actor", "verb", "object_label", "object_type")
    ordering = ("-id",)
    fields = (
        ("at", "actor"),
        ("verb", "object_type"),
        "object_label",
        "node",
        "before",
        "after",
        "request_id",
    )


@admin.register(ExchangeRate)
class ExchangeRateAdmin(RecordAdmin):
    list_display = ("currency", "day", "cny_per_unit", "source")
    list_filter = ("day",)
    search_fields = ("currency", "source")
    ordering = ("-day", "currency")
    fields = ("currency", "day", "cny_per_unit", "source")
