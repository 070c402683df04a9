"""Importing order files: upload, look before anything is stored, watch it run, take the errors home."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from io import BytesIO
from typing import Any, BinaryIO, cast

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext_lazy as _
from django_htmx.http import HttpResponseClientRedirect, HttpResponseClientRefresh

from core import storage
from core.choices import JOB_OPEN, JobState
from core.doors.portal import ScopedDetailPage, ScopedListPage, ServiceAction, ServiceFormPage, TenantPage
from core.errors import Conflict, DomainError, NotFound
from core.jobs import job_cancel, job_pause, job_resume, seen
from core.models import Job
from core.scoping import may, visible_to
from supplychain.choices import SESSION_REPORT, CustomsMode, ImportState, PayoutKind, SalesKind
from supplychain.forms import ColumnForm, UploadForm
from supplychain.importing import (
    PAYOUT_PROFILES,
    PROFILES,
    SESSION_PROFILES,
    FileError,
    Profile,
    note_texts,
)
from supplychain.importing.profiles.base import EXAMPLES
from supplychain.models import ImportBatch
from supplychain.services import undo
from supplychain.services.imports import JOB_KIND, first_rejects, import_confirm, import_stage
from supplychain.services.maps import import_map_save
from supplychain.services.rejects import rejects_told
from supplychain.services.undone import UNDO

EXAMPLE_FILES = {
    *(name for profile in PROFILES.values() for name in profile.examples),
    *(name for profile in PAYOUT_PROFILES.values() for name in profile.examples),
    *(name for profile in SESSION_PROFILES.values() for name in profile.examples),
    "mapping.csv",
}
ALL_PROFILES: dict[str, Profile[Any]] = {**PROFILES, **PAYOUT_PROFILES}
JOB_KINDS = (JOB_KIND, undo.JOB_KIND)
# No kind of payout has the code of a kind of sale.
KIND_NAMES = dict((*SalesKind.choices, *PayoutKind.choices))
# With these the file is fine and only its columns need an explanation.
COLUMNS_UNKNOWN = ("unknown_headers", "missing_headers")
WORDS_UNKNOWN = "unknown_words"


class Imports(ScopedListPage, ServiceFormPage):
    """An upload form with sample files beside it, and what was imported before.

    When the columns of a file are not known, the answer asks what they hold; under htmx it is put into the
    same form, so that the browser keeps the chosen file.
    """

    template_name = "portal/imports.html"
    section = "imports"
    needs = ("view", ImportBatch)
    model = ImportBatch
    form_class = UploadForm
    page_size = 20

    def base_queryset(self) -> Any:
        orders = (
            ImportBatch.objects.exclude(file_name="").exclude(source=SESSION_REPORT).exclude(profile=UNDO)
        )
        return orders.select_related("created_by").order_by("-id")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        can_import = may(self.actor, "add", ImportBatch, self.node.pk)
        return super().get_context_data(can_import=can_import, profiles=ALL_PROFILES.values(), **kwargs)

    def carry_out(self, form: Any) -> HttpResponse:
        values, data = form.cleaned_data, self.request.POST
        if headers := data.getlist("header"):
            columns = ColumnForm(headers, data, values["file"], sources=form.sources, saved=form.saved)
            batch = self._stage(values, {"mapping": columns.mapping})
            if name := columns.name.strip():
                import_map_save(
                    actor=self.actor, tenant=self.tenant, name=name[:100], mapping=columns.mapping
                )
        else:
            batch = self._recognised(form)
        target = self.url("portal-import", uid=batch.uid)
        return HttpResponseClientRedirect(target) if self.request.htmx else redirect(target)  # type: ignore[attr-defined]

    def _recognised(self, form: UploadForm) -> ImportBatch:
        """The file as somebody says it is to be read, or by its columns: a known export, else a saved mapping."""
        try:
            return self._stage(form.cleaned_data, form.reading)
        except FileError as refused:
            if refused.code not in COLUMNS_UNKNOWN or form.saved is None:
                raise
        return self._stage(form.cleaned_data, form.read_by(form.saved))

    def _stage(self, values: dict[str, Any], reading: dict[str, Any]) -> ImportBatch:
        return import_stage(
            actor=self.actor,
            tenant=self.tenant,
            file_name=values["file"].name,
            chunks=values["file"].chunks(),
            currency=values["currency"],
            timezone=values["timezone"],
            customs_mode=values["customs_mode"],
            **reading,
        )

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = super().post(request, *args, **kwargs)
        if request.htmx and "HX-Redirect" not in response:  # type: ignore[attr-defined]
            # htmx puts only good answers into the page.
            response.status_code = 200
        return response

    def render_to_response(self, context: dict[str, Any], **kwargs: Any) -> Any:
        refused: DomainError | None = context.get("refused")
        data, file = self.request.POST, cast("BinaryIO | None", self.request.FILES.get("file"))
        headers, saved = data.getlist("header"), None
        if refused is not None and refused.code in (*COLUMNS_UNKNOWN, WORDS_UNKNOWN):
            headers = refused.extra["seen"]
            saved = context["form"].saved if refused.code == WORDS_UNKNOWN else None
        if headers and file is not None:
            sources = context["form"].sources
            context["columns"] = columns = ColumnForm(headers, data, file, sources=sources, saved=saved)
            if refused is not None and refused.code in COLUMNS_UNKNOWN:
                columns.name = ""  # it was of another file's columns
        if self.request.method == "POST" and self.request.htmx:  # type: ignore[attr-defined]
            return render(self.request, "portal/partials/import_refused.html", context)
        return super().render_to_response(context, **kwargs)


class ImportDetail(ScopedDetailPage):
    """One file: what it holds before it is stored, how far it is, what became of it."""

    template_name = "portal/import.html"
    section = "imports"
    needs = ("view", ImportBatch)
    model = ImportBatch

    def base_queryset(self) -> Any:
        return ImportBatch.objects.exclude(source=SESSION_REPORT).exclude(profile=UNDO)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        batch = self.get_object()
        job, report = self.job_of(batch), batch.report
        running = job is not None and job.state in JOB_OPEN
        may_change = not running and may(self.actor, "change", ImportBatch, self.node.pk)
        imported = batch.state == ImportState.IMPORTED
        return super().get_context_data(
            batch=batch,
            report=report,
            notes=note_texts(report.get("notes", [])),
            kinds=[
                {"name": KIND_NAMES[kind], "count": count, "sums": _sums(report, kind)}
                for kind, count in report["counts"].items()
            ],
            currencies=sorted({currency for sums in report["sums"].values() for currency in sums}),
            customs_mode=CustomsMode(mode).label if (mode := report.get("customs_mode")) else "",
            sample=[_shown(fact) for fact in report.get("sample", [])],
            first_at=_instant(report["first_at"]),
            last_at=_instant(report["last_at"]),
            profile_name=ALL_PROFILES[batch.profile].name
            if batch.profile in ALL_PROFILES
            else _("Own mapping"),
            job=job,
            percent=min(100, job.done * 100 // job.total) if job is not None and job.total else 0,
            running=running,
            paused=job is not None and job.state == JobState.PAUSED,
            pausing=job is not None and job.state == JobState.RUNNING and job.pause_requested,
            confirmable=may_change and not imported,
            undoable=may_change and imported and "undone" not in report,
            error_file=bool(job and job.result_file) or (not imported and report["bad_rows"] > 0),
            **kwargs,
        )

    def job_of(self, batch: ImportBatch) -> Job | None:
        """The latest job that imported the batch or took it back, as far as the person may see it."""
        jobs = Job.objects.filter(kind__in=JOB_KINDS, node=self.node, params__batch=batch.pk)
        job = visible_to(jobs, self.actor).order_by("-id").first()
        return seen(job) if job is not None else None


def _sums(report: dict[str, Any], kind: str) -> dict[str, Decimal]:
    """What a kind adds up to in each currency."""
    return {currency: Decimal(total) for currency, total in sorted(report["sums"][kind].items())}


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _shown(fact: dict[str, Any]) -> dict[str, Any]:
    """A sale or a payout of the preview as a row of its table. A payout tells of no goods."""
    foreign = fact["amount_foreign"]
    amount = fact["amount"] if foreign is None else foreign
    return {
        "order_no": fact["order_no"],
        "kind_name": KIND_NAMES[fact["kind"]],
        "at": _instant(fact["occurred_at"]),
        "goods": fact.get("title") or fact.get("sku_code", ""),
        "qty": fact.get("qty", ""),
        "currency": "" if foreign is None else fact["currency"],
        "amount": Decimal(amount),
    }


class ImportProgress(ImportDetail):
    """How far the import is, asked for each second; the whole page again once it has ended."""

    template_name = "portal/partials/import_progress.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        context = self.get_context_data()
        return self.render_to_response(context) if context["running"] else HttpResponseClientRefresh()


class ImportErrors(ImportDetail):
    """The rows that were not taken, or would not be, with the reason in the last column, to be put right."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        batch = self.get_object()
        job = self.job_of(batch)
        kept = job.result_file if job is not None else ""
        try:
            rows = storage.opened(kept) if kept else BytesIO(first_rejects(batch))
        except Conflict as settled:
            messages.info(request, str(settled))
            return redirect("portal-import", self.tenant.code, batch.uid)
        name = f"{batch.file_name.rsplit('.', 1)[0]}-errors.csv"
        return StreamingHttpResponse(
            rejects_told(rows),
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": content_disposition_header(True, name)},
        )


class ConfirmImport(ServiceAction):
    """Lets a job import the file."""

    needs = ("change", ImportBatch)

    def carry_out(self) -> None:
        orders = ImportBatch.objects.exclude(source=SESSION_REPORT)
        batch = self.named(orders.select_related("tenant"), "change")
        import_confirm(
            actor=self.actor, batch=batch, skip_bad_rows=bool(self.request.POST.get("skip_bad_rows"))
        )

    def back_to(self) -> str:
        return self.url("portal-import", uid=self.kwargs["uid"])


class UndoImport(ServiceAction):
    """Lets a job take the import back."""

    needs = ("change", ImportBatch)

    def carry_out(self) -> None:
        orders = ImportBatch.objects.exclude(source=SESSION_REPORT)
        undo.import_undo(actor=self.actor, batch=self.named(orders.select_related("tenant"), "change"))

    def back_to(self) -> str:
        return self.url("portal-import", uid=self.kwargs["uid"])


class JobOfImport(ServiceAction):
    """Says something to the latest job of a file."""

    needs = ("change", ImportBatch)
    service: Callable[..., Job]

    def carry_out(self) -> None:
        batch = self.named(ImportBatch.objects.all(), "change")
        job = (
            Job.objects.filter(kind__in=JOB_KINDS, node=self.node, params__batch=batch.pk)
            .order_by("-id")
            .first()
        )
        if job is None:
            raise NotFound
        type(self).service(actor=self.actor, uid=str(job.uid))

    def back_to(self) -> str:
        return self.url("portal-import", uid=self.kwargs["uid"])


class CancelImport(JobOfImport):
    """Stops the job; nothing of the file stays."""

    service = staticmethod(job_cancel)
    done = _("It stops. The ledger stays as it was.")


class PauseImport(JobOfImport):
    """Lets the job wait: nothing of the file is stored meanwhile, and nothing is held."""

    service = staticmethod(job_pause)
    done = _("It pauses. Nothing of the file is stored meanwhile.")


class ResumeImport(JobOfImport):
    """Lets the job go on: it reads its file again."""

    service = staticmethod(job_resume)
    done = _("It goes on.")


class Example(TenantPage):
    """An example file, as a platform exports it."""

    needs = ("view", ImportBatch)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        name = self.kwargs["name"]
        if name not in EXAMPLE_FILES:
            raise NotFound
        return FileResponse((EXAMPLES / name).open("rb"), as_attachment=True, filename=name)
