"""Pages of one tenant: the log-in, the tenant named by the address, the declared permission, and its rows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

from django.apps import apps
from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ImproperlyConfigured
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.views.generic.base import ContextMixin, TemplateResponseMixin, View
from django_filters import FilterSet
from django_htmx.http import HttpResponseClientRedirect

from core.actors import Actor
from core.choices import TENANT_ROLES, NodeKind, Role
from core.clock import today
from core.days import open_on
from core.doors.context import actor_of
from core.doors.portal.tabs import AREAS, Area, Tab
from core.errors import NotFound, Refused
from core.models import ScopeNode
from core.scoping import may, require, scope_of, visible_to

PORTAL_ROLES = (*TENANT_ROLES, Role.HOST)
REMEMBERED = "portal_tenant"
LAST_PAGE = 500


def portal_nodes(actor: Actor, *, also_left: bool = False) -> QuerySet[ScopeNode]:
    """The nodes of the tenants a person works for: what the tenant switcher offers.

    `also_left`: those that have left their park, too.
    """
    nodes = ScopeNode.objects.filter(kind=NodeKind.TENANT)
    if not also_left:
        nodes = nodes.filter(open_on(today(), "tenant"))
    if not actor.unrestricted:
        nodes = nodes.filter(pk__in=actor.nodes_with(PORTAL_ROLES))
    return nodes.select_related("tenant", "parent").order_by("tenant__code")


def reaches(actor: Actor, node: ScopeNode, tab: Tab) -> bool:
    """Whether a person is offered a page of a tenant."""
    if node.tenant.is_closed and not tab.after_leaving:
        return False
    return not tab.model or may(actor, tab.verb, apps.get_model(tab.model), node.pk)


class TenantPage(TemplateResponseMixin, ContextMixin, View):
    """A page of one tenant. `needs` is the (verb, model) a caller must hold there; None: any role in it.

    `after_leaving`: it is there for a firm that has left its park, too.
    """

    needs: ClassVar[tuple[str, type[Model]] | None]
    section: ClassVar[str] = ""
    after_leaving: ClassVar[bool] = False
    node: ScopeNode

    @property
    def actor(self) -> Actor:
        return actor_of(self.request)

    @property
    def tenant(self) -> Any:
        """The tenant of the page; typed loosely because tenants live above the kernel."""
        return self.node.tenant

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return log_in_first(request)
        self.node = self._named_node(kwargs["tenant"])
        self._check_permission()
        if request.session.get(REMEMBERED) != self.tenant.code:
            request.session[REMEMBERED] = self.tenant.code
        return super().dispatch(request, *args, **kwargs)

    def _named_node(self, code: str) -> ScopeNode:
        """The node of the address; NotFound with the same words whether the tenant is foreign or absent."""
        nodes = portal_nodes(self.actor, also_left=self.after_leaving)
        node = nodes.filter(tenant__code=code).first()
        if node is None:
            raise NotFound
        return node

    def _check_permission(self) -> None:
        """A page that declares nothing raises where tests ask for it and refuses everywhere else."""
        if not hasattr(self, "needs"):
            if getattr(settings, "UNDECLARED_ACTIONS_RAISE", False):
                raise ImproperlyConfigured(f"{type(self).__name__} declares no permission")
            raise Refused
        if self.needs is not None:
            require(self.actor, *self.needs, self.node.pk)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        many = self.actor.unrestricted or len(self.actor.nodes_with(PORTAL_ROLES)) > 1
        areas = self._areas()
        return super().get_context_data(
            tenant=self.tenant,
            park_node=self.node.parent,
            section=self.section,
            areas=areas,
            is_behind_more=any(tab.section == self.section for area in areas for tab in area.behind_more),
            has_more_tenants=many,
            **kwargs,
        )

    def _areas(self) -> list[Area]:
        """The navigation as far as this person's role reaches."""
        areas = [
            replace(area, tabs=tuple(tab for tab in area.tabs if reaches(self.actor, self.node, tab)))
            for area in AREAS
        ]
        return [
            replace(
                area,
                tabs=tuple(replace(tab, url=self.url(f"portal-{tab.section}")) for tab in area.tabs),
                is_current=self.section in {tab.section for tab in area.tabs},
            )
            for area in areas
            if area.tabs
        ]

    def own(self, queryset: QuerySet[Any], verb: str = "view", lookup: str = "tenant_id") -> QuerySet[Any]:
        """Visible rows of this tenant only, also when the person works for several.

        Somebody who is a host here and nothing else keeps their own rows wherever they stand: an agency's host
        is booked by other tenants.
        """
        rows, scope = visible_to(queryset, self.actor, verb), scope_of(queryset.model)
        roles = {grant.role for grant in self.actor.grants if grant.node_id == self.node.pk}
        of_tenant = Q(**{lookup: self.tenant.pk})
        if roles == {Role.HOST} and scope is not None and scope.user:
            return rows.filter(of_tenant | Q(**{scope.user: self.actor.user_id}))
        return rows.filter(of_tenant)

    def named(self, queryset: QuerySet[Any], verb: str = "view", lookup: str = "tenant_id") -> Any:
        """The tenant's row of the address's uid, or NotFound: absent, foreign and another tenant's look the same."""
        row = self.own(queryset, verb, lookup).filter(uid=self.kwargs["uid"]).first()
        if row is None:
            raise NotFound
        return row

    def url(self, name: str, **kwargs: Any) -> str:
        """An address within this tenant's portal."""
        return reverse(name, kwargs={"tenant": self.tenant.code, **kwargs})

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.render_to_response(self.get_context_data())


def log_in_first(request: HttpRequest) -> HttpResponse:
    """Send a stranger to the log-in page; a part of a page that is fetched later takes the whole page there."""
    if getattr(request, "htmx", False):
        return HttpResponseClientRedirect(reverse("portal-login"))
    return redirect_to_login(request.get_full_path())


class ScopedListPage(TenantPage):
    """The tenant's visible rows of `model`, filtered by `filterset_class` and paged without counting them all."""

    model: ClassVar[type[Model]]
    filterset_class: ClassVar[type[FilterSet] | None] = None
    tenant_lookup: ClassVar[str] = "tenant_id"
    page_size: ClassVar[int] = 30

    def base_queryset(self) -> QuerySet[Any]:
        """All rows in order, with what the template reads; scoping is added by `get_context_data`."""
        return self.model._default_manager.order_by("-pk")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        queryset = self.own(self.base_queryset(), lookup=self.tenant_lookup)
        filterset = None
        if self.filterset_class is not None:
            filterset = self.filterset_class(self.request.GET, queryset=queryset, request=self.request)
            queryset = filterset.qs if filterset.is_valid() else queryset.none()
        page = self._page_number()
        first = (page - 1) * self.page_size
        rows = list(queryset[first : first + self.page_size + 1])
        return super().get_context_data(
            rows=rows[: self.page_size],
            filter=filterset,
            newer=self._page_link(page - 1) if page > 1 else "",
            older=self._page_link(page + 1) if len(rows) > self.page_size and page < LAST_PAGE else "",
            **kwargs,
        )

    def _page_number(self) -> int:
        given = self.request.GET.get("page", "1")
        return (
            min(max(int(given), 1), LAST_PAGE)
            if given.isascii() and given.isdigit() and len(given) < 6
            else 1
        )

    def _page_link(self, page: int) -> str:
        query = self.request.GET.copy()
        query["page"] = str(page)
        return f"?{query.urlencode()}"


class ScopedDetailPage(TenantPage):
    """One visible row of the tenant, named by its uid in the address."""

    model: ClassVar[type[Model]]
    tenant_lookup: ClassVar[str] = "tenant_id"

    def base_queryset(self) -> QuerySet[Any]:
        return self.model._default_manager.all()

    def get_object(self) -> Any:
        return self.named(self.base_queryset(), lookup=self.tenant_lookup)
