"""Forms, filters, autocompletes, actions and inlines of the admin that are given a foreign row answer as if there were
no such row. They are found through its registry.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import copy
from dataclasses import replace
from functools import partial
from operator import attrgetter
from typing import Any
from urllib.parse import urlencode

import pytest
from django import forms
from django.contrib.admin import site
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import Model
from django.http import QueryDict

from core.actors import Actor
from core.doors.admin import ScopedModelAdmin, ShownInline
from core.doors.admin.filters import field_at, parameters_of
from core.doors.admin.inlines import ShownFormSet
from core.scoping import may, visible_to
from tests.contracts.form_relations import form_faults, form_of, listed, refusal_faults, sent
from tests.contracts.forms import form_data
from tests.contracts.matrix import Caller, Matrix
from tests.contracts.objects import Place
from tests.contracts.relations import Name, name_in, told_apart
from tests.contracts.rows import row_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("worlds_stay")]
ADMINS = sorted(site._registry.items(), key=lambda item: item[0]._meta.label)
every_admin = pytest.mark.parametrize(
    ("model", "model_admin"), ADMINS, ids=[model._meta.label for model, _admin in ADMINS]
)


@pytest.fixture(scope="module")
def people(matrix: Matrix) -> list[Caller]:
    """Everybody who works in the park of the first world, one for each role."""
    return [Caller(role, matrix.alpha, user=user) for role, user in matrix.alpha.users.items()]


def base_of(model: type[Model]) -> str:
    return f"/admin/{model._meta.app_label}/{model._meta.model_name}/"


def openers(people: list[Caller], verb: str, model: type[Model], path: str) -> Iterator[tuple[Caller, Any]]:
    """Everybody who is shown the form of a page, with the page."""
    for caller in people:
        if may(caller.actor, verb, model):
            page = sent(caller, "GET", path)
            if page.status_code == 200 and getattr(form_of(page), "fields", None):
                yield caller, page


def rebind(form: Any, row: Model, actor: Actor) -> Callable[[QueryDict], Any]:
    """Makes forms like one that the admin showed, for the same row and person, with other data."""
    if isinstance(form, forms.ModelForm):
        return lambda data: type(form)(data, instance=copy(form.instance))
    return partial(type(form), row=row, actor=actor)


@every_admin
def test_forms_of_the_admin(
    model: type[Model], model_admin: ScopedModelAdmin, matrix: Matrix, people: list[Caller]
) -> None:
    foreign, faults = matrix.strangers[0], []
    row = row_in(model, matrix.alpha.tenants[0], matrix.alpha)
    assert row is not None
    asked = [
        (verb, model, f"{row.pk}/change/" if verb == "change" else "add/") for verb in model_admin.writes
    ]
    asked += [
        (each.verb, each.makes or model, f"{row.pk}/do/{each.name}/")
        for each in model_admin.operations
        if each.form.base_fields
    ]
    for verb, held, rest in asked:
        path = base_of(model) + rest
        for number, (caller, page) in enumerate(openers(people, verb, held, path)):
            bind = rebind(form_of(page), row, caller.actor)
            tried = form_faults if number == 0 else refusal_faults
            faults += tried(caller, path, page, foreign, bind)
    assert not faults, "\n".join(faults[:20])


def hidden(model: type[Model], actor: Actor, place: Place) -> Name | None:
    """A row of a place under its key; None where the actor may see it, as everybody may published ones."""
    assert place.world is not None
    assert place.mine is not None
    name = name_in(model, place.mine, place.world, attrgetter("pk"))
    seen = visible_to(model._default_manager.filter(pk=name.key), actor).exists()
    return None if seen else name


@every_admin
def test_filters_of_the_admin(
    model: type[Model], model_admin: ScopedModelAdmin, matrix: Matrix, people: list[Caller]
) -> None:
    """The page for the plain spelling; for all of them the rows that are listed, and the filters as they are drawn."""
    caller = next((each for each in people if may(each.actor, "view", model)), None)
    if caller is None:
        return
    foreign, names = matrix.strangers[0], {}
    for item in model_admin.list_filter:
        field = field_at(model, item[0]) if isinstance(item, tuple) else None
        name = hidden(field.related_model, caller.actor, foreign) if field and field.is_relation else None
        if name is not None:
            names[parameters_of(model, item).pop()] = name
    if not names:
        return
    request = sent(caller, "GET", base_of(model)).wsgi_request

    def drawn(values: dict[str, Any]) -> str:
        request.GET = QueryDict(urlencode(values))
        try:
            listed = model_admin.get_changelist_instance(request)
        except Exception as error:  # what the page makes of it is the same for all of a kind
            return type(error).__name__
        choices = [choice for each in listed.filter_specs for choice in each.choices(listed)]
        return "\n".join([*map(str, listed.result_list), *(str(each.get("form", each)) for each in choices)])

    faults = [*told_apart(names, partial(listed, caller, base_of(model)), thorough=False)]
    faults += told_apart(names, drawn, Name.typed)
    assert not faults, "\n".join(faults[:20])


@every_admin
def test_autocompletes_of_the_admin(
    model: type[Model], model_admin: ScopedModelAdmin, matrix: Matrix, people: list[Caller]
) -> None:
    """Of each relation of the model, whether a form uses it or not: who is typed for is not found."""
    caller = next((each for each in people if may(each.actor, "view", model)), people[0])
    app, name, faults = model._meta.app_label, model._meta.model_name, []
    for field in model._meta.fields:
        row = hidden(field.related_model, caller.actor, matrix.strangers[0]) if field.is_relation else None  # type: ignore[arg-type]
        if row is None:
            continue
        typed = getattr(field.related_model.objects.get(pk=row.key), "code", row.spoken)  # type: ignore[union-attr]
        row = replace(row, public=typed)

        def ask(values: dict[str, Any], of: str = field.name) -> Any:
            query = {"app_label": app, "model_name": name, "field_name": of, **values}
            return sent(caller, "GET", f"/admin/autocomplete/?{urlencode(query)}")

        faults += [f"{field.name}, {fault}" for fault in told_apart({"term": row}, ask, thorough=False)]
    assert not faults, "\n".join(faults[:20])


@every_admin
def test_actions_and_inlines_of_the_admin(
    model: type[Model], model_admin: ScopedModelAdmin, matrix: Matrix, people: list[Caller]
) -> None:
    """Rows chosen in a list, and rows smuggled into the formset of an inline."""
    faults, foreign, thorough = [], matrix.strangers[0], True
    for each in model_admin.operations:
        caller = next((one for one in people if may(one.actor, each.verb, model)), None)
        name = hidden(model, caller.actor, foreign) if caller is not None and each.bulk else None
        if caller is not None and name is not None:
            post = partial(acted, caller, base_of(model), each.name)
            apart = told_apart({0: name}, post, Name.typed, thorough=thorough)
            faults += [f"{each.name}, {fault}" for fault in apart]
            thorough = False  # what reads the spellings is the same for every action of a list
    row = row_in(model, matrix.alpha.tenants[0], matrix.alpha)
    for inline in model_admin.inlines:
        assert issubclass(inline, ShownInline)
        assert issubclass(inline.formset, ShownFormSet)
        found = next(openers(people, "change", model, f"{base_of(model)}{row.pk}/change/"), None)  # type: ignore[union-attr]
        name = hidden(inline.model, found[0].actor, foreign) if found else None
        if found is not None and name is not None:
            post = partial(smuggled, *found, f"{base_of(model)}{row.pk}/change/")  # type: ignore[union-attr]
            faults += [f"{inline.__name__}, {fault}" for fault in told_apart({0: name}, post, thorough=False)]
    assert not faults, "\n".join(faults[:20])


def acted(caller: Caller, path: str, action: str, values: dict[int, Any]) -> Any:
    return sent(caller, "POST", path, {"action": action, ACTION_CHECKBOX_NAME: values[0]})


def smuggled(caller: Caller, page: Any, path: str, values: dict[int, Any]) -> Any:
    """A change in which the totals of every formset on the page are enlarged by a row with this key."""
    data = form_data(page.content.decode())
    for prefix in [name.removesuffix("-TOTAL_FORMS") for name in data if name.endswith("-TOTAL_FORMS")]:
        data |= {f"{prefix}-TOTAL_FORMS": "40", f"{prefix}-INITIAL_FORMS": "40", f"{prefix}-0-id": values[0]}
    return sent(caller, "POST", path, data)
