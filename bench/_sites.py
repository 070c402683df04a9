"""Fresh databases to measure on, and processes that work on them: settings are chosen once per process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, NamedTuple

from tests import servers

# A power cut must not lose what was acknowledged: that is part of what is measured.
DURABLE = ("fsync=on", "full_page_writes=on", "synchronous_commit=on")

BEGIN = """
import runpy, sys, django
django.setup()
sys.argv = sys.argv[1:]
runpy.run_module(sys.argv[0], run_name="__main__")
"""


@contextmanager
def databases() -> Iterator[dict[str, dict[str, str]]]:
    """The environment of a site by the name of its database: SQLite always, PostgreSQL where it is installed."""
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="livepark-bench-"))
        kept = {key: value for key, value in os.environ.items() if key not in ("DATABASE_URL", "REDIS_URL")}
        site = {**kept, "LIVEPARK_DATA_DIR": folder, "DJANGO_SETTINGS_MODULE": "config.settings.dev"}
        found = {"SQLite": site}
        try:
            url = stack.enter_context(servers.postgres_server(*DURABLE))
            found = {"PostgreSQL": {**site, "DATABASE_URL": url}, **found}
        except servers.NotInstalled as missing:
            print(f"{missing}: measured on SQLite alone", file=sys.stderr)
        for env in found.values():
            servers.manage(env, "migrate", "--verbosity", "0")
        yield found


class Served(NamedTuple):
    """Where a site answers; media nodes have processes of their own where it is scaled."""

    pages: str
    hooks: str


@contextmanager
def served(env: dict[str, str]) -> Iterator[Served]:
    """A site on its database: as `make run` serves it, or with `DATABASE_URL` as deploy/ does."""
    with ExitStack() as stack:
        if "DATABASE_URL" not in env:
            url = stack.enter_context(servers.serve(env)).url
            yield Served(url, url)
            return
        try:
            env = {**env, "REDIS_URL": stack.enter_context(servers.redis_server()) + "/0"}
        except servers.NotInstalled as missing:
            print(f"{missing}: served without it", file=sys.stderr)
        yield Served(*(stack.enter_context(servers.serve_pages(env)).url for _process in Served._fields))


def measured(module: str, env: dict[str, str], *arguments: str) -> Any:
    """What a module prints last, as JSON, when it is run on a site."""
    command = [sys.executable, "-c", BEGIN, module, *arguments]
    done = subprocess.run(command, cwd=servers.ROOT, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{module} failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return json.loads(done.stdout.splitlines()[-1])
