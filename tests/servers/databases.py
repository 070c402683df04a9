"""PostgreSQL and Redis, new and empty each time."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import redis

from tests.servers.processes import Server, free_port, identity, program, running


def postgres_program(name: str) -> Path:
    """Return a program of the newest PostgreSQL: Debian keeps them off PATH."""
    versions = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name), reverse=True
    )
    return program(name, *versions)


def _account() -> pwd.struct_passwd | None:
    """Return whom PostgreSQL runs as: it refuses root, and needs an account that has a name."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    return names.get("postgres") or names["nobody"]


@dataclasses.dataclass
class Postgres:
    """A PostgreSQL that `begun` runs, as often as wanted, and the address of its database, made the first time."""

    address: str
    begun: Callable[[], contextlib.AbstractContextManager[Server]]


@contextlib.contextmanager
def postgres_server(*settings: str) -> Iterator[str]:
    """Run a new PostgreSQL; yield the address of its empty database, of which the caller is superuser.

    `settings` are `name=value` and come last.
    """
    with postgres_cluster(*settings) as made, made.begun():
        yield made.address


@contextlib.contextmanager
def postgres_cluster(*settings: str) -> Iterator[Postgres]:
    """Make a new PostgreSQL that is not running yet, with `settings` as above.

    fsync is off: a killed server keeps what it acknowledged, a machine without power would not.
    """
    initdb, postgres = postgres_program("initdb"), postgres_program("postgres")
    account = _account()
    folder = Path(tempfile.mkdtemp(prefix="livepark-postgres-"))
    password = secrets.token_hex(16)
    try:
        (folder / "password").write_text(password)
        for path in (folder, folder / "password"):
            if account:
                os.chown(path, account.pw_uid, account.pw_gid)
        initialise = [initdb, "--pgdata", folder / "data", "--username", "livepark", "--no-sync"]
        initialise += ["--auth", "scram-sha-256", "--pwfile", folder / "password"]
        initialise += ["--encoding", "UTF8", "--locale", "C.UTF-8"]
        made = subprocess.run(
            initialise, cwd=folder, capture_output=True, text=True, check=False, **identity(account)
        )
        if made.returncode:
            raise RuntimeError(f"initdb failed:\n{made.stdout}{made.stderr}")
        port = free_port()
        address = f"postgres://livepark:{password}@127.0.0.1:{port}/"
        options = (
            "listen_addresses=127.0.0.1", f"port={port}", f"unix_socket_directories={folder}", "max_connections=200",
            "fsync=off", "full_page_writes=off", "timezone=UTC", *settings,
        )  # fmt: skip
        command = [postgres, "-D", folder / "data", *(part for option in options for part in ("-c", option))]

        def answers() -> bool:
            with contextlib.suppress(psycopg.OperationalError):
                psycopg.connect(address + "postgres", connect_timeout=2).close()
                return True
            return False

        @contextlib.contextmanager
        def begun() -> Iterator[Server]:
            run = running(command, log=folder / "log", answers=answers, account=account, stop=signal.SIGINT)
            with run as server:
                with psycopg.connect(address + "postgres", autocommit=True) as connection:
                    if not connection.execute(
                        "SELECT FROM pg_database WHERE datname = 'livepark'"
                    ).fetchall():
                        connection.execute("CREATE DATABASE livepark")
                yield server

        yield Postgres(address + "livepark", begun)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def redis_server(*options: str, port: int | None = None) -> Iterator[str]:
    """Run a new Redis that keeps nothing; yield its address, without a database number.

    `options` are passed on, such as "--maxmemory", "4mb"; `port` lets one come back where another was killed.
    """
    redis_program = program("redis-server")
    port = port or free_port()
    address = f"redis://127.0.0.1:{port}"

    def answers() -> bool:
        with contextlib.suppress(redis.ConnectionError), redis.Redis.from_url(address) as client:
            return bool(client.ping())
        return False

    with tempfile.TemporaryDirectory(prefix="livepark-redis-") as folder:
        command = [redis_program, "--port", str(port), "--bind", "127.0.0.1", "--dir", folder]
        command += ["--save", "", "--appendonly", "no", *options]
        with running(command, log=Path(folder) / "log", answers=answers):
            yield address
