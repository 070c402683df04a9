"""Every model says where it hangs, and nobody sees beyond what hangs on their own nodes."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db.models import Model

from core.actors import Actor, key_actor, user_actor
from core.policy import TABLE
from core.scoping import scope_of, undeclared_models, visible_to
from tests.contracts.matrix import Matrix
from tests.contracts.rows import rows_in
from tests.factories import make_user

pytestmark = pytest.mark.django_db
MODELS = [model for model in apps.get_models() if scope_of(model) is not None]
VERBS = sorted({verb for roles in TABLE.values() for held in roles.values() for verb in held.verbs})
HANGING = [model for model in MODELS if not scope_of(model).reference and not scope_of(model).system]  # type: ignore[union-attr]


def people(matrix: Matrix) -> dict[str, Actor]:
    """Everybody who works in the first world, by name."""
    alpha = matrix.alpha
    users = {
        **alpha.users,
        **{f"{mine.tenant.code} {r}": u for mine in alpha.tenants for r, u in mine.users.items()},
    }
    found = {name: user_actor(user) for name, user in users.items()}
    return found | {"tool": alpha.tenants[0].tool, "park tool": key_actor(alpha.key)}


def test_every_model_declares_its_scope() -> None:
    assert undeclared_models() == []


def test_every_model_has_rows_in_both_worlds(matrix: Matrix) -> None:
    """Without rows the tests of this folder would show nothing."""
    for model in HANGING:
        for world in (matrix.alpha, matrix.beta):
            rows = rows_in(model, world.province.node.path)
            assert rows is None or rows.exists(), f"{model._meta.label} has no row in {world.name}"


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_a_stranger_sees_nothing(matrix: Matrix, model: type[Model]) -> None:
    stranger = user_actor(make_user("stranger"))
    for verb in VERBS:
        assert not visible_to(model._default_manager.all(), stranger, verb).exists()


@pytest.mark.parametrize("model", HANGING, ids=lambda model: model._meta.label)
def test_nobody_sees_a_row_of_the_other_world(matrix: Matrix, model: type[Model]) -> None:
    foreign = rows_in(model, matrix.beta.province.node.path)
    if foreign is None:  # a person's own row
        foreign = model._default_manager.filter(pk__in=[user.pk for user in matrix.beta.users.values()])
    for name, actor in people(matrix).items():
        for verb in VERBS:
            leaked = visible_to(
                foreign.model._default_manager.filter(pk__in=foreign.values("pk")), actor, verb
            )
            assert not leaked.exists(), f"{name} holds {verb} on a foreign {model._meta.label}"


def test_every_role_sees_what_the_policy_gives_it(matrix: Matrix) -> None:
    """The other half: rights that reach nothing would pass every test above."""
    reached = {
        model._meta.label
        for model in MODELS
        for actor in people(matrix).values()
        if visible_to(model._default_manager.all(), actor).exists()
    }
    granted = {label for label in TABLE if scope_of(apps.get_model(label)).system == ""}  # type: ignore[union-attr]
    assert granted - reached == set()
