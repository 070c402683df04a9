"""Admin of plain records, written by core.records."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.db.models import Model
from django.utils.translation import gettext_lazy as _

from core import records
from core.actors import Actor
from core.clock import today
from core.doors.admin.forms import OperationForm, style
from core.doors.admin.operations import Operation
from core.doors.admin.options import ScopedModelAdmin
from core.policy import ADD, CHANGE


class ClosingForm(OperationForm):
    from_row = ("closed_on",)

    closed_on = style(forms.DateField, _("closed on"), initial=today)


CLOSE = Operation(
    "close",
    _("Close"),
    records.record_close,
    form=ClosingForm,
    icon="archive",
    question=_("The record is kept and no longer offered."),
    danger=True,
    when=lambda row: row.closed_on is None,
)
REOPEN = Operation(
    "reopen", _("Reopen"), records.record_reopen, icon="unarchive", when=lambda row: row.closed_on is not None
)


class RecordAdmin(ScopedModelAdmin):
    """Adds and changes rows that need no rule beyond their model's own."""

    writes: ClassVar[frozenset[str]] = frozenset({ADD, CHANGE})

    def create(self, actor: Actor, values: dict[str, Any]) -> Model:
        return records.record_create(actor=actor, model=self.model, **values)

    def update(self, actor: Actor, row: Model, values: dict[str, Any]) -> None:
        records.record_update(actor=actor, row=row, **values)
