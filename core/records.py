"""Plain records: rows that need no rule beyond their model's own. One family of services writes all of them.

What has rules of its own (a booking, a lease, a stock move) has its own service and never comes here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import Any, TypeVar

from django.apps import apps
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext as _

from core import audit, clock
from core.actors import Actor
from core.dbrules import AppendOnly, Guard, rules_of
from core.errors import Conflict, InvalidInput, Refused
from core.locking import lock_row, retried
from core.models import ClosableMixin
from core.policy import ADD, CHANGE
from core.scoping import get_visible, require, scope_of, visible_to

M = TypeVar("M", bound=models.Model)


@retried
def record_create(*, actor: Actor, model: type[M], **values: Any) -> M:
    """Add a record. Refused when it would hang on a node where the actor may not add one."""
    require(actor, ADD, model)
    row = model(**values)
    with transaction.atomic():
        _save(actor, row, ADD, values)
        audit.record(
            actor=actor,
            verb=f"{model._meta.model_name}.create",
            obj=row,
            node_id=node_of(row),
            after=audit.snapshot(row, _columns(row, values)),
        )
    return row


@retried
def record_update(*, actor: Actor, row: M, **values: Any) -> M:
    """Change some values of a record. It must be the actor's to change before and after."""
    with transaction.atomic():
        get_visible(type(row), actor, CHANGE, pk=row.pk)
        held = lock_row(type(row), row.pk)
        columns = _columns(held, values)
        before = audit.snapshot(held, columns)
        for name, value in values.items():
            setattr(held, name, value)
        _save(actor, held, CHANGE, values)
        audit.record(
            actor=actor,
            verb=f"{held._meta.model_name}.update",
            obj=held,
            node_id=node_of(held),
            before=before,
            after=audit.snapshot(held, columns),
        )
    return held


def record_close(*, actor: Actor, row: M, closed_on: date | None = None) -> M:
    """Close a record from a day on (today without one): it is kept and no longer offered."""
    if not isinstance(row, ClosableMixin):
        raise TypeError(f"{type(row).__name__} is not closable")
    return record_update(actor=actor, row=row, closed_on=closed_on or clock.today())


def record_reopen(*, actor: Actor, row: M) -> M:
    """Take back the closing of a record."""
    return record_update(actor=actor, row=row, closed_on=None)


def node_of(row: models.Model) -> int | None:
    """The scope node of a row: what its first scope lookup leads to."""
    scope = scope_of(type(row))
    if scope is None or not scope.nodes or scope.many:
        return None
    value: Any = row
    for part in scope.nodes[0].split("__"):
        value = getattr(value, part)
    return int(value)


def _columns(row: models.Model, values: Mapping[str, Any]) -> list[str]:
    """The names under which values are audited: a relation by its id."""
    return [row._meta.get_field(name).attname for name in values]  # type: ignore[union-attr]


def _save(actor: Actor, row: models.Model, verb: str, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        if isinstance(value, models.Model) and not visible_to(_same(value), actor).exists():
            raise InvalidInput(_("There is no such object."), code="not_found", field=name)
    try:
        row.full_clean()
        with transaction.atomic():
            row.save()
    except ValidationError as error:
        raise invalid(error) from error
    except IntegrityError as error:
        raise conflict_of(error) from error
    if not visible_to(_same(row), actor, verb).exists():
        raise Refused(_("You may not do this here."))


def _same(row: models.Model) -> models.QuerySet[Any]:
    return type(row)._default_manager.filter(pk=row.pk)


def save_clean(row: models.Model, *, exclude: Collection[str] = ()) -> None:
    """Store a row that its model has nothing against; InvalidInput with what it has against it."""
    try:
        row.full_clean(exclude=exclude)
    except ValidationError as error:
        raise invalid(error) from error
    row.save()


def invalid(error: ValidationError) -> InvalidInput:
    """A model's own complaint as a domain error: the field of the first message, and all sentences."""
    fields = error.message_dict if hasattr(error, "error_dict") else {NON_FIELD_ERRORS: error.messages}
    first = next(iter(fields))
    text = " ".join(message for messages in fields.values() for message in messages)
    return InvalidInput(text, field="" if first == NON_FIELD_ERRORS else first)


def conflict_of(error: IntegrityError) -> Conflict:
    """What a rule of the database refused, in words. The last word is the database's, whoever wrote."""
    text = str(error)
    for name, message in _rule_messages():
        if name in text:
            return Conflict(message, code="database_rule", rule=name)
    return Conflict(_("This contradicts what is already stored."), code="database_rule")


def _rule_messages() -> Iterable[tuple[str, str]]:
    for model in apps.get_models():
        kind = model._meta.verbose_name
        for rule in rules_of(model):
            if isinstance(rule, Guard):
                yield rule.name, _("This overlaps in time with another entry (%(kind)s).") % {"kind": kind}
            elif isinstance(rule, AppendOnly):
                yield f"{model._meta.db_table} is append-only", _("Entries of this kind are never changed.")
        for constraint in model._meta.constraints:
            if isinstance(constraint, models.UniqueConstraint):
                message = _("There is already such an entry (%(kind)s).") % {"kind": kind}
                columns = (f"{model._meta.db_table}.{_column(model, name)}" for name in constraint.fields)
                yield constraint.name, message
                yield f"UNIQUE constraint failed: {', '.join(columns)}", message
            else:
                yield constraint.name, _("These values do not fit together (%(kind)s).") % {"kind": kind}


def _column(model: type[models.Model], name: str) -> str:
    return str(model._meta.get_field(name).column)  # type: ignore[union-attr]
