"""Forms and filters of the portal that are given a foreign row answer as if there were no such row.

They are found by opening every page.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from urllib.parse import urlencode

import pytest
from django import forms
from django.db.models import Model
from django_filters import ChoiceFilter, DateFilter

from core.doors.portal import ScopedForm
from core.models import Unresolved
from tests.contracts.form_relations import form_faults, form_of, made_with, sent
from tests.contracts.matrix import Matrix
from tests.contracts.objects import NoFactory, Place, values_for
from tests.contracts.relations import NAMES, WORDS, Name, told_apart
from tests.contracts.routes import Route, walk

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("worlds_stay")]
# Pages whose form depends on the row: every row is opened.
ROWS_OF_PAGES: dict[str, type[Model]] = {
    "portal-unresolved-one": Unresolved,
    "portal-unresolved-one-sku": Unresolved,
}
# Pages that show another form beside their own: the name of theirs in the template.
FORM_NAMES = {"portal-unresolved-one-sku": "make_form"}
PAGES = [route for route in walk() if route.door in ("portal", "pages")]


def paths_of(route: Route, own: Place) -> Iterator[str]:
    """The addresses of a page: for most one object of one's own, for some every one."""
    values = values_for(route, own, own)
    model = ROWS_OF_PAGES.get(route.key)
    assert own.mine is not None
    rows = model._default_manager.filter(node=own.mine.tenant.node) if model is not None else [None]
    for row in rows:
        yield route.path(values if row is None else {**values, "uid": str(row.uid)})


def every_subclass(parent: type) -> Iterator[type]:
    for child in parent.__subclasses__():
        yield child
        yield from every_subclass(child)


def test_forms_of_the_portal(matrix: Matrix) -> None:
    own, faults, opened = matrix.own, [], set()
    owner = matrix.caller("owner")
    for route in PAGES:
        for path in paths_of(route, own):
            page = sent(owner, "GET", path)
            name = FORM_NAMES.get(route.key, "form")
            form = form_of(page, name) if not page.streaming else None
            if not isinstance(form, ScopedForm):
                continue
            opened.add(type(form))
            bind = partial(type(form), actor=form.actor, tenant=form.tenant, **made_with(form))
            for place in matrix.strangers:
                faults += form_faults(owner, path, page, place, bind, name)
    assert not faults, "\n".join(faults[:20])
    related = {
        form
        for form in every_subclass(ScopedForm)
        if any(isinstance(field, forms.ModelChoiceField) for field in form.base_fields.values())  # type: ignore[attr-defined]
    }
    assert related <= opened, "no page was opened that shows these forms"


def test_filters_of_the_portal(matrix: Matrix) -> None:
    own, faults, tried = matrix.own, [], 0
    owner = matrix.caller("owner")
    for route in PAGES:
        filterset = getattr(getattr(route.callback, "view_class", None), "filterset_class", None)
        for field, found in filterset.base_filters.items() if filterset else ():
            if isinstance(found, ChoiceFilter | DateFilter) or field in WORDS:
                continue
            if field not in NAMES:
                raise NoFactory(f"{route.key}: neither NAMES nor WORDS of relations.py knows “{field}”")
            path = route.path(values_for(route, own, own))
            for place in matrix.strangers:
                assert place.world is not None
                assert place.mine is not None
                row, attribute = NAMES[field](place.world, place.mine)
                assert row is not None
                names = {field: Name.of(row, getattr(row, attribute))}
                tried += 1
                faults += told_apart(
                    names,
                    lambda values, path=path: sent(owner, "GET", f"{path}?{urlencode(values)}"),
                    Name.typed,
                )
    assert not faults, "\n".join(faults[:20])
    assert tried
