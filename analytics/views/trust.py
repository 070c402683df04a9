"""Portal pages of a session's verdict: the figures stated of it, and the reply of its people."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from analytics.forms import ClaimForm, ReplyForm
from analytics.models import ReadingWithdrawal, ReportExpectation, SessionClaim, TrustReply
from analytics.services import session_claim, verdict_reply
from analytics.trust.standing import trust_of
from core.actors import Actor
from core.doors.portal import ServiceFormPage
from core.scoping import may
from livestreams.models import LiveSession


class SessionForm(ServiceFormPage):
    """A form about one session of the tenant."""

    section = "sessions"

    @property
    def session(self) -> LiveSession:
        if not hasattr(self, "_session"):
            self._session: LiveSession = self.named(LiveSession.objects.all())
        return self._session

    def back(self, message: str) -> HttpResponse:
        messages.success(self.request, message)
        return redirect(self.url("portal-session", uid=self.session.uid))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            session=self.session, trust=trust_of(self.actor, self.session), **kwargs
        )


class StateFigures(SessionForm):
    """What the platform's report, the agency or the firm says of a session."""

    template_name = "portal/session_claim.html"
    needs = ("add", SessionClaim)
    form_class = ClaimForm

    def get_initial(self) -> dict[str, Any]:
        known = trust_of(self.actor, self.session).claim
        return {name: getattr(known, name) for name in ClaimForm.base_fields} if known else {}

    def carry_out(self, form: Any) -> HttpResponse:
        session_claim(actor=self.actor, session=self.session, **form.cleaned_data)
        return self.back(_("The figures are kept. They are compared with what others saw within a minute."))


class Reply(SessionForm):
    """The right of reply: words that stand beside the verdict for everybody who sees it."""

    template_name = "portal/session_reply.html"
    needs = ("add", TrustReply)
    form_class = ReplyForm

    def carry_out(self, form: Any) -> HttpResponse:
        verdict_reply(actor=self.actor, session=self.session, **form.cleaned_data)
        return self.back(_("Your reply stands beside the verdict."))


def session_rights(actor: Actor, tenant_id: int) -> dict[str, bool]:
    """What templates ask."""
    return {
        "may_state": may(actor, "add", SessionClaim, tenant_id),
        "may_reply": may(actor, "add", TrustReply, tenant_id),
        "may_give_up": may(actor, "add", ReportExpectation, tenant_id),
        "may_take_back": may(actor, "add", ReadingWithdrawal, tenant_id),
    }
