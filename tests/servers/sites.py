"""Sites in processes of their own, as `make run` and deploy/start begin them, and their workers."""

from __future__ import annotations

import contextlib
import dataclasses
import http.client
import os
import re
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from celery import Celery

from tests import migrated
from tests.servers.processes import ROOT, Server, free_port, running


def queues_of(process: str) -> list[str]:
    """The queues that a process of deploy/start takes messages from."""
    text = (ROOT / "deploy" / "start").read_text("utf-8")
    found = re.search(rf"^ +{process}\) .*--queues ([a-z,]+) ", text, re.MULTILINE)
    return found[1].split(",") if found else []


def port_of(process: str) -> int:
    """The port of loopback that a process of deploy/start listens on."""
    text = (ROOT / "deploy" / "start").read_text("utf-8")
    found = re.search(rf"^ +{process}\) .* --port (\d+) ", text, re.MULTILINE)
    if found is None:
        raise RuntimeError(f"deploy/start has no port of {process}")
    return int(found[1])


@contextlib.contextmanager
def celery_worker(env: Mapping[str, str], *, queues: Sequence[str], beat: bool = False) -> Iterator[Server]:
    """Run a worker with two processes on the DATABASE_URL and REDIS_URL of `env`; yield it once it answers.

    `beat` adds the beat table. Kill it by `server.kill()`: the block then ends without complaint.
    """
    name = f"worker-{secrets.token_hex(4)}@livepark"
    broker = Celery(broker=env["REDIS_URL"], set_as_current=False)

    def answers() -> bool:
        return bool(broker.control.ping(destination=[name], timeout=0.3))

    with tempfile.TemporaryDirectory(prefix="livepark-worker-") as folder:
        command = [
            sys.executable,
            "-m",
            "celery",
            "-A",
            "config",
            "worker",
            "-n",
            name,
            "-Q",
            ",".join(queues),
        ]
        command += ["--concurrency", "2", "--loglevel", "INFO"]
        command += ["--beat", "--schedule", f"{folder}/beat"] if beat else []
        with running(command, log=Path(folder) / "log", answers=answers, env=env) as server:
            yield server
        broker.close()


@dataclasses.dataclass
class Site:
    """A site in a process of its own, as `make run` starts it."""

    url: str
    env: Mapping[str, str]
    server: Server

    def manage(self, *arguments: str) -> str:
        """Run a management command on this site's data; return what it printed."""
        return manage(self.env, *arguments)


def manage(env: Mapping[str, str], *arguments: str) -> str:
    """Run a management command; return what it printed. Raises RuntimeError, with its output, when it fails."""
    command = [sys.executable, "manage.py", *arguments]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"manage.py {' '.join(arguments)} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


@contextlib.contextmanager
def live_site(
    folder: Path, *prepare: Sequence[str], settings: str = "config.settings.dev", **env: str
) -> Iterator[Site]:
    """Run a whole site on migrated data in `folder`, after the commands of `prepare`.

    `env` adds variables such as DATABASE_URL and REDIS_URL; without them the site is embedded.
    """
    environment = installed(folder, *prepare, settings=settings, **env)
    with serve(environment) as site:
        yield site


def installed(
    folder: Path, *prepare: Sequence[str], settings: str = "config.settings.dev", **env: str
) -> dict[str, str]:
    """The environment of a whole site on migrated data in `folder`, after the commands of `prepare`."""
    environment = environment_of(folder, settings, **env)
    if "DATABASE_URL" in env:
        manage(environment, "migrate", "--verbosity", "0")
    else:
        migrated.copy_sqlite(folder / "livepark.sqlite3")
    for command in prepare:
        manage(environment, *command)
    return environment


def environment_of(folder: Path, settings: str = "config.settings.dev", **env: str) -> dict[str, str]:
    """The environment of a site whose files are in `folder`, with nothing done to its database."""
    inherited = {key: value for key, value in os.environ.items() if key not in ("DATABASE_URL", "REDIS_URL")}
    return {**inherited, "LIVEPARK_DATA_DIR": str(folder), "DJANGO_SETTINGS_MODULE": settings, **env}


@contextlib.contextmanager
def serve(env: Mapping[str, str], port: int | None = None, *options: str) -> Iterator[Site]:
    """Serve an installation that is ready; `port` lets one come back where another was killed."""
    port = port or free_port()
    command = [sys.executable, "manage.py", "serve", "--port", str(port), *options]
    with _serving(command, env, port) as site:
        yield site


@contextlib.contextmanager
def serve_pages(env: Mapping[str, str]) -> Iterator[Site]:
    """Serve pages and API of an installation that is ready, with the program that deploy/start begins."""
    port = free_port()
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1"]
    command += ["--port", str(port), "--workers", "2", "config.wsgi:application"]
    with _serving(command, env, port) as site:
        yield site


@contextlib.contextmanager
def started(process: str, env: Mapping[str, str], port: int) -> Iterator[Site]:
    """Run one of the processes of deploy/start that answer calls, on a port of its own."""
    text = (ROOT / "deploy" / "start").read_text("utf-8")
    for written, here in (
        ('cd "$(dirname "$0")/.."', f'cd "{ROOT}"'),
        ("bin=.venv/bin", f'bin="{Path(sys.executable).parent}"'),
        (f"--port {port_of(process)} ", f"--port {port} "),
    ):
        if written not in text:
            raise RuntimeError(f"deploy/start has no {written!r}")
        text = text.replace(written, here)
    with _serving(["sh", "-c", text, "start", process], env, port) as site:
        yield site


@contextlib.contextmanager
def _serving(command: Sequence[str], env: Mapping[str, str], port: int) -> Iterator[Site]:
    url = f"http://127.0.0.1:{port}"

    def answers() -> bool:
        # Whatever it says: behind a proxy it sends who comes without TLS elsewhere.
        asked = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        with contextlib.suppress(OSError, http.client.HTTPException), contextlib.closing(asked):
            asked.request("GET", "/")
            return bool(asked.getresponse().status)
        return False

    log = Path(env["LIVEPARK_DATA_DIR"]) / "serve.log"
    with running(command, log=log, answers=answers, env=env) as server:
        yield Site(url, env, server)
