"""The admin site: who may enter, what stands in the menu, and the pages that belong to no model.

Compared with the stock site it takes in scoped admins only, has no log-in page of its own (the portal's serves
everybody), no jump to objects by content type, and an autocomplete for relations of models one may look at.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.admin import site as admin_site
from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.contrib.auth.views import PasswordChangeView, redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, URLPattern, URLResolver, reverse
from django.utils.translation import gettext as _
from unfold.dataclasses import SearchResult
from unfold.sites import UnfoldAdminSite

from core.choices import ANALYST_ROLES, PARK_ROLES
from core.clock import today
from core.days import open_on
from core.doors.admin.forms import OwnPasswordForm
from core.doors.admin.options import ScopedModelAdmin
from core.doors.context import actor_of
from core.errors import Refused
from core.models import ClosableMixin
from core.policy import VIEW
from core.scoping import may

NOT_OFFERED = frozenset({"view_on_site"})
SEARCH_RESULTS = 20


class ScopedAutocompleteView(AutocompleteJsonView):
    """Offers what the related model's admin shows to this actor, closed records left out.

    What has a code is offered with it: rooms of several parks bear one name, and firms too. What its admin can say more
    of, by `offered_as`, is offered with that.
    """

    def serialize_result(self, obj: Any, to_field_name: str) -> dict[str, str]:
        result: dict[str, str] = super().serialize_result(obj, to_field_name)
        if offered_as := getattr(self.model_admin, "offered_as", None):
            return {**result, "text": offered_as(obj)}
        code = getattr(obj, "code", "")
        return {**result, "text": f"{result['text']} · {code}"} if code not in result["text"] else result

    def process_request(self, request: HttpRequest) -> Any:
        term, model_admin, source_field, to_field_name = super().process_request(request)
        source_admin = admin_site._registry.get(source_field.model)
        if source_admin is None or not source_admin.has_view_permission(request):
            raise PermissionDenied
        return term, model_admin, source_field, to_field_name

    def get_queryset(self) -> QuerySet[Any]:
        queryset = super().get_queryset()
        closable = issubclass(queryset.model, ClosableMixin)
        return queryset.filter(open_on(today())) if closable else queryset


class LiveparkAdminSite(UnfoldAdminSite):
    """The operator's site: open to park roles, analysts and superusers. Tenants have the portal."""

    def has_permission(self, request: HttpRequest) -> bool:
        actor = actor_of(request)
        return actor.unrestricted or actor.has_role(*PARK_ROLES, *ANALYST_ROLES)

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Take in scoped admins only: what other packages register knows nothing of the scope."""
        if admin_class is not None and issubclass(admin_class, ScopedModelAdmin):
            super().register(model_or_iterable, admin_class, **options)

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """The models of one app. Of all together no page shows a list: the menu is settings.ADMIN_MENU."""
        return super().get_app_list(request, app_label) if app_label else []

    def get_urls(self) -> list[URLPattern | URLResolver]:
        return [url for url in super().get_urls() if getattr(url, "name", None) not in NOT_OFFERED]

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Send to the common log-in page; whoever is logged in and gets here may not enter."""
        if request.user.is_authenticated and not self.has_permission(request):
            raise Refused(_("This part of the site is for the people who run a park."))
        target = request.GET.get("next") or reverse("admin:index", current_app=self.name)
        return redirect_to_login(target, settings.LOGIN_URL)

    def password_change(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        """One's own password, set by the service that also writes the audit."""
        request.current_app = self.name
        return PasswordChangeView.as_view(
            form_class=OwnPasswordForm,
            template_name="registration/password_change_form.html",
            success_url=reverse("admin:password_change_done", current_app=self.name),
            extra_context={**self.each_context(request), **(extra_context or {})},
        )(request)

    def autocomplete_view(self, request: HttpRequest) -> HttpResponseBase:
        return ScopedAutocompleteView.as_view(admin_site=self)(request)

    def search(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Menu entries whose title holds the words."""
        words = request.GET.get("s", "").strip().lower()
        results = [
            SearchResult(title=item["title"], description=group["title"], link=item["link"], icon="tag")
            for group in (navigation(request) if words else [])
            for item in group["items"]
            if words in item["title"].lower()
        ]
        return TemplateResponse(
            request,
            "unfold/helpers/search_results.html",
            {"results": results[:SEARCH_RESULTS]},
            headers={"HX-Trigger": "search"},
        )


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """The menu of settings.ADMIN_MENU with what this actor may look at: groups of (icon, model label or page)."""
    groups: list[dict[str, Any]] = []
    for title, entries in settings.ADMIN_MENU:
        items = [item for icon, target in entries if (item := _menu_item(request, icon, target))]
        if items:
            groups.append({"title": str(title), "separator": bool(groups), "items": items})
    return groups


def _menu_item(request: HttpRequest, icon: str, target: Any) -> dict[str, Any] | None:
    if isinstance(target, tuple):
        name, title, *models = target
        if not all(_holds(request, *model.split()) for model in models):
            return None
        try:
            return {"title": str(title), "icon": icon, "link": _address(name)}
        except NoReverseMatch:
            return None
    model = apps.get_model(target)
    model_admin = admin_site._registry.get(model)
    if model_admin is None or not model_admin.has_view_permission(request):
        return None
    link = _address(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    return {"title": _capital(str(model._meta.verbose_name_plural)), "icon": icon, "link": link}


@cache
def _address(name: str) -> str:
    """Where a page stands. Every page of the admin asks for the whole menu, and the addresses stay."""
    return reverse(name)


def _holds(request: HttpRequest, model: str, verb: str = VIEW) -> bool:
    return may(actor_of(request), verb, apps.get_model(model))


def _capital(title: str) -> str:
    return title[:1].upper() + title[1:]
