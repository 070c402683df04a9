"""A kept database is used until what shaped it has changed, and nothing that shapes it is overlooked."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest
from django.apps import apps
from django.db.migrations.loader import MigrationLoader

from tests import migrated

ROOT = migrated.ROOT


def files_of(*modules: str) -> set[Path]:
    """Where these modules stand, as far as they are the project's own."""
    found = (importlib.import_module(name).__file__ for name in modules)
    own = (Path(file) for file in found if file)
    return {file for file in own if file.is_relative_to(ROOT) and ".venv" not in file.parts}


def test_models_migrations_and_what_they_import_shape_the_kept_database() -> None:
    models = files_of(*{model.__module__ for model in apps.get_models()})
    rules = files_of(
        *{
            type(rule).__module__
            for model in apps.get_models()
            for rule in getattr(model, "database_rules", ())
        }
    )
    steps = {step.__module__ for step in MigrationLoader(None).disk_migrations.values()}
    used = [value for step in steps for value in vars(sys.modules[step]).values()]
    named = {getattr(value, "__module__", None) or getattr(value, "__name__", "") for value in used}
    imported = files_of(*(name for name in named if apps.is_installed(name.split(".")[0])))
    assert len(models) > 30
    assert len(files_of(*steps)) > 30
    assert len(imported - files_of(*steps)) > 1
    assert models | rules | files_of(*steps) | imported <= set(migrated.shaping_files())
    # What may be in which state is written into rules and constraints.
    states = {
        getattr(value, "__module__", "")
        for model in apps.get_models()
        for value in vars(sys.modules[model.__module__]).values()
    }
    states = {name for name in states if "choices" in name.split(".")}
    assert len(states) > 5
    assert files_of(*states) <= set(migrated.shaping_files())


def test_a_changed_file_asks_for_another_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "shop" / "migrations").mkdir(parents=True)
    step = tmp_path / "shop" / "migrations" / "0001_goods.py"
    step.write_text("one")
    monkeypatch.setattr(migrated, "ROOT", tmp_path)
    monkeypatch.setenv("LIVEPARK_TEST_MIGRATED", str(tmp_path / "kept"))
    made: list[str] = []

    def migrate(**env: str) -> None:
        made.append(step.read_text())
        (Path(env["LIVEPARK_DATA_DIR"]) / "livepark.sqlite3").write_text(made[-1])

    monkeypatch.setattr(migrated, "_migrate", migrate)
    for text in ("one", "one", "two", "two"):
        step.write_text(text)
        migrated.copy_sqlite(tmp_path / "copy")
        assert (tmp_path / "copy").read_text() == text
    assert made == ["one", "two"]
    assert len(list((tmp_path / "kept").glob("*.sqlite3"))) == 1, "what is no longer asked for is not kept"
