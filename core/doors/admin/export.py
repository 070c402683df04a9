"""Export of a list as it stands: the same rows, filters and columns, as CSV or XLSX."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import label_for_field, lookup_field
from django.core.exceptions import ObjectDoesNotExist
from django.db import models
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from unfold.admin import ModelAdmin

from core import audit, clock
from core.doors.context import actor_of
from core.doors.export import FORMATS, table_response
from core.errors import NotFound, Refused, TooLarge
from core.money import MoneyField

MOST_ROWS = 100_000
CHUNK = 2_000


class ExportMixin(ModelAdmin):
    """Adds `export/<format>/` to a model's admin."""

    export_columns: tuple[str, ...] = ()

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_export"
        view = self.admin_site.admin_view(self.export_view)
        return [path("export/<slug:kind>/", view, name=name), *super().get_urls()]

    def export_view(self, request: HttpRequest, kind: str) -> HttpResponseBase:
        if not self.has_view_permission(request):
            raise Refused
        if kind not in FORMATS:
            raise NotFound
        try:
            rows = self.get_changelist_instance(request).get_queryset(request)
        except IncorrectLookupParameters:
            return HttpResponseRedirect(
                reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")
            )
        count = rows[: MOST_ROWS + 1].count()
        if count > MOST_ROWS:
            raise TooLarge(
                _("More than %(most)d rows: narrow the list by filters first.") % {"most": MOST_ROWS}
            )
        actor = actor_of(request)
        node_id = next((grant.node_id for grant in actor.grants), None)
        audit.record(
            actor=actor,
            verb="export",
            object_type=self.opts.label,
            node_id=node_id,
            after={"rows": count, "kind": kind},
        )
        columns = self.columns_to_export(request)
        header = [label_for_field(column, self.model, self) for column in columns]
        return table_response(
            kind, f"{self.opts.model_name}-{clock.today()}", header, self._export_rows(rows, columns)
        )

    def columns_to_export(self, request: HttpRequest) -> list[Any]:
        return [*self.get_list_display(request), *self.export_columns]

    def _export_rows(self, rows: models.QuerySet[Any], columns: list[Any]) -> Iterator[list[Any]]:
        for row in rows.iterator(chunk_size=CHUNK):
            yield [self._export_value(column, row) for column in columns]

    def _export_value(self, column: Any, row: models.Model) -> Any:
        exported = getattr(
            getattr(self, column, None) if isinstance(column, str) else column, "exported", None
        )
        if exported is not None:
            return exported(row)
        name = column if isinstance(column, str) else getattr(column, "__name__", "")
        if isinstance(self._field(name), MoneyField):
            return getattr(row, name)
        try:
            field, _attribute, value = lookup_field(column, row, self)
        except ObjectDoesNotExist:
            return None
        if field is None:
            return value[1] if isinstance(value, tuple) else value
        if field.choices:
            return getattr(row, f"get_{field.name}_display")()
        return getattr(row, field.name) if field.is_relation else value

    def _field(self, name: str) -> Any:
        return next((field for field in self.opts.fields if field.name == name), None)
