"""Going live by hand."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy

from core.doors.fields import is_public_name
from core.doors.portal import ServiceAction, ServiceFormPage
from core.scoping import visible_to
from livestreams.choices import UNSEEN
from livestreams.forms import SessionForm
from livestreams.models import Broadcast, LiveSession
from livestreams.services import (
    session_end,
    session_open,
)


class GoLive(ServiceFormPage):
    """Opens a session by hand, for a phone or an encoder that goes straight to the platform."""

    template_name = "portal/session_new.html"
    section = "sessions"
    needs = ("add", LiveSession)
    form_class = SessionForm

    def get_initial(self) -> dict[str, Any]:
        uid = self.request.GET.get("booking", "")
        chosen = visible_to(Broadcast.objects.filter(route__in=UNSEEN), self.actor)
        row = chosen.filter(booking__uid=uid).first() if is_public_name(uid, "uid") else None
        known = {"delivery": row.route, "platform": row.platform} if row else {"delivery": "phone"}
        return {"booking": uid, "market": "CN", **known}

    def carry_out(self, form: Any) -> HttpResponse:
        session = session_open(actor=self.actor, tenant=self.tenant, **form.cleaned_data)
        return redirect(self.url("portal-session", uid=session.uid))


class EndingForm(forms.Form):
    """When it ended, where somebody says so afterwards."""

    ended_at = forms.SplitDateTimeField(label=gettext_lazy("Ended at"), required=False)


class EndSession(ServiceAction):
    """Ends a live session, now or when the form says that it did."""

    needs = ("change", LiveSession)
    done = gettext_lazy("The session has ended. Import the platform's order file when it is ready.")

    def carry_out(self) -> None:
        session = self.named(LiveSession.objects.all(), "change")
        session_end(actor=self.actor, session=session, **self.read(EndingForm(self.request.POST)))

    def back_to(self) -> str:
        return self.url("portal-session", uid=self.kwargs["uid"])
