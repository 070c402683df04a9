"""Forms of the admin: strict fields, and complaints of services shown where they belong."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from django import forms
from django.contrib.admin import site
from django.contrib.admin.widgets import AutocompleteSelect, AutocompleteSelectMultiple, get_select2_language
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from unfold import widgets
from unfold.forms import AdminOwnPasswordChangeForm

from core.actors import NOBODY, Actor, user_actor
from core.doors.formfields import (
    LARGEST,
    AmountField,
    LineField,
    WholeNumberField,
    WordsField,
    check_year,
)
from core.errors import DomainError
from core.models import User
from core.money import MoneyField
from core.scoping import visible_to
from core.services import password_set


def as_key(model: type[models.Model], value: Any) -> Any:
    """A posted key as the type of the model's primary key, or None when it cannot be one."""
    primary: Any = model._meta.pk
    while primary.remote_field is not None:
        primary = primary.target_field
    try:
        key = primary.to_python(value)
    except ValidationError:
        return None
    return key if not isinstance(key, int) or abs(key) < 2**63 else None


SELECT2 = "admin/js/vendor/select2/select2.full.js"


def words_of_select2() -> forms.Media:
    """What choices that are found by typing say in the reader's language, after their script and before jQuery is
    put away.
    """
    language = get_select2_language()
    words = [f"admin/js/vendor/select2/i18n/{language}.js"] if language else []
    return forms.Media(js=[SELECT2, *words, "admin/js/jquery.init.js"])


class KeyedMixin:
    """An autocomplete widget that shows nothing for values which are no keys, where the stock one would break.

    It takes its script from the file that the skin takes it from: loaded twice, it forgets every language but English.
    """

    @property
    def media(self) -> forms.Media:
        stock = super().media  # type: ignore[misc]
        scripts = [SELECT2 if "select2.full" in script else script for script in stock._js]
        return forms.Media(css=stock._css, js=scripts)

    def optgroups(self, name: str, value: list[Any], attrs: Any = None) -> Any:
        model = self.field.remote_field.model  # type: ignore[attr-defined]
        keys = [item for item in value if item and as_key(model, item) is not None]
        return super().optgroups(name, keys, attrs)  # type: ignore[misc]


class KeyedSelect(KeyedMixin, AutocompleteSelect):  # type: ignore[misc]
    """Choice of one related row, found by typing."""


class KeyedSelectMultiple(KeyedMixin, AutocompleteSelectMultiple):  # type: ignore[misc]
    """Choice of several related rows, found by typing."""


class KeyedChoiceField(forms.ModelChoiceField):
    """A related row. What is no key is refused in the same words as a key that finds nothing."""

    def to_python(self, value: Any) -> Any:
        rows: Any = self.queryset
        chosen = value not in self.empty_values and not isinstance(value, models.Model)
        if chosen and as_key(rows.model, value) is None:
            raise ValidationError(
                self.error_messages["invalid_choice"], code="invalid_choice", params={"value": value}
            )
        return super().to_python(value)


class KeyedMultipleChoiceField(forms.ModelMultipleChoiceField):
    """Several related rows, of which each is refused in the same words."""

    def _check_values(self, value: Any) -> Any:
        rows: Any = self.queryset
        for item in value if isinstance(value, list | tuple) else ():
            if as_key(rows.model, item) is None:
                raise ValidationError(
                    self.error_messages["invalid_choice"], code="invalid_choice", params={"value": item}
                )
        return super()._check_values(value)  # type: ignore[misc]


PLAIN_FIELDS: dict[type[models.Field[Any, Any]], dict[str, Any]] = {
    models.DecimalField: {"form_class": AmountField},
    models.DateField: {"validators": [check_year]},
    models.URLField: {"assume_scheme": "https"},
}


def strict_formfield(db_field: models.Field[Any, Any]) -> dict[str, Any]:
    """The form class and limits that suit a model field, or nothing where the skin's own are right."""
    if isinstance(db_field, MoneyField):
        return {
            "form_class": AmountField,
            "widget": widgets.UnfoldAdminTextInputWidget({"inputmode": "decimal"}),
        }
    if type(db_field) is models.CharField:  # slugs and addresses have fields of their own
        return {"form_class": LineField}
    if isinstance(db_field, models.IntegerField):
        return {"form_class": WholeNumberField, "max_value": LARGEST.get(db_field.get_internal_type())}
    for kind, limits in PLAIN_FIELDS.items():
        if isinstance(db_field, kind):
            return limits
    if isinstance(db_field, models.JSONField) and db_field.default is list:
        return {
            "form_class": WordsField,
            "widget": widgets.UnfoldAdminTextInputWidget(),
            "help_text": _("Several, with commas between them."),
        }
    return {}


class ServiceForm(forms.ModelForm):
    """A form whose values go to a service. What the service refused comes back as an error of the form.

    The admin sets `actor` and `refusal` on the class it makes for one request.
    """

    actor: ClassVar[Actor] = NOBODY
    refusal: ClassVar[DomainError | None] = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        prepare(self, self.actor)

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if self.refusal is not None:
            show_refusal(self, self.refusal)
        return values

    def values(self) -> dict[str, Any]:
        """What a creating service gets: every field of the form."""
        return dict(self.cleaned_data)

    def changed_values(self) -> dict[str, Any]:
        """What an updating service gets: the fields that the person changed."""
        return {name: self.cleaned_data[name] for name in self.changed_data}


class OperationForm(forms.Form):
    """The questions of an operation on one row; without fields it only asks whether to go on.

    Fields named in `from_row` begin with the row's present values, where it has any.
    """

    from_row: ClassVar[tuple[str, ...]] = ()

    def __init__(self, *args: Any, row: models.Model, actor: Actor, **kwargs: Any) -> None:
        present = {name: getattr(row, name) for name in self.from_row}
        kwargs["initial"] = {name: value for name, value in present.items() if value is not None}
        super().__init__(*args, **kwargs)
        prepare(self, actor)

    def values(self) -> dict[str, Any]:
        return dict(self.cleaned_data)


class OwnPasswordForm(AdminOwnPasswordChangeForm):
    """One's own new password, stored by the service."""

    def save(self, commit: bool = True) -> Any:
        password = self.cleaned_data["new_password1"]
        person: User = self.user  # type: ignore[has-type]
        self.user = password_set(actor=user_actor(person), user=person, password=password)
        return self.user


def prepare(form: forms.BaseForm, actor: Actor) -> None:
    """Narrow every relation of a form to what the actor may see: a foreign id is refused like an absent one."""
    for field in form.fields.values():
        field.label = capfirst(field.label)
        if isinstance(field, forms.ModelChoiceField):
            rows: Any = field.queryset
            field.queryset = visible_to(rows, actor)


def show_refusal(form: forms.BaseForm, error: DomainError) -> None:
    """Put a domain error beside the field it names, or above the form, with what it suggests instead."""
    free = _("Free: %(room)s from %(starts_at)s to %(ends_at)s")
    messages = [
        str(error),
        *(f"{row.row}: {row.message}" for row in error.rows),
        *(free % window for window in error.extra.get("alternatives", ())),
    ]
    form.add_error(error.field if error.field in form.fields else None, messages)


def related_field(
    model: type[models.Model],
    name: str,
    *,
    many: bool = False,
    queryset: models.QuerySet[Any] | None = None,
    **kwargs: Any,
) -> forms.ModelChoiceField:
    """A form field that offers what the relation `name` of a model leads to, found by typing."""
    relation = model._meta.get_field(name)
    widget = KeyedSelectMultiple if many else KeyedSelect
    field = KeyedMultipleChoiceField if many else KeyedChoiceField
    return field(
        queryset=relation.related_model._default_manager.all() if queryset is None else queryset,  # type: ignore[union-attr]
        label=kwargs.pop("label", relation.verbose_name),  # type: ignore[union-attr]
        widget=widget(relation, site),
        **kwargs,
    )


def choice_field(choices: Iterable[tuple[Any, Any]], label: Any, **kwargs: Any) -> forms.ChoiceField:
    """A choice in which nothing is chosen before somebody has chosen."""
    return forms.ChoiceField(
        choices=[("", ""), *choices], label=label, widget=widgets.UnfoldAdminSelectWidget(), **kwargs
    )


def style(field: type[forms.Field], label: Any, **kwargs: Any) -> forms.Field:
    """A form field in the skin's clothes; plain text is a line of it."""
    if field is forms.CharField and "widget" not in kwargs:
        field = LineField
    if field in (forms.DateField, forms.SplitDateTimeField):
        kwargs.setdefault("validators", [check_year])
    return field(label=label, widget=kwargs.pop("widget", None) or WIDGETS[field](), **kwargs)


WIDGETS: dict[type[forms.Field], type[forms.Widget]] = {
    LineField: widgets.UnfoldAdminTextInputWidget,
    WordsField: widgets.UnfoldAdminTextInputWidget,
    forms.DateField: widgets.UnfoldAdminSingleDateWidget,
    forms.SplitDateTimeField: widgets.UnfoldAdminSplitDateTimeWidget,
    forms.BooleanField: widgets.UnfoldBooleanSwitchWidget,
    AmountField: widgets.UnfoldAdminTextInputWidget,
    WholeNumberField: widgets.UnfoldAdminIntegerFieldWidget,
}
