"""Every saboteur still finds the guard that it takes away; `make sabotage` sees whether that is noticed."""

from __future__ import annotations

import ast

import pytest

from tests.saboteurs import ROOT, Saboteur, saboteurs

ALL = list(saboteurs())


@pytest.mark.parametrize("saboteur", ALL, ids=[each.guard for each in ALL])
def test_the_guard_stands_where_it_is_taken_away(saboteur: Saboteur) -> None:
    text = (ROOT / saboteur.file).read_text(encoding="utf-8")
    left = saboteur.sabotaged(text)
    if saboteur.file.endswith(".py"):
        ast.parse(left)
    assert saboteur.tests
    for path in saboteur.tests:
        assert (ROOT / path).is_file(), path


def test_who_changes_a_step_of_the_tables_is_seen_by_a_test_that_takes_it() -> None:
    """Tests get their tables from the models: a step that is changed is noticed by who names it alone."""
    for saboteur in ALL:
        *_app, name = saboteur.file.split("/migrations/")
        if name != saboteur.file:
            tests = [(ROOT / path).read_text(encoding="utf-8") for path in saboteur.tests]
            assert any(name.removesuffix(".py") in text for text in tests), saboteur.guard


def test_guards_differ() -> None:
    assert len({each.guard for each in ALL}) == len(ALL) > 40
