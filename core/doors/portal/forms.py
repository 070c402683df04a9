"""Forms of the portal: they check shape only, and offer visible rows only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.actors import Actor
from core.errors import DomainError, RowError
from core.scoping import visible_to


class ScopedForm(forms.Form):
    """A form that checks shape only. It knows for whom it is shown, so that its choices can be scoped.

    `asks` says which field asks for what a service calls by another name.
    """

    asks: ClassVar[Mapping[str, str]] = {}

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
        name = self.asks.get(error.field, error.field)
        field = name if name in self.fields else None
        self.add_error(field, ValidationError(str(error.detail), code=error.code))
        for row in error.rows[:50]:
            self.add_error(None, ValidationError(self.sentence(row), code=row.code))

    def sentence(self, row: RowError) -> str:
        """What is wrong with a row, for whoever counts rows; override where people do not."""
        place = {"row": row.row, "field": row.field, "message": row.message}
        return _("Row %(row)d, %(field)s: %(message)s") % place


class ScopedChoiceField(forms.ModelChoiceField):
    """A choice among visible rows. A foreign value is refused with the words for an absent one.

    What was offered may be gone when it is chosen: somebody else took it, or gave it back.
    """

    default_error_messages: ClassVar[dict[str, Any]] = {
        "invalid_choice": gettext_lazy("This cannot be chosen (any more). Please choose from the list again.")
    }

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
