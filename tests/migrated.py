"""Databases that are migrated already: test databases and the sites of tests begin with a copy.

All migrations together take as long as a hundred tests. What they made is kept until something changes of which tables
are made; `make test` names a folder of its own and so begins with nothing.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
from psycopg import sql

ROOT = Path(__file__).resolve().parent.parent
SHAPED_BY = (
    "requirements.txt",
    "core/*.py",
    "core/management/commands/migrate.py",
    "*/__init__.py",
    "*/addresses.py",
    "*/choices.py",
    "*/choices/*.py",
    "*/models.py",
    "*/models/**/*.py",
    "*/migrations/*.py",
)


def copy_sqlite(target: Path) -> None:
    """Write a migrated SQLite database."""
    with _alone("sqlite") as folder:
        kept = folder / f"{_shape()}.sqlite3"
        if not kept.exists():
            for older in folder.glob("*.sqlite3"):
                older.unlink()
            with tempfile.TemporaryDirectory(dir=folder) as data:
                _migrate(LIVEPARK_DATA_DIR=data)
                (Path(data) / "livepark.sqlite3").rename(kept)
        shutil.copyfile(kept, target)


def postgres_template(address: str) -> str:
    """Return the name of a migrated database on the server of this address, to be copied and not to be used."""
    name = f"migrated_{_shape()}"
    kept, begun = sql.Identifier(name), sql.Identifier(f"{name}_begun")
    with _alone("postgres") as folder, psycopg.connect(address, autocommit=True) as server:
        if not server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
            server.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(begun))
            server.execute(sql.SQL("CREATE DATABASE {}").format(begun))
            with tempfile.TemporaryDirectory(dir=folder) as data:
                _migrate(LIVEPARK_DATA_DIR=data, DATABASE_URL=f"{address.rpartition('/')[0]}/{name}_begun")
            server.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(begun, kept))
    return name


@contextlib.contextmanager
def _alone(kind: str) -> Iterator[Path]:
    """The folder of what is kept; whoever else asks for a database of this kind waits."""
    folder = Path(os.environ.get("LIVEPARK_TEST_MIGRATED") or ROOT / ".pytest_cache" / "migrated")
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{kind}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield folder


def shaping_files() -> list[Path]:
    """Everything of which tables are made: models, migrations, and what these import."""
    return sorted({path for pattern in SHAPED_BY for path in ROOT.glob(pattern)})


def _shape() -> str:
    digest = hashlib.sha256()
    for path in shaping_files():
        digest.update(f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def _migrate(**env: str) -> None:
    inherited = {key: value for key, value in os.environ.items() if key not in ("DATABASE_URL", "REDIS_URL")}
    done = subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity", "0"],
        cwd=ROOT,
        env={**inherited, "DJANGO_SETTINGS_MODULE": "config.settings.dev", **env},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"migrate failed:\n{done.stdout}{done.stderr}")


if __name__ == "__main__":
    postgres_template(sys.argv[1])
