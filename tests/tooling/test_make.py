"""The first of the two commands, as a newcomer runs it: a fresh clone, nothing installed, an empty home."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import sqlite3
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers import ROOT, free_port


@contextlib.contextmanager
def made_run(clone: Path, home: Path) -> Iterator[str]:
    """Run `make run` in a clone; yield what it printed until its first page, then press Ctrl-C."""
    port = free_port()
    chosen_by_tests = ("DATABASE_URL", "DJANGO_", "LIVEPARK_", "PYTEST", "REDIS_URL")
    env = {name: value for name, value in os.environ.items() if not name.startswith(chosen_by_tests)}
    env["HOME"] = str(home)
    log = clone.parent / "make.log"
    started = time.monotonic()
    with log.open("w") as out:
        make = subprocess.Popen(
            ["make", "run", f"PORT={port}"],
            cwd=clone,
            env=env,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        while not _answers(f"http://127.0.0.1:{port}/"):
            assert make.poll() is None, log.read_text()
            assert time.monotonic() - started < 600, log.read_text()
            time.sleep(0.1)
        yield log.read_text()
        os.killpg(make.pid, signal.SIGINT)
        make.wait(timeout=20)
        assert "***" not in log.read_text(), log.read_text()
        assert "Traceback" not in log.read_text(), log.read_text()
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(make.pid, signal.SIGKILL)
        make.wait()


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=5) as page:
            return page.status == 200
    except OSError:
        return False


def _rows(clone: Path) -> dict[str, int]:
    """Return how many scope nodes and users the installation holds: what only the first run makes."""
    with contextlib.closing(sqlite3.connect(clone / "var" / "livepark.sqlite3")) as database:
        return {
            table: database.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608
            for table in ("core_scopenode", "core_user")
        }


@pytest.mark.gate
@pytest.mark.timeout(900)
def test_make_run_starts_from_nothing_and_keeps_its_data(tmp_path: Path) -> None:
    clone, home = tmp_path / "a new park", tmp_path / "home"
    home.mkdir()
    subprocess.run(["git", "clone", "--quiet", ROOT, clone], check=True)

    with made_run(clone, home) as printed:
        assert "up to date" not in printed
    first = _rows(clone)
    assert first["core_user"] > 0

    with made_run(clone, home) as printed:
        for step in ("Python packages", "Message catalogues", "Front-end files"):
            assert re.search(rf"{step} \.+ up to date", printed), "finished steps are not repeated"
    assert _rows(clone) == first

    unclean = subprocess.run(
        ["git", "status", "--porcelain"], cwd=clone, capture_output=True, text=True, check=True
    )
    assert unclean.stdout == "", "everything that make writes is ignored by git"
