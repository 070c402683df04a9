"""Operations: what can be done with a row besides editing it. Each is a button, a page that asks, and one service call.

    Operation("end", _("End the lease"), services.lease_end, row="lease", form=EndForm, icon="event_busy")

calls `lease_end(actor=..., lease=row, **form.values())`. With `bulk` it is also offered for the selected rows
of the list. `when` says for which rows it makes sense; the service decides in the end. A button on another page
names that page as `back`, and comes back to it; otherwise the row is shown, or the one of its kind that was made of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from unfold.admin import ModelAdmin

from core.doors.admin.display import Text
from core.doors.admin.forms import OperationForm, show_refusal
from core.doors.context import actor_of, page_named
from core.errors import DomainError, NotFound, Refused
from core.policy import CHANGE, VIEW
from core.portions import in_turn
from core.records import conflict_of, invalid
from core.scoping import get_visible, may

MOST_AT_ONCE = 200
# Of the rows that were refused, so many say why.
MOST_TOLD = 10


def _always(_row: Any) -> bool:
    return True


@dataclass(frozen=True)
class Operation:
    """A named service call on one row. `row` is the service's keyword for it, `verb` what the actor must hold:
    on the row, or, where the call makes rows of another model, on that model (`makes`). `told` makes of the service's
    result what is said this once. `question` is what the page asks; where it needs the row, it is made of it.
    """

    name: str
    title: Text
    service: Callable[..., Any]
    row: str = "row"
    form: type[OperationForm] = OperationForm
    icon: str = "play_arrow"
    question: Text | Callable[[Any], str] = ""
    done: Text = ""
    verb: str = CHANGE
    makes: type[Model] | None = None
    bulk: bool = False
    danger: bool = False
    when: Callable[[Any], bool] = _always
    told: Callable[[Any], str] | None = None

    def asks(self, row: Model) -> str:
        """What the page asks before it carries the operation out on a row."""
        return self.question(row) if callable(self.question) else str(self.question)

    def run(self, actor: Any, row: Model, **values: Any) -> Any:
        """Carry it out on the row as it is now. Raises DomainError, also for what the database refused."""
        current = get_visible(type(row), actor, VIEW if self.makes else self.verb, pk=row.pk)
        try:
            return self.service(actor=actor, **{self.row: current}, **values)
        except IntegrityError as error:
            raise conflict_of(error) from error
        except ValidationError as error:
            raise invalid(error) from error


class OperationMixin(ModelAdmin):
    """Adds `<id>/do/<name>/` and, for bulk operations, list actions."""

    operations: tuple[Operation, ...] = ()
    actions: Any = ()

    def __init__(self, model: type[Model], admin_site: Any) -> None:
        super().__init__(model, admin_site)
        self.actions = [*self.actions, *(_list_action(item) for item in self.operations if item.bulk)]

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_operation"
        view = self.admin_site.admin_view(self.operation_view)
        return [path("<path:object_id>/do/<slug:name>/", view, name=name), *super().get_urls()]

    def has_operate_permission(self, request: HttpRequest) -> bool:
        """Whether the actor may change rows of this kind by operations; each row is checked when it is touched."""
        return may(actor_of(request), CHANGE, self.model)

    def operations_on(self, request: HttpRequest, row: Model) -> list[dict[str, Any]]:
        """The buttons of a row: operations that make sense for it and that the actor may carry out."""
        return [
            {
                "title": item.title,
                "icon": item.icon,
                "danger": item.danger,
                "url": reverse(
                    f"admin:{self.opts.app_label}_{self.opts.model_name}_operation", args=(row.pk, item.name)
                ),
            }
            for item in self.operations
            if item.when(row) and self.may_run(request, item, row)
        ]

    def operation_view(self, request: HttpRequest, object_id: str, name: str) -> HttpResponse:
        operation = next((item for item in self.operations if item.name == name), None)
        if operation is None:
            raise NotFound
        if not self.may_run(request, operation):
            raise Refused
        row = self.get_object(request, unquote(object_id))
        if row is None:
            raise NotFound
        if not self.may_run(request, operation, row):
            raise Refused
        actor = actor_of(request)
        form = operation.form(request.POST if request.method == "POST" else None, row=row, actor=actor)
        if form.is_bound and form.is_valid():
            try:
                made = operation.run(actor, row, **form.values())
            except DomainError as error:
                show_refusal(form, error)
            else:
                done = operation.done or _("Done: %(title)s.") % {"title": operation.title}
                self.message_user(request, str(done), messages.SUCCESS)
                if operation.told is not None:
                    self.message_user(request, operation.told(made), messages.WARNING)
                shown = made if isinstance(made, type(row)) else row
                return HttpResponseRedirect(page_named(request) or self._after(shown))
        context = {
            **self.admin_site.each_context(request),
            "title": operation.title,
            "operation": operation,
            "question": operation.asks(row),
            "form": form,
            "original": row,
            "back": page_named(request),
            "opts": self.opts,
            "media": self.media + form.media,
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/operation.html", context)

    def may_run(self, request: HttpRequest, operation: Operation, row: Model | None = None) -> bool:
        """Whether the actor may carry it out on a row, or on any."""
        if operation.makes is None:
            return self.holds(request, operation.verb, row)
        return self.holds(request, VIEW, row) and may(actor_of(request), operation.verb, operation.makes)

    def holds(self, request: HttpRequest, verb: str, row: Any = None) -> bool:
        raise NotImplementedError

    def _after(self, row: Model) -> str:
        """Where the row is shown; the list once it is gone."""
        if not type(row)._default_manager.filter(pk=row.pk).exists():
            return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=(row.pk,))


def _in_portions(queryset: QuerySet[Any], keys: list[Any]) -> Iterator[Any]:
    """The row of each key, read a portion at a time; None for one that is gone since."""
    for portion in in_turn(keys, MOST_AT_ONCE):
        yield from map(queryset.in_bulk(portion).get, portion)


def _list_action(operation: Operation) -> Callable[..., None]:
    """A list action that carries the operation out row by row, as many as one request may take, and says what was
    done, refused and left. Rows for which it makes no sense are passed by, so that the same selection goes on with
    what was left.
    """

    def action(model_admin: OperationMixin, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        actor, done, passed = actor_of(request), 0, 0
        refused: list[str] = []
        keys = list(queryset.values_list("pk", flat=True))
        left = len(keys)
        for row in _in_portions(queryset, keys):
            if done + len(refused) == MOST_AT_ONCE:
                break
            left -= 1
            if row is None or not operation.when(row):
                passed += 1
                continue
            try:
                operation.run(actor, row)
                done += 1
            except DomainError as error:
                refused.append(f"{row}: {error}")
        for text in refused[:MOST_TOLD]:
            model_admin.message_user(request, text, messages.ERROR)
        more_refused = len(refused[MOST_TOLD:])
        for number, level, text in _told(done, more_refused, passed, left):
            if number:
                values = {"title": operation.title, "n": number, "most": MOST_AT_ONCE}
                model_admin.message_user(request, text % values, level)

    action.__name__ = operation.name
    action.short_description = operation.title  # type: ignore[attr-defined]
    action.allowed_permissions = ("operate",)  # type: ignore[attr-defined]
    return action


def _told(done: int, refused: int, passed: int, left: int) -> tuple[tuple[int, int, str], ...]:
    """Of each kind how many rows there were, and in which words and how loud that is said."""
    return (
        (done, messages.SUCCESS, ngettext("%(title)s: %(n)d entry.", "%(title)s: %(n)d entries.", done)),
        (
            refused,
            messages.ERROR,
            ngettext("%(n)d more was refused.", "%(n)d more were refused.", refused),
        ),
        (
            passed,
            messages.WARNING,
            ngettext(
                "%(title)s does not apply to %(n)d entry: it was passed by.",
                "%(title)s does not apply to %(n)d entries: they were passed by.",
                passed,
            ),
        ),
        (
            left,
            messages.WARNING,
            ngettext(
                "%(n)d entry is left, for at most %(most)d are done at once: do it again for the rest.",
                "%(n)d entries are left, for at most %(most)d are done at once: do it again for the rest.",
                left,
            ),
        ),
    )
