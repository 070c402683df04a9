"""The history page of a row, read from the audit."""

from __future__ import annotations

from typing import Any

from django.contrib.admin.utils import unquote
from django.core.paginator import Paginator
from django.db.models import Model
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from unfold.admin import ModelAdmin

from core.doors.context import actor_of
from core.errors import NotFound, Refused
from core.models import AuditEntry
from core.policy import VIEW
from core.scoping import may, visible_to

PER_PAGE = 50


class HistoryMixin(ModelAdmin):
    """Shows audit entries in place of Django's log, which stays empty: the services wrote what happened."""

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        actor = actor_of(request)
        if not (may(actor, VIEW, self.model) and may(actor, VIEW, AuditEntry)):
            raise Refused
        row = self.get_object(request, unquote(object_id))
        if row is None:
            raise NotFound
        entries = AuditEntry.objects.filter(object_type=self.opts.label, object_id=row.pk).order_by("-pk")
        page = Paginator(visible_to(entries, actor), PER_PAGE).get_page(request.GET.get("p"))
        context = {
            **self.admin_site.each_context(request),
            "title": _("History"),
            "object": row,
            "opts": self.opts,
            "page": page,
            "preserved_filters": self.get_preserved_filters(request),
            **(extra_context or {}),
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/object_history.html", context)

    def log_addition(self, request: HttpRequest, obj: Model, message: Any) -> None:
        """The service has written the audit."""

    def log_change(self, request: HttpRequest, obj: Model, message: Any) -> None:
        """The service has written the audit."""

    def log_deletions(self, request: HttpRequest, queryset: Any) -> None:
        """Nothing is deleted here."""

    def construct_change_message(
        self, request: HttpRequest, form: Any, formsets: Any, add: bool = False
    ) -> str:
        return ""


def has_history(request: HttpRequest) -> bool:
    """Whether the actor may read the audit at all: settings name it for the skin's History button."""
    return may(actor_of(request), VIEW, AuditEntry)
