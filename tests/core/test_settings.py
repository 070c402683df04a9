"""What a site starts with: its own secret where nothing is configured, a refusal where something must be."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection

from tests.servers import ROOT

SECRET = "kT9-" + "qX7rVz3mLp0sWc8dYb2nHg5jFa4eUi6o" * 2


SHOW_THE_SECRET = "from django.conf import settings; print(settings.SECRET_KEY)"


def started(settings: str, code: str = SHOW_THE_SECRET, **env: str) -> subprocess.Popen[str]:
    """A process that loads the settings and prints something, their secret unless told otherwise."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("DJANGO_", "LIVEPARK_"))
    }
    return subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**kept, "DJANGO_SETTINGS_MODULE": f"config.settings.{settings}", **env},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_processes_that_begin_at_once_share_one_secret(tmp_path: Path) -> None:
    processes = [started("dev", LIVEPARK_DATA_DIR=str(tmp_path / "new")) for _number in range(6)]
    answers = [process.communicate(timeout=60) for process in processes]
    secrets = {out for out, _errors in answers}
    assert len(secrets) == 1, [errors for _out, errors in answers]
    assert len(secrets.pop()) > 50
    kept = tmp_path / "new" / "secret-key"
    assert kept.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in kept.parent.glob(".secret-*")] == []


@pytest.mark.parametrize(
    ("env", "missing"),
    [
        ({"DJANGO_ALLOWED_HOSTS": "park.example"}, "DJANGO_SECRET_KEY"),
        ({"DJANGO_ALLOWED_HOSTS": "park.example", "DJANGO_SECRET_KEY": "short"}, "DJANGO_SECRET_KEY"),
        ({"DJANGO_ALLOWED_HOSTS": "park.example", "DJANGO_SECRET_KEY": "a" * 56}, "DJANGO_SECRET_KEY"),
        ({"DJANGO_ALLOWED_HOSTS": "park.example", "DJANGO_SECRET_KEY": "changeme" * 7}, "DJANGO_SECRET_KEY"),
        ({"DJANGO_SECRET_KEY": SECRET}, "DJANGO_ALLOWED_HOSTS"),
    ],
)
def test_production_refuses_to_start_without_what_it_needs(
    tmp_path: Path, env: dict[str, str], missing: str
) -> None:
    process = started("production", LIVEPARK_DATA_DIR=str(tmp_path), **env)
    _out, errors = process.communicate(timeout=60)
    assert process.returncode != 0
    assert f"ImproperlyConfigured: {missing} must" in errors


def test_production_starts_with_it(tmp_path: Path) -> None:
    env = {"DJANGO_ALLOWED_HOSTS": "park.example", "DJANGO_SECRET_KEY": SECRET}
    process = started("production", LIVEPARK_DATA_DIR=str(tmp_path), **env)
    out, errors = process.communicate(timeout=60)
    assert out.strip() == SECRET, errors


def test_what_was_sealed_under_the_secret_before_is_still_read(tmp_path: Path) -> None:
    env = {"DJANGO_SETTINGS_MODULE": "config.settings.dev", "LIVEPARK_DATA_DIR": str(tmp_path)}

    def said(code: str, **more: str) -> str:
        whole = f"import django; django.setup(); from core.sealing import seal, unseal; print({code})"
        done = subprocess.run(
            [sys.executable, "-c", whole],
            cwd=ROOT,
            env={**os.environ, **env, **more},
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.strip()

    sealed = said("seal('key', 'p')", DJANGO_SECRET_KEY=SECRET)
    after = {"DJANGO_SECRET_KEY": SECRET[::-1], "DJANGO_SECRET_KEY_FALLBACKS": SECRET}
    assert said(f"unseal({sealed!r}, 'p')", **after) == "key"


def test_a_process_for_pages_knows_every_address_before_the_first_call(tmp_path: Path) -> None:
    loaded = "import sys, config.wsgi; print('livestreams.api.urls' in sys.modules)"
    out, errors = started("dev", loaded, LIVEPARK_DATA_DIR=str(tmp_path)).communicate(timeout=60)
    assert out == "True\n", errors


@pytest.mark.postgres
def test_postgresql_compiles_no_statement_however_dear_it_looks(db: None) -> None:
    """Pages read few rows through many subqueries: compiling them takes seconds, running them a fraction of one."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL jit_above_cost = 0")
        cursor.execute("EXPLAIN (ANALYZE) SELECT count(*) FROM core_scopenode")
        assert "JIT" not in "".join(line for (line,) in cursor.fetchall())
