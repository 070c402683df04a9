"""An empty database gets its tables at once, and all steps of their history make exactly the same of one."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from tests import servers
from tests.core.schemas import of_postgres, of_sqlite

pytestmark = pytest.mark.gate
AT_ONCE = (("migrate",),)
STEP_BY_STEP = (("migrate", "contenttypes"), ("migrate",))
"""Where a table stands already nothing but steps will do."""


def told(folder: Path, commands: tuple[tuple[str, ...], ...], **env: str) -> list[str]:
    folder.mkdir()
    site = {**os.environ, "DATABASE_URL": "", "REDIS_URL": "", "LIVEPARK_DATA_DIR": str(folder), **env}
    return [servers.manage(site, *command) for command in commands]


def test_steps_make_the_same_of_sqlite(tmp_path: Path) -> None:
    made = {}
    for name, commands in (("at-once", AT_ONCE), ("step-by-step", STEP_BY_STEP)):
        said = told(tmp_path / name, commands)
        assert ("Applying" in said[-1]) == (commands is STEP_BY_STEP)
        made[name] = of_sqlite(tmp_path / name / "livepark.sqlite3")
    assert len(made["at-once"]) > 1_000
    assert made["at-once"] ^ made["step-by-step"] == set()


@pytest.mark.postgres
def test_steps_make_the_same_of_postgresql(tmp_path: Path, postgres_url: str) -> None:
    made = {}
    for name, commands in (("at-once", AT_ONCE), ("step-by-step", STEP_BY_STEP)):
        with empty(postgres_url) as address:
            said = told(tmp_path / name, commands, DATABASE_URL=address)
            assert ("Applying" in said[-1]) == (commands is STEP_BY_STEP)
            made[name] = of_postgres(address)
    assert len(made["at-once"]) > 1_000
    assert made["at-once"] ^ made["step-by-step"] == set()


@contextmanager
def empty(server: str) -> Iterator[str]:
    """The address of an empty database on a server."""
    name = f"empty_{uuid.uuid4().hex[:8]}"
    with psycopg.connect(server, autocommit=True) as database:
        database.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            yield f"{server.rpartition('/')[0]}/{name}"
        finally:
            database.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
