"""ScopedModelAdmin: one model in the admin, within the actor's scope and rights.

- Rows: lists, objects, related choices, filters, inlines, autocomplete, history and export hold visible rows only;
  an absent and a foreign id get the same answer.
- Rights: from core.policy through core.scoping. A door offers "add" and "change" only where `writes` names them,
  and behind each stands a service (`create`, `update`). Nothing is ever deleted: records are closed.
- Writes: values go to the service, its refusal comes back as an error of the form, also the database's.
- Lookups: only the parameters of declared filters; ordering by shown columns only.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from django.contrib import messages
from django.contrib.admin import ShowFacets
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import get_fields_from_path
from django.contrib.admin.views.main import ERROR_FLAG, SEARCH_VAR
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db import IntegrityError, models
from django.db.models.constants import LOOKUP_SEP
from django.forms import Media
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.functional import cached_property
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from unfold.admin import ModelAdmin
from unfold.views import ChangeList

from core.actors import Actor
from core.doors.admin.display import Words, is_count, listed, money, related, shown_as, whole
from core.doors.admin.export import ExportMixin
from core.doors.admin.filters import parameters_of, with_classes
from core.doors.admin.forms import (
    KeyedChoiceField,
    KeyedSelect,
    ServiceForm,
    as_key,
    strict_formfield,
    words_of_select2,
)
from core.doors.admin.history import HistoryMixin
from core.doors.admin.operations import OperationMixin
from core.doors.context import actor_of
from core.errors import DomainError, NotFound
from core.locking import retried
from core.money import MoneyField
from core.policy import ADD, CHANGE, VIEW
from core.records import conflict_of, invalid, node_of
from core.scoping import get_visible, hidden_columns, may, visible_to

# Longer than any key or page number: databases refuse such integers in different ways.
NO_KEY = re.compile(r"-?\d{19,}")
COUNT_UP_TO = 10_000
# SQLite reads no pattern of many thousand characters, nor a condition of a thousand words.
LONGEST_SEARCH = 200


class CappedPaginator(Paginator):
    """Counts no further than a person pages: a list of a large table costs the same every day."""

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        return int(rows.order_by()[: COUNT_UP_TO + 1].count())


class ScopedChangeList(ChangeList):
    """Knows one number of rows: how many are shown. How many there are behind a filter is not told."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.full_result_count = self.result_count


class ScopedModelAdmin(ExportMixin, HistoryMixin, OperationMixin, ModelAdmin):
    """See the module. Subclasses set what is shown; `writes` with `create` and `update` where they write."""

    writes: ClassVar[frozenset[str]] = frozenset()
    list_display: Any = ("__str__",)
    list_filter: Any = ()
    form = ServiceForm
    add_form: type[ServiceForm] | None = None
    fixed_fields: tuple[str, ...] = ()
    # The words for codes of columns that may hold others, too, and so have no choices: by column, by code.
    words: ClassVar[Mapping[str, Words]] = {}
    paginator = CappedPaginator
    list_per_page = 50
    list_max_show_all = 0
    list_filter_submit = True
    show_full_result_count = False
    show_facets = ShowFacets.NEVER
    view_on_site = False
    save_as = False
    compressed_fields = True
    warn_unsaved_form = True

    def __init__(self, model: type[models.Model], admin_site: Any) -> None:
        super().__init__(model, admin_site)
        self.list_display = [_column(model, item, self.words) for item in self.list_display]
        self.list_filter = with_classes(model, self.list_filter)
        self.readonly_preprocess_fields = shown_as(model, self.words)

    @property
    def media(self) -> Media:
        return super().media + words_of_select2()

    # --- rows ------------------------------------------------------------------------------------

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        rows = visible_to(super().get_queryset(request), actor_of(request), VIEW)
        return rows if rows.ordered else rows.order_by("-pk")

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        try:
            return super().get_object(request, object_id, from_field or None)
        except (TypeError, OverflowError):
            return None

    def get_list_select_related(self, request: HttpRequest) -> Any:
        related = [
            field.name for field in self.opts.fields if field.is_relation and field.name in self.list_display
        ]
        declared = self.list_select_related
        return [*related, *(declared if isinstance(declared, list | tuple) else ())] or False

    def get_field_queryset(self, db: Any, db_field: Any, request: HttpRequest) -> models.QuerySet[Any]:
        queryset = super().get_field_queryset(db, db_field, request)
        if queryset is None:
            queryset = db_field.remote_field.model._default_manager.all()
        return visible_to(queryset, actor_of(request))

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs.setdefault("widget", KeyedSelect(db_field, self.admin_site))
        kwargs.setdefault("form_class", KeyedChoiceField)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_choice_field(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Nothing is chosen before somebody has chosen, unless the model says so."""
        blank = db_field.blank or not db_field.has_default()
        kwargs.setdefault("choices", db_field.get_choices(include_blank=blank, blank_choice=[("", "")]))
        return super().formfield_for_choice_field(db_field, request, **kwargs)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        formfield = super().formfield_for_dbfield(
            db_field, request, **{**strict_formfield(db_field), **kwargs}
        )
        if formfield is not None and db_field.is_relation:
            # The icons beside a choice would open forms of other records inside this one.
            formfield.widget = getattr(formfield.widget, "widget", formfield.widget)
        if formfield is not None and (words := self.words.get(db_field.name)):
            known = ", ".join(f"{code} {word}" for code, word in words.items())
            formfield.help_text = f"{formfield.help_text} {known}".strip()
        return formfield

    def _get_obj_does_not_exist_redirect(self, request: HttpRequest, opts: Any, object_id: str) -> Any:
        raise NotFound

    # --- rights ----------------------------------------------------------------------------------

    def holds(self, request: HttpRequest, verb: str, row: Any = None) -> bool:
        """Whether the actor holds a verb on a row (an object or its key), or anywhere without one."""
        actor = actor_of(request)
        if row is None or not may(actor, verb, self.model):
            return may(actor, verb, self.model)
        key = row.pk if isinstance(row, models.Model) else row
        known: dict[Any, bool] = request.__dict__.setdefault("_rights_held", {})
        question = (verb, self.opts.label, str(key))
        if question not in known:
            try:
                rows = self.model._default_manager.filter(pk=key)
                known[question] = visible_to(rows, actor, verb).exists()
            except (ValueError, TypeError, ValidationError):
                known[question] = False
        return known[question]

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.holds(request, VIEW)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.holds(request, VIEW, obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return ADD in self.writes and self.holds(request, ADD)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return CHANGE in self.writes and self.holds(request, CHANGE, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    # --- lookups ---------------------------------------------------------------------------------

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        return any(lookup in parameters_of(self.model, item) for item in self.get_list_filter(request))

    def to_field_allowed(self, request: HttpRequest, to_field: str) -> bool:
        return to_field in (self.opts.pk.name, self.opts.pk.attname)

    def get_search_results(
        self, request: HttpRequest, queryset: models.QuerySet[Any], search_term: str
    ) -> tuple[models.QuerySet[Any], bool]:
        if "\0" in search_term or len(search_term) > LONGEST_SEARCH:
            return queryset.none(), False
        return super().get_search_results(request, queryset, search_term)

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        for name, values in request.GET.lists():
            if any("\0" in value or (name != SEARCH_VAR and NO_KEY.fullmatch(value)) for value in values):
                raise IncorrectLookupParameters
        if len(request.GET.get(SEARCH_VAR, "")) > LONGEST_SEARCH:
            messages.warning(
                request,
                _("More than %(most)d characters are not searched for.") % {"most": LONGEST_SEARCH},
            )
        return super().get_changelist_instance(request)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return ScopedChangeList

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if ERROR_FLAG in request.GET and len(request.GET) > 1:
            return HttpResponseRedirect(request.path)
        if ACTION_CHECKBOX_NAME in request.POST:
            self._drop_malformed_selection(request)
        title = capfirst(str(self.opts.verbose_name_plural))
        return super().changelist_view(request, {"title": title, **(extra_context or {})})

    def _drop_malformed_selection(self, request: HttpRequest) -> None:
        """Leave out selected keys that are none; foreign and absent ones find no row."""
        posted = request.POST.copy()
        selected = posted.getlist(ACTION_CHECKBOX_NAME)
        posted.setlist(ACTION_CHECKBOX_NAME, [key for key in selected if as_key(self.model, key) is not None])
        request.POST = posted  # type: ignore[assignment]

    # --- writes ----------------------------------------------------------------------------------

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        declared = super().get_readonly_fields(request, obj)
        return [*declared, *self.fixed_fields] if obj is not None else declared

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """What an address may fill in: related rows by their keys, which the form then looks up in the scope."""
        related = {field.name: field.related_model for field in self.opts.fields if field.is_relation}
        return {
            name: value
            for name, value in request.GET.items()
            if name in related and as_key(related[name], value) is not None
        }

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """What is shown of a row, without the columns that are private to whom it belongs to."""
        node_id = node_of(obj) if obj is not None else None
        hidden = hidden_columns(actor_of(request), self.model, node_id)
        shown = super().get_fieldsets(request, obj)
        return [
            (title, {**options, "fields": _without(options["fields"], hidden)}) for title, options in shown
        ]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        if obj is None and self.add_form is not None:
            kwargs.setdefault("form", self.add_form)
        form = super().get_form(request, obj, change=change, **kwargs)
        form.actor = actor_of(request)
        form.refusal = getattr(request, "_refusal", None)
        return form

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """Run the form; when the service refuses, roll back and show the form again with the reason."""
        view = retried(super().changeform_view)
        if request.method != "POST":
            return view(request, object_id, form_url, extra_context)
        try:
            return view(request, object_id, form_url, extra_context)
        except NotFound:
            raise
        except DomainError as error:
            refusal = error
        except IntegrityError as error:
            refusal = conflict_of(error)
        except ValidationError as error:
            refusal = invalid(error)
        request._refusal = refusal  # type: ignore[attr-defined]
        return view(request, object_id, form_url, extra_context)

    def save_model(self, request: HttpRequest, obj: Any, form: ServiceForm, change: Any) -> None:
        """Hand the values to the service; `obj`, which the form has filled, is only read again afterwards."""
        actor = actor_of(request)
        if not change:
            row = self.create(actor, form.values())
            self.announce(request, row)
            obj.pk = row.pk
        elif values := form.changed_values():
            self.update(actor, get_visible(self.model, actor, CHANGE, pk=obj.pk), values)
        obj.refresh_from_db()

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Relations are values of the service; inlines are shown, not written."""

    def create(self, actor: Actor, values: dict[str, Any]) -> models.Model:
        """Add a row by its service."""
        raise NotImplementedError(f"{type(self).__name__} names no service that adds")

    def update(self, actor: Actor, row: Any, values: dict[str, Any]) -> None:
        """Change a row by its service."""
        raise NotImplementedError(f"{type(self).__name__} names no service that changes")

    def announce(self, request: HttpRequest, row: Any) -> None:
        """Say what is known only now about a row that was just made."""

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], **kwargs: Any
    ) -> HttpResponse:
        row = kwargs.get("obj")
        context["operations"] = self.operations_on(request, row) if row is not None else []
        return super().render_change_form(request, context, **kwargs)


def _without(fields: Any, hidden: frozenset[str]) -> list[Any]:
    """Field names, some of them in one line, without the hidden ones."""
    lines = (
        [name for name in item if name not in hidden] if isinstance(item, list | tuple) else item
        for item in fields
    )
    return [line for line in lines if line and not (isinstance(line, str) and line in hidden)]


def _column(model: type[models.Model], item: Any, words: Mapping[str, Words]) -> Any:
    """A list column as people read it: amounts, counts, lists of words, and fields of related rows by their names."""
    if not isinstance(item, str):
        return item
    if LOOKUP_SEP in item.strip("_"):
        return related(item, get_fields_from_path(model, item)[-1].verbose_name)
    field = next((field for field in model._meta.fields if field.name == item), None)
    if isinstance(field, MoneyField):
        return money(item, field.verbose_name)
    if isinstance(field, models.JSONField) and field.default is list:
        return listed(item, field.verbose_name, words.get(item))
    if field is not None and is_count(field):
        return whole(item, field.verbose_name)
    return item
