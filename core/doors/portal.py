"""Base classes of portal pages. A page that inherits from `TenantPage` works for one tenant and cannot see others'.

    TenantPage        log-in, the tenant named by the address, the declared permission
    ScopedListPage    visible rows of that tenant, filtered and paged
    ScopedDetailPage  one of them by uid
    ServiceFormPage   a form that checks shape only, and one call of a service
    ServiceAction     a button: one POST, one call of a service
Forms inherit from `ScopedForm`; choices in them are `ScopedChoiceField`s.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

from django import forms
from django.apps import apps
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.generic.base import ContextMixin, TemplateResponseMixin, View
from django_filters import FilterSet
from django_htmx.http import HttpResponseClientRedirect

from core.actors import Actor
from core.choices import TENANT_ROLES, NodeKind, Role
from core.doors.context import actor_of
from core.errors import DomainError, NotFound, Refused
from core.models import ScopeNode
from core.scoping import may, require, scope_of, visible_to

PORTAL_ROLES = (*TENANT_ROLES, Role.HOST)
REMEMBERED = "portal_tenant"
LAST_PAGE = 500


@dataclass(frozen=True)
class Tab:
    """A page of the portal's navigation; `model` is the one a caller must be able to view to be offered it."""

    section: str
    icon: str
    name: Any
    model: str = ""
    shown_on: str = ""
    what: Any = ""
    url: str = ""


# A phone's tab bar has room for five; the rest stands behind "more" there and in the bar of a desk.
TABS = (
    Tab("today", "house", _("Today")),
    Tab("bookings", "calendar3", _("Rooms"), "livestreams.Booking"),
    Tab("sessions", "broadcast", _("Sessions"), "livestreams.LiveSession"),
    Tab("orders", "receipt", _("Orders"), "supplychain.SalesEvent"),
    Tab(
        "goods",
        "bag",
        _("Goods"),
        "supplychain.Product",
        "desk-only",
        _("Products and SKUs, prices and costs"),
    ),
    Tab(
        "imports",
        "upload",
        _("Import"),
        "supplychain.ImportBatch",
        "desk-only",
        _("Order files of platforms and shops"),
    ),
    Tab(
        "unresolved",
        "question-circle",
        _("Unresolved"),
        "core.Unresolved",
        "desk-only",
        _("What could not be placed yet"),
    ),
    Tab(
        "keys",
        "key",
        _("Tool keys"),
        "core.ToolKey",
        "desk-only",
        _("For tools that send orders and sessions"),
    ),
    Tab(
        "members",
        "people",
        _("Members"),
        "core.Membership",
        "desk-only",
        _("Who works for the firm, in which role"),
    ),
    Tab(
        "firm",
        "building-gear",
        _("Firm"),
        "tenants.Company",
        "desk-only",
        _("Name, what the hall shows, what the park sees"),
    ),
    Tab("more", "three-dots", _("More"), shown_on="phone-only"),
)


def portal_nodes(actor: Actor) -> QuerySet[ScopeNode]:
    """The nodes of the tenants a person works for: what the tenant switcher offers."""
    nodes = ScopeNode.objects.filter(kind=NodeKind.TENANT, tenant__closed_on__isnull=True)
    if not actor.unrestricted:
        nodes = nodes.filter(pk__in=actor.nodes_with(PORTAL_ROLES))
    return nodes.select_related("tenant", "parent").order_by("tenant__code")


class TenantPage(TemplateResponseMixin, ContextMixin, View):
    """A page of one tenant. `needs` is the (verb, model) a caller must hold there; None: any role in it."""

    needs: ClassVar[tuple[str, type[Model]] | None]
    section: ClassVar[str] = ""
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
        node = portal_nodes(self.actor).filter(tenant__code=code).first()
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
        return super().get_context_data(
            tenant=self.tenant,
            park_node=self.node.parent,
            section=self.section,
            tabs=self._tabs(),
            has_more_tenants=many,
            **kwargs,
        )

    def _tabs(self) -> list[Tab]:
        """The navigation as far as this person's role reaches."""
        return [
            replace(tab, url=self.url(f"portal-{tab.section}"))
            for tab in TABS
            if not tab.model or may(self.actor, "view", apps.get_model(tab.model), self.node.pk)
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


class ScopedForm(forms.Form):
    """A form that checks shape only. It knows for whom it is shown, so that its choices can be scoped."""

    def __init__(self, *args: Any, actor: Actor, tenant: Any, **kwargs: Any) -> None:
        self.actor, self.tenant = actor, tenant
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            if isinstance(field, ScopedChoiceField):
                field.queryset = self.narrow(
                    visible_to(field.model._default_manager.all(), actor, field.verb)
                )

    def narrow(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Visible rows that make sense for this tenant; override where a person may work for several."""
        return queryset

    def show(self, error: DomainError) -> None:
        """Put what a service refused beside the field it names, with every row it names."""
        field = error.field if error.field in self.fields else None
        self.add_error(field, ValidationError(str(error.detail), code=error.code))
        for row in error.rows[:50]:
            place = gettext("Row %(row)d, %(field)s: %(message)s") % {
                "row": row.row,
                "field": row.field,
                "message": row.message,
            }
            self.add_error(None, ValidationError(place, code=row.code))


class ScopedChoiceField(forms.ModelChoiceField):
    """A choice among visible rows. A foreign value is refused with the words for an absent one."""

    def __init__(
        self, model: type[Model], *, verb: str = "view", to_field: str = "uid", **kwargs: Any
    ) -> None:
        self.model, self.verb = model, verb
        super().__init__(queryset=model._default_manager.none(), to_field_name=to_field, **kwargs)

    def to_python(self, value: Any) -> Any:
        if value in self.empty_values:
            return None
        try:
            if not str(value).isprintable():
                raise ValueError(value)
            return super().to_python(value)
        except (ValidationError, ValueError, TypeError) as error:
            raise ValidationError(self.error_messages["invalid_choice"], code="invalid_choice") from error


class ServiceFormPage(TenantPage):
    """Shows a form and, when its shape is right, calls one service. What the service refuses appears in the form."""

    form_class: ClassVar[type[ScopedForm]]

    def get_form(self, data: Any = None, files: Any = None) -> ScopedForm:
        initial = None if data is not None else self.get_initial()
        return self.form_class(data, files, actor=self.actor, tenant=self.tenant, initial=initial)

    def get_initial(self) -> dict[str, Any]:
        return {}

    def carry_out(self, form: Any) -> HttpResponse:
        """Call the service with the form's clean values and say where to go next."""
        raise NotImplementedError

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=self.get_form()))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = self.get_form(request.POST, request.FILES)
        refused: DomainError | None = None
        if form.is_valid():
            try:
                return self.carry_out(form)
            except DomainError as error:
                form.show(error)
                refused = error
        response = self.render_to_response(self.get_context_data(form=form, refused=refused))
        response.status_code = refused.status if refused else 400
        return response


class ServiceAction(TenantPage):
    """A button: POST calls one service, then back to the page it stood on. What is refused is shown there."""

    http_method_names = ["post", "options"]
    done: ClassVar[Any] = ""

    def carry_out(self) -> None:
        raise NotImplementedError

    def back_to(self) -> str:
        """Where the button stands, unless the form names another page of this site."""
        raise NotImplementedError

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            self.carry_out()
        except NotFound:
            raise
        except DomainError as error:
            messages.error(request, str(error.detail))
        else:
            if self.done:
                messages.success(request, self.done)
        named = request.POST.get("back", "")
        safe = url_has_allowed_host_and_scheme(
            named, allowed_hosts={request.get_host()}, require_https=request.is_secure()
        )
        return redirect(named if safe else self.back_to())
