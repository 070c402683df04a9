"""The relations of forms: which fields take a row, and what a form says when it is given a foreign one."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from functools import partial
from operator import attrgetter
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.db import transaction
from django.db.models import Model
from django.http import QueryDict

from core.actors import Actor
from core.models import User
from core.scoping import visible_to
from supplychain.models import ImportProfileMap
from tests.contracts.forms import form_data
from tests.contracts.matrix import Caller
from tests.contracts.objects import NoFactory, Place
from tests.contracts.relations import Name, name_in, told_apart

Written = Callable[[Any], object]
# Choices that a form makes when it is shown: the model they stand for and how a row is written, or None for words.
MADE_CHOICES: dict[str, tuple[type[Model], Written] | None] = {
    "UploadForm.profile": (ImportProfileMap, lambda row: f"map:{row.uid}"),
    "CleanerForm.person": (User, lambda row: row.username),
    "MembershipAddForm.role": None,
    "SpendForm.hour": None,
    "LendForm.places": None,
    "ExchangeOfferForm.places": None,
    "MonthForm.month": None,
    "HostWishForm.category": None,
    "OwnChoicesForm.scene": None,
}


def sent(caller: Caller, method: str, path: str, data: Any = None) -> Any:
    """An answer; what it wrote is rolled back."""
    with transaction.atomic():
        answer = caller.call(method, path, data)
        transaction.set_rollback(True)
    return answer


def listed(caller: Caller, path: str, values: dict[str, Any]) -> Any:
    return sent(caller, "GET", f"{path}?{urlencode(values)}")


def relations_in(form: Any) -> dict[str, tuple[type[Model], Written]]:
    """Fields that take a row: its model, and how the form writes one."""
    found: dict[str, tuple[type[Model], Written]] = {}
    for name, field in form.fields.items():
        if isinstance(field, forms.ModelChoiceField):
            assert field.queryset is not None
            found[name] = (field.queryset.model, attrgetter(field.to_field_name or "pk"))
        elif isinstance(field, forms.ChoiceField) and list(field.choices) != list(
            form.base_fields[name].choices
        ):
            key = next((key for key in _keys(form, name) if key in MADE_CHOICES), None)
            if key is None:
                raise NoFactory(f"MADE_CHOICES does not know what {type(form).__name__}.{name} offers")
            if made := MADE_CHOICES[key]:
                found[name] = made
    return found


def _keys(form: Any, name: str) -> list[str]:
    return [f"{each.__name__}.{name}" for each in type(form).__mro__]


def hidden_in(form: Any, actor: Actor, place: Place) -> dict[str, Name]:
    """For each relation of a form a row of a place, as far as the actor may not see it."""
    assert place.world is not None
    assert place.mine is not None
    names = {
        field: (model, name_in(model, place.mine, place.world, written))
        for field, (model, written) in relations_in(form).items()
    }
    return {
        field: name
        for field, (model, name) in names.items()
        if not visible_to(model._default_manager.filter(pk=name.key), actor).exists()
    }


def form_of(answer: Any, name: str = "form") -> Any:
    """The form that a page shows under a name of its template, or None."""
    context = answer.context if answer.status_code in (200, 400) else None
    if context is None:
        return None
    return context["adminform"].form if "adminform" in context else context.get(name)


def made_with(form: Any) -> dict[str, Any]:
    """What a form was made with beyond what all forms take: it keeps each under the same name."""
    needed = inspect.signature(type(form).__init__).parameters.values()
    return {
        each.name: getattr(form, each.name)
        for each in needed
        if each.kind is each.KEYWORD_ONLY
        and each.default is each.empty
        and each.name not in ("actor", "tenant")
    }


def posted(form: Any, page: dict[str, Any], values: dict[str, Any]) -> QueryDict:
    """What a browser would send for a form as it was shown, with these values in it."""
    data = QueryDict(mutable=True)
    for name, value in {**page, **values}.items():
        data.setlist(name, value if isinstance(value, list) else [value])
    return data


def form_faults(
    caller: Caller,
    path: str,
    page: Any,
    place: Place,
    bind: Callable[[QueryDict], Any],
    name: str = "form",
) -> Iterator[str]:
    """What tells foreign rows from absent ones in a form that was opened: all its relations are filled at once.

    The plain spelling goes through the page, also as a value of its address; all of them are given to a form
    like the page's, which `bind` makes.
    """
    form, shown = form_of(page, name), form_data(page.content.decode())
    names = hidden_in(form, caller.actor, place)
    if not names:
        return

    def post(values: dict[str, Any]) -> Any:
        return sent(caller, "POST", path, posted(form, shown, values))

    def errors(values: dict[str, Any]) -> str:
        bound = bind(posted(form, shown, values))
        return "\n".join(f"{name}: {bound.errors.get(name)}" for name in names)

    what = f"{caller.name}: {path} {sorted(names)} {place.name}"
    yield from (f"{what}, {fault}" for fault in told_apart(names, post, thorough=False))
    yield from (
        f"{what} in the address, {fault}"
        for fault in told_apart(names, partial(listed, caller, path), thorough=False)
    )
    yield from (f"{what}, {fault}" for fault in told_apart(names, errors, Name.typed))
    yield from refusal_faults(caller, path, page, place, bind, name)


def refusal_faults(
    caller: Caller,
    path: str,
    page: Any,
    place: Place,
    bind: Callable[[QueryDict], Any],
    name: str = "form",
) -> Iterator[str]:
    """Which relations of a form that was opened take foreign rows."""
    form, shown = form_of(page, name), form_data(page.content.decode())
    names = hidden_in(form, caller.actor, place)
    values = {each: name.public for each, name in names.items()}
    accepted = names.keys() - bind(posted(form, shown, values)).errors if names else None
    if accepted:
        yield f"{caller.name}: {path} {place.name}: takes {sorted(accepted)}"
