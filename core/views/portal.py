"""Pages of the kernel: log-in and where it leads, the tenant switch, keys, members, and who sees what."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.generic import View

from core import clock
from core.actors import Actor
from core.days import open_on
from core.doors.audience import SUBJECTS, audience_of
from core.doors.context import actor_of
from core.doors.entrances import doors_of
from core.doors.portal import (
    REMEMBERED,
    ScopedListPage,
    ServiceAction,
    ServiceFormPage,
    TenantPage,
    portal_nodes,
    reaches,
)
from core.doors.portal.tabs import AREAS
from core.errors import NotFound
from core.forms import MemberForm, ToolKeyForm
from core.models import Membership, ScopeNode, ToolKey
from core.policy import DISCLOSE
from core.scoping import get_visible, may
from core.services import KEY_SCOPES, member_add, membership_end, tool_key_create, tool_key_revoke


class LogIn(LoginView):
    """The log-in page. Wrong name and wrong password get the same answer; `next` stays on this site."""

    template_name = "portal/login.html"
    redirect_authenticated_user = True


class AfterLogIn(LoginRequiredMixin, View):
    """Sends each role to its first answer; who has several chooses, who has none is told whom to ask."""

    def get(self, request: HttpRequest) -> HttpResponse:
        doors = doors_of(actor_of(request))
        if len(doors) == 1:
            return redirect(doors[0].url)
        return render(request, "portal/doors.html", {"doors": doors})


class Portal(LoginRequiredMixin, View):
    """The tenant worked for last, the only one, or a choice."""

    def get(self, request: HttpRequest) -> HttpResponse:
        actor = actor_of(request)
        nodes = list(portal_nodes(actor)[:200])
        codes = [node.tenant.code for node in nodes]
        remembered = request.session.get(REMEMBERED)
        choose = "choose" in request.GET
        if not choose and (len(codes) == 1 or remembered in codes):
            return redirect("portal-today", tenant=remembered if remembered in codes else codes[0])
        left = list(firms_that_left(actor))
        if not choose and not nodes and len(left) == 1:
            return redirect(left[0][1])
        return render(request, "portal/tenants.html", {"nodes": nodes, "left": left})


def firms_that_left(actor: Actor) -> Iterator[tuple[ScopeNode, str]]:
    """Firms of a person that have left their park, each with the first page that is still there for them."""
    for node in portal_nodes(actor, also_left=True).exclude(open_on(clock.today(), "tenant"))[:200]:
        tabs = (tab for area in AREAS for tab in area.tabs if reaches(actor, node, tab))
        if (tab := next(tabs, None)) is not None:
            yield node, reverse(f"portal-{tab.section}", args=[node.tenant.code])


class More(TenantPage):
    """What does not fit the phone's tab bar."""

    template_name = "portal/more.html"
    section = "more"
    after_leaving = True
    needs = None


class Keys(ScopedListPage, ServiceFormPage):
    """The tenant's tool keys, and a form for a new one. The secret is in the answer to the form and nowhere else."""

    template_name = "portal/keys.html"
    section = "keys"
    needs = ("view", ToolKey)
    model = ToolKey
    tenant_lookup = "node_id"
    form_class = ToolKeyForm
    page_size = 100

    def get_initial(self) -> dict[str, Any]:
        return {"scopes": ["orders:write", "sessions:write", "samples:write"], "days": "365"}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(
            can_add=may(self.actor, "add", ToolKey, self.node.pk), now=clock.now(), **kwargs
        )
        for key in context["rows"]:
            key.rights = [KEY_SCOPES.get(scope, scope) for scope in key.scopes]
        return context

    def carry_out(self, form: Any) -> HttpResponse:
        values = form.cleaned_data
        expires_at = clock.now() + timedelta(days=values["days"]) if values["days"] else None
        key, secret = tool_key_create(
            actor=self.actor,
            node=self.node,
            name=values["name"],
            scopes=values["scopes"],
            expires_at=expires_at,
        )
        return self.render_to_response(self.get_context_data(form=self.get_form(), made=key, secret=secret))


class RevokeKey(ServiceAction):
    """Ends a key at once."""

    needs = ("change", ToolKey)
    done = _("The key is revoked; the next request with it is refused.")

    def carry_out(self) -> None:
        key = get_visible(ToolKey, self.actor, "change", uid=self.kwargs["uid"], node_id=self.node.pk)
        tool_key_revoke(actor=self.actor, uid=str(key.uid))

    def back_to(self) -> str:
        return self.url("portal-keys")


class Members(ScopedListPage, ServiceFormPage):
    """Who works for the tenant, in which role, and a form for another one."""

    template_name = "portal/members.html"
    section = "members"
    needs = ("view", Membership)
    model = Membership
    tenant_lookup = "node_id"
    form_class = MemberForm
    page_size = 200

    def base_queryset(self) -> Any:
        return Membership.objects.filter(ended_at__isnull=True).select_related("user").order_by("role", "id")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            can_add=may(self.actor, "add", Membership, self.node.pk),
            can_end=may(self.actor, "change", Membership, self.node.pk),
            **kwargs,
        )

    def carry_out(self, form: Any) -> HttpResponse:
        member_add(actor=self.actor, node=self.node, **form.cleaned_data)
        messages.success(self.request, _("The person belongs to the firm from now on."))
        return redirect(self.url("portal-members"))


class EndMembership(ServiceAction):
    """Takes a role away from a member."""

    needs = ("change", Membership)
    done = _("The role is ended; it holds no longer.")

    def carry_out(self) -> None:
        membership = get_visible(
            Membership, self.actor, "change", pk=self.kwargs["number"], node_id=self.node.pk, ended_at=None
        )
        membership_end(actor=self.actor, membership=membership)

    def back_to(self) -> str:
        return self.url("portal-members")


class WhoSees(TenantPage):
    """Who can see a figure, one tap away from it: a part of the page for htmx, a page of its own otherwise."""

    needs = None

    def get_template_names(self) -> list[str]:
        return ["portal/partials/who_sees.html" if self.request.htmx else "portal/who_sees.html"]  # type: ignore[attr-defined]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        subject = SUBJECTS.get(self.kwargs["what"])
        if subject is None:
            raise NotFound
        context = super().get_context_data(
            subject=subject,
            audience=audience_of(subject, self.node),
            decides=may(self.actor, DISCLOSE, type(self.tenant), self.node.pk),
            **kwargs,
        )
        reached = (tab for area in context["areas"] for tab in area.tabs)
        return context | {"firm": next((tab.url for tab in reached if tab.section == "firm"), "")}
