"""Take one guard away at a time, in a copy of the tree, and see its tests fail; end with a table.

Words narrow: `make sabotage ARGS="booking key"` takes the saboteurs whose guard names one of them. A loss that goes
unnoticed on SQLite, which has one writer, is tried on PostgreSQL too, where a test is for that alone. Status 1 when a
guard's loss goes unnoticed, or when its tests fail without it too.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import Queue

from steps import ROOT, environment

sys.path.insert(0, str(ROOT))
from tests import servers
from tests.saboteurs import Saboteur, saboteurs

NOTICED, UNNOTICED, BROKEN = "noticed", "NOT NOTICED", "BROKEN"
PASSED, FAILED = 0, 1
ON_POSTGRES = "mark.postgres"
WORKERS = os.cpu_count() or 1


def copy_of_the_tree(place: Path) -> Path:
    """The tree as it stands, without what is not the project's: files that git tracks or would, and built ones."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    built = [str(path.relative_to(ROOT)) for path in ROOT.glob("locale/*/LC_MESSAGES/*.mo")]
    for name in {*listed.stdout.decode().split("\0"), *built} - {""}:
        if (ROOT / name).is_file():
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, place / name)
    shutil.copytree(ROOT / "static" / "vendor", place / "static" / "vendor")
    return place


def pytest(place: Path, tests: Iterable[str], **settings: str) -> int:
    """Run tests in a copy, with these variables of the environment beside the others; returns pytest's code."""
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-n", "0", "-p", "no:cacheprovider", *tests]
    env = environment() | {"PYTHONDONTWRITEBYTECODE": "1"} | settings
    return subprocess.run(command, cwd=place, env=env, capture_output=True, check=False).returncode


def sabotage(place: Path, saboteur: Saboteur) -> str:
    """What comes of taking the guard away in a copy, which is whole again afterwards."""
    file = place / saboteur.file
    whole = file.read_text(encoding="utf-8")
    try:
        file.write_text(saboteur.sabotaged(whole), encoding="utf-8")
        code = pytest(place, saboteur.tests)
        if code == PASSED and any(
            ON_POSTGRES in (place / test).read_text("utf-8") for test in saboteur.tests
        ):
            with servers.postgres_server() as address:
                code = pytest(place, saboteur.tests, DATABASE_URL=address, LIVEPARK_TEST_PG_URL=address)
    except servers.NotInstalled as missing:
        return f"{UNNOTICED} ({missing})"
    finally:
        file.write_text(whole, encoding="utf-8")
    return {PASSED: UNNOTICED, FAILED: NOTICED}.get(code, f"{BROKEN} (pytest ended with {code})")


def main(words: list[str]) -> int:
    chosen = [each for each in saboteurs() if not words or any(word in each.guard for word in words)]
    if not chosen:
        print("No guard is called so.")
        return 2
    with tempfile.TemporaryDirectory(prefix="livepark-sabotage-") as folder:
        places: Queue[Path] = Queue()
        for number in range(WORKERS):
            places.put(copy_of_the_tree(Path(folder) / str(number)))

        def borrowed(saboteur: Saboteur) -> tuple[str, float]:
            place, started = places.get(), time.monotonic()
            try:
                return sabotage(place, saboteur), time.monotonic() - started
            finally:
                places.put(place)

        whole = {path for each in chosen for path in each.tests}
        print(f"{len(whole)} test files without a saboteur ...", flush=True)
        with ThreadPoolExecutor(WORKERS) as pool:
            shares = [sorted(whole)[number::WORKERS] for number in range(WORKERS)]
            codes = list(
                pool.map(pytest, (Path(folder) / str(n) for n in range(WORKERS)), filter(None, shares))
            )
            if any(code != PASSED for code in codes):
                print("They fail as they are: nothing can be learned from them.")
                return 1
            outcomes = []
            for saboteur, (outcome, seconds) in zip(chosen, pool.map(borrowed, chosen), strict=True):
                outcomes.append(outcome)
                print(f"{outcome:<12} {seconds:6.1f} s  {saboteur.guard}", flush=True)
    noticed = outcomes.count(NOTICED)
    print(f"\n{noticed} of {len(chosen)} guards are missed when they are gone.")
    return 0 if noticed == len(chosen) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
