"""What reports were read for, and how it is taken back: of one session, or of a row that was left out; and sessions
on which none will come."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from analytics.forms import NoReportForm, TakeBackForm
from analytics.models import ReadingWithdrawal, ReportExpectation, SessionReading
from analytics.selectors.reports import left_out, rows_read
from analytics.services import report_ask_again, report_expect, report_take_back
from analytics.views.trust import SessionForm
from core.doors.portal import ScopedListPage, ServiceAction
from core.errors import NotFound
from core.scoping import may
from livestreams.models import LiveSession


class RowsRead(ScopedListPage):
    """Which rows of reports were read for which sessions, and which were left out for good."""

    template_name = "portal/reports_read.html"
    section = "reports"
    needs = ("view", SessionReading)
    model = SessionReading
    tenant_lookup = "session__tenant_id"

    def base_queryset(self) -> Any:
        return rows_read(self.actor, self.node.pk)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            left_out=list(left_out(self.actor, self.node.pk)[: self.page_size]),
            can_take_back=may(self.actor, "add", ReadingWithdrawal, self.node.pk),
            **kwargs,
        )


class TakeBack(SessionForm):
    """The rows that were read for a session, of which one is not about it."""

    template_name = "portal/report_take_back.html"
    section = "reports"
    needs = ("add", ReadingWithdrawal)
    form_class = TakeBackForm

    def readings(self) -> Any:
        return rows_read(self.actor, self.node.pk).filter(session=self.session)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(readings=list(self.readings()), **kwargs)

    def carry_out(self, form: Any) -> HttpResponse:
        reading = form.cleaned_data["reading"]
        if reading.session_id != self.session.pk:
            raise NotFound
        question = report_take_back(actor=self.actor, reading=reading, reason=form.cleaned_data["reason"])
        messages.success(self.request, _("Taken back. Which session is it about?"))
        return redirect(self.url("portal-report-question", uid=question.uid))


class AskAgain(ServiceAction):
    """Puts the question again about a row that was left out."""

    needs = ("add", ReadingWithdrawal)
    done = gettext_lazy("The question is open again.")

    def carry_out(self) -> None:
        question = self.named(left_out(self.actor, self.node.pk), lookup="node_id")
        report_ask_again(actor=self.actor, question=question)

    def back_to(self) -> str:
        return self.url("portal-report-question", uid=self.kwargs["uid"])


class NoReport(SessionForm):
    """Says that no report will come on a session: it leaves the round."""

    template_name = "portal/report_none.html"
    section = "reports"
    needs = ("add", ReportExpectation)
    form_class = NoReportForm

    def carry_out(self, form: Any) -> HttpResponse:
        report_expect(actor=self.actor, session=self.session, expected=False, **form.cleaned_data)
        messages.success(self.request, _("Kept. The session is not asked for any more."))
        return redirect(self.url("portal-reports"))


class ExpectReport(ServiceAction):
    """Asks for a session's report again after somebody said that none will come."""

    needs = ("add", ReportExpectation)
    done = gettext_lazy("The session waits for its report again.")

    def carry_out(self) -> None:
        report_expect(actor=self.actor, session=self.named(LiveSession.objects.all()), expected=True)

    def back_to(self) -> str:
        return self.url("portal-reports")
