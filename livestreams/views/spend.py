"""Ad spend of a session by the hour, in the portal."""

from __future__ import annotations

from datetime import datetime
from math import ceil
from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.clock import HOUR, local, now
from core.doors.formfields import AmountField
from core.doors.portal import ScopedForm, ServiceFormPage
from core.scoping import visible_to
from livestreams.models import AdSpend, LiveSession
from livestreams.services import SpendHour, spend_record
from livestreams.spending import spend_by_hour

HOURS_PER_PAGE = 72


def hours_of(session: LiveSession) -> list[datetime]:
    """The hours in which a session was on air so far, the latest first."""
    if session.started_at is None:
        return []
    first = session.started_at.replace(minute=0, second=0, microsecond=0)
    end = session.ended_at or now()
    return [first + number * HOUR for number in range(ceil((end - first) / HOUR))][::-1]


class SpendForm(ScopedForm):
    """One hour and what it cost."""

    hour = forms.TypedChoiceField(label=gettext_lazy("Hour"), coerce=datetime.fromisoformat)
    amount = AmountField(label=gettext_lazy("Ad spend (CNY)"), min_value=0, max_digits=15, decimal_places=2)


class TellSpend(ServiceFormPage):
    """What hours of a session cost; another amount of a known hour corrects it."""

    template_name = "portal/session_spend.html"
    section = "sessions"
    needs = ("add", AdSpend)
    form_class = SpendForm

    @cached_property
    def session(self) -> LiveSession:
        session: LiveSession = self.named(LiveSession.objects.all())
        return session

    def get_form(self, data: Any = None, files: Any = None) -> ScopedForm:
        form = super().get_form(data, files)
        form.fields["hour"].choices = [  # type: ignore[attr-defined]
            (hour.isoformat(), f"{local(hour):%Y-%m-%d %H:%M}–{local(hour + HOUR):%H:%M}")
            for hour in reversed(self.hours.object_list if data is None else hours_of(self.session))
        ]
        return form

    @cached_property
    def hours(self) -> Page[datetime]:
        """Those that are offered: of a long session by pages."""
        hours = Paginator(hours_of(self.session), HOURS_PER_PAGE)
        return hours.get_page(self.request.GET.get("page"))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        facts = visible_to(AdSpend.objects.filter(session=self.session), self.actor)
        return super().get_context_data(
            session=self.session, spend=spend_by_hour(facts), **self._pages(), **kwargs
        )

    def _pages(self) -> dict[str, str]:
        """Where the later and the earlier hours of a long session are."""
        page = self.hours
        newer = f"?page={page.previous_page_number()}" if page.has_previous() else ""
        return {"newer": newer, "older": f"?page={page.next_page_number()}" if page.has_next() else ""}

    def carry_out(self, form: Any) -> HttpResponse:
        spend_record(actor=self.actor, session=self.session, hours=[SpendHour(**form.cleaned_data)])
        messages.success(self.request, _("The ad spend of this hour is kept."))
        page = f"?page={self.hours.number}" if self.hours.number > 1 else ""
        return redirect(self.url("portal-session-spend", uid=self.session.uid) + page)
