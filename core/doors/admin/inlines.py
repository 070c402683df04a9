"""Rows shown below another row. They are looked at here and written through operations, never through the formset."""

from __future__ import annotations

from typing import Any

from django.db.models import Model, QuerySet
from django.http import HttpRequest
from unfold.admin import TabularInline
from unfold.forms import PaginationInlineFormSet

from core.doors.admin.display import shown_as
from core.doors.context import actor_of
from core.policy import VIEW
from core.scoping import may, visible_to


class ShownFormSet(PaginationInlineFormSet):
    """A formset that ignores what is posted to it: enlarged totals and foreign hidden ids have no effect."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        for posted in ("data", "files", "save_as_new"):
            kwargs.pop(posted, None)
        super().__init__(*args, **kwargs)

    def is_valid(self) -> bool:
        return True

    def get_page_num(self) -> int:
        page = self.request.GET.get(self.get_pagination_key(), "") if self.request is not None else ""
        return max(int(page), 1) if page.isascii() and page.isdigit() and len(page) < 8 else 1


class ShownInline(TabularInline):
    """Read-only rows of a related model within the actor's scope."""

    formset = ShownFormSet
    extra = 0
    per_page = 20
    can_delete = False
    tab = True

    def __init__(self, parent_model: type[Model], admin_site: Any) -> None:
        super().__init__(parent_model, admin_site)
        self.readonly_preprocess_fields = shown_as(self.model, {})

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        names = [field.name for field in self.opts.fields if field.is_relation and field.name in self.fields]
        # Django's own asks for the right without a row, which an inline on the page for adding does not have.
        order = self.get_ordering(request) or self.opts.ordering
        rows = self.model._default_manager.order_by(*order, "pk")
        return visible_to(rows, actor_of(request)).select_related(*names)

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        return self.fields

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return obj is not None and may(actor_of(request), VIEW, self.model)

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False
