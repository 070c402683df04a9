"""Running embedded sites as a test sees them from outside: their files, their key, a copy that may be harmed."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tests.scaled import oracle
from tests.scaled.conftest import wait_until
from tests.servers import Site

DATABASE = "livepark.sqlite3"
SELLERS = ("tiny-001", "tiny-002", "tiny-003")
Select = Callable[[str], list[tuple[Any, ...]]]


def key_of(site: Site, name: str = "simulator") -> str:
    """The secret of a key of the small demo park: the simulator's, or that of the hall screen."""
    keys = json.loads((Path(site.env["LIVEPARK_DATA_DIR"]) / "demo-keys.json").read_text("utf-8"))
    return str(keys[f"tiny {name}"])


def screen_key_of(site: Site) -> str:
    return key_of(site, "hall screen")


def select_from(env: Mapping[str, str]) -> Select:
    """Run SELECTs on a site's database from beside it."""
    address = f"file:{env['LIVEPARK_DATA_DIR']}/{DATABASE}?mode=ro"

    def select(statement: str) -> list[tuple[Any, ...]]:
        database = sqlite3.connect(address, uri=True, timeout=20)
        try:
            return database.execute(statement).fetchall()
        finally:
            database.close()

    return select


def write_to(env: Mapping[str, str], statement: str) -> None:
    """Write into a site's database from beside it."""
    with sqlite3.connect(f"{env['LIVEPARK_DATA_DIR']}/{DATABASE}", timeout=20) as database:
        database.execute(statement)
    database.close()


def copy_of(site: Site, folder: Path) -> dict[str, str]:
    """The environment of a copy of a running site's data in `folder`."""
    source = Path(site.env["LIVEPARK_DATA_DIR"])
    with sqlite3.connect(source / DATABASE) as original, sqlite3.connect(folder / DATABASE) as copy:
        original.backup(copy)
    for name in ("secret-key", "demo-keys.json"):
        shutil.copy(source / name, folder / name)
    return {**site.env, "LIVEPARK_DATA_DIR": str(folder)}


def marks(select: Select) -> int:
    ((number,),) = select("SELECT COUNT(*) FROM core_bucketmark")
    return int(number)


def all_counted(select: Select, *, seconds: float) -> None:
    """Wait until nothing is dirty; the figures must then equal a recount."""
    wait_until(lambda: not marks(select), seconds=seconds)
    assert oracle.counted(select) == oracle.recounted(select)
