"""The report round: which sessions wait for a report, dropping files, and questions about rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_htmx.http import HttpResponseClientRefresh

from analytics.choices import ReadBy
from analytics.forms import ReportAnswerForm, ReportsForm
from analytics.models import ReportExpectation, SessionClaim, SessionReading
from analytics.selectors.reports import questions, reports_given_up, round_counts, sessions_waiting
from analytics.services import report_answer, reports_confirm, reports_drop
from analytics.services.reports.answers import stated_by
from analytics.services.reports.drops import JOB_KIND, takings
from core.choices import JOB_OPEN, JobState, UnresolvedKind
from core.clock import DAY
from core.doors.portal import ScopedDetailPage, ScopedListPage, ServiceAction, ServiceFormPage
from core.errors import NotFound
from core.jobs import job_cancel
from core.models import Job, Unresolved
from core.scoping import may, visible_to
from livestreams.models import LiveSession
from supplychain.importing import REPORT_PLATFORMS, SESSION_PROFILES, note_texts

SHOWN_DROPS = 5
OTHERS_WITHIN = 2 * DAY
SHOWN_OTHERS = 40
NEW, NONE = "new", "none"


class ReportRound(ScopedListPage, ServiceFormPage):
    """The sessions that wait for a report, and where the files of them all are dropped at once."""

    template_name = "portal/reports.html"
    section = "reports"
    needs = ("view", SessionReading)
    model = LiveSession
    form_class = ReportsForm

    def base_queryset(self) -> Any:
        return sessions_waiting(LiveSession.objects.select_related("host", "room"))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        drops = Job.objects.filter(kind=JOB_KIND, node=self.node).select_related("created_by")
        return super().get_context_data(
            can_drop=may(self.actor, "add", SessionReading, self.node.pk),
            can_state=may(self.actor, "add", SessionClaim, self.node.pk),
            report_platforms=REPORT_PLATFORMS,
            can_give_up=may(self.actor, "add", ReportExpectation, self.node.pk),
            given_up=list(reports_given_up(self.actor, self.node.pk)[: self.page_size]),
            counts=round_counts(self.own(LiveSession.objects.all())),
            questions=list(questions(self.actor, self.node.pk)),
            drops=visible_to(drops, self.actor).order_by("-id")[:SHOWN_DROPS],
            profiles=SESSION_PROFILES.values(),
            **kwargs,
        )

    def carry_out(self, form: Any) -> HttpResponse:
        values = form.cleaned_data
        job = reports_drop(
            actor=self.actor,
            tenant=self.tenant,
            files=[(file.name, file.chunks()) for file in values["file"]],
            profile=values["profile"],
            timezone=values["timezone"],
        )
        return redirect(self.url("portal-reports-drop", uid=job.uid))


@dataclass(frozen=True)
class DropRow:
    """A row of a drop, as the page shows it."""

    told: dict[str, Any]
    session: LiveSession | None

    @property
    def at(self) -> datetime:
        return datetime.fromisoformat(self.told["started_at"])

    @property
    def sales(self) -> Decimal | None:
        return Decimal(self.told["sales"]) if self.told["sales"] is not None else None

    @property
    def how(self) -> Any:
        return ReadBy(self.told["how"]).label if self.told["how"] else ""


class DropPage(ScopedDetailPage):
    """One drop of files, as its job knows it."""

    section = "reports"
    needs = ("view", SessionReading)
    model = Job
    tenant_lookup = "node_id"

    def base_queryset(self) -> Any:
        return Job.objects.filter(kind=JOB_KIND)


class ReportDrop(DropPage):
    """What a drop holds and which session each row is about: before it is taken, and what became of it."""

    template_name = "portal/reports_drop.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        job = self.get_object()
        result = job.result if job.state == JobState.DONE else {}
        told = result.get("rows", [])
        sessions = self.own(
            LiveSession.objects.filter(pk__in=[row["session"] for row in told if row["session"]])
        ).in_bulk()
        rows = [DropRow(row, sessions.get(row["session"])) for row in told]
        taken_by = visible_to(takings(job), self.actor)
        return super().get_context_data(
            job=job,
            result=result,
            rows=sorted(rows, key=lambda row: (bool(row.told["how"]), row.told["how"] != ReadBy.OPENED)),
            refused=[file for file in result.get("files", []) if file["refused"]],
            notes=[
                {"name": file["name"], "note": note}
                for file in result.get("files", [])
                for note in note_texts(file["notes"])
            ],
            questions=list(questions(self.actor, self.node.pk)) if result.get("taken") else [],
            percent=min(100, job.done * 100 // job.total) if job.total else 0,
            running=job.state in JOB_OPEN,
            taken_by=taken_by.first(),
            confirmable=bool(result)
            and not job.params["write"]
            and result["row_count"] > 0
            and may(self.actor, "add", SessionReading, self.node.pk),
            **kwargs,
        )


class DropProgress(ReportDrop):
    """How far the job is, asked for each second; the whole page again once it has ended."""

    template_name = "portal/partials/reports_progress.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        context = self.get_context_data()
        return self.render_to_response(context) if context["running"] else HttpResponseClientRefresh()


class ConfirmDrop(ServiceAction):
    """Lets a job take what was looked at."""

    needs = ("add", SessionReading)

    def carry_out(self) -> None:
        job = self.named(Job.objects.filter(kind=JOB_KIND), lookup="node_id")
        self.taking = reports_confirm(actor=self.actor, job=job)

    def back_to(self) -> str:
        job = getattr(self, "taking", None)
        return self.url("portal-reports-drop", uid=job.uid if job else self.kwargs["uid"])


class CancelDrop(ServiceAction):
    """Stops the job; nothing of the files is taken."""

    needs = ("add", SessionReading)
    done = gettext_lazy("Stopped. Nothing of the files is taken.")

    def carry_out(self) -> None:
        job = self.named(Job.objects.filter(kind=JOB_KIND), lookup="node_id")
        job_cancel(actor=self.actor, uid=str(job.uid))

    def back_to(self) -> str:
        return self.url("portal-reports-drop", uid=self.kwargs["uid"])


class ReportQuestion(ServiceFormPage):
    """A row that could be about several sessions, or about none that is known: what the platform says, and which
    sessions of those days it could be."""

    template_name = "portal/report_question.html"
    section = "reports"
    needs = ("add", SessionReading)
    form_class = ReportAnswerForm

    @property
    def question(self) -> Unresolved:
        if not hasattr(self, "_question"):
            waiting = Unresolved.objects.filter(kind=UnresolvedKind.REPORT, resolved_at__isnull=True)
            self._question: Unresolved = self.named(waiting, lookup="node_id")
        return self._question

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        stated = stated_by(self.question)
        row = stated.row
        near = self.own(
            LiveSession.objects.filter(
                platform=row.platform,
                started_at__gte=row.occurred_at - OTHERS_WITHIN,
                started_at__lte=row.occurred_at + OTHERS_WITHIN,
            ).select_related("host", "room")
        )
        likely = set(self.question.detail["candidates"])
        choices = sorted(
            near[:SHOWN_OTHERS],
            key=lambda session: (session.pk not in likely, abs(session.started_at - row.occurred_at)),
        )
        return super().get_context_data(
            question=self.question,
            stated=stated,
            row=row,
            choices=[(session, session.pk in likely) for session in choices],
            **kwargs,
        )

    def carry_out(self, form: Any) -> HttpResponse:
        answer = form.cleaned_data["answer"]
        session = None if answer in (NEW, NONE) else self._session(answer)
        report_answer(actor=self.actor, question=self.question, session=session, opens=answer == NEW)
        left = list(questions(self.actor, self.node.pk)[:1])
        if left:
            messages.success(self.request, _("Kept. Here is the next question."))
            return redirect(self.url("portal-report-question", uid=left[0].uid))
        messages.success(self.request, _("Kept. There is no further question."))
        return redirect(self.url("portal-reports"))

    def _session(self, answer: str) -> LiveSession:
        try:
            uid = UUID(answer)
        except ValueError:
            raise NotFound from None
        session: LiveSession | None = self.own(LiveSession.objects.filter(uid=uid)).first()
        if session is None:
            raise NotFound
        return session
