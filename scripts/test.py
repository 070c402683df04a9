"""Run the suite on every part that this machine has; end with a table of what ran, and what did not and why.

Arguments go to pytest: paths, -k, -x. REQUIRE_ALL=1 makes everything that did not run a failure.
"""

from __future__ import annotations

import collections
import dataclasses
import os
import signal
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path

from steps import ROOT, environment

sys.path.insert(0, str(ROOT))
from tests import servers

POSTGRES, REDIS, CHROMIUM = "PostgreSQL", "Redis", "Chromium"


@dataclasses.dataclass(frozen=True)
class Part:
    """One run of pytest: the tests it takes, what has to be there, and whether they may run side by side.

    `only` are the marks without any of which a file need not be read.
    """

    name: str
    marks: str
    needs: tuple[str, ...] = ()
    only: str = ""
    parallel: bool = True

    def settings(self, addresses: dict[str, str]) -> dict[str, str]:
        """Return the variables that put the site on this part's servers."""
        chosen = {"LIVEPARK_TEST_MARKS": self.only}
        if POSTGRES in self.needs:
            chosen["DATABASE_URL"] = addresses[POSTGRES]
        if REDIS in self.needs:
            chosen["REDIS_URL"] = f"{addresses[REDIS]}/0"
        return chosen


PARTS = (
    Part("SQLite", "not postgres and not worker and not browser"),
    Part(
        "PostgreSQL",
        "(both_databases or postgres) and not worker and not browser",
        (POSTGRES,),
        only="both_databases postgres",
    ),
    # Its tests empty all of Redis, and look at the clock.
    Part("Celery worker on Redis", "worker", (POSTGRES, REDIS), only="worker", parallel=False),
    Part("Chromium", "browser", (CHROMIUM,), only="browser"),
)


@dataclasses.dataclass
class Outcome:
    """What one part came to."""

    passed: int = 0
    failed: int = 0
    seconds: float = 0
    skipped: collections.Counter[str] = dataclasses.field(default_factory=collections.Counter)
    note: str = ""

    @classmethod
    def read(cls, report: Path, seconds: float, code: int) -> Outcome:
        """Count pytest's report of a run that ended with this exit code."""
        outcome = cls(seconds=seconds)
        if report.exists():
            for case in ET.parse(report).iter("testcase"):
                if case.find("failure") is not None or case.find("error") is not None:
                    outcome.failed += 1
                elif (skip := case.find("skipped")) is not None:
                    outcome.skipped[skip.get("message", "")] += 1
                else:
                    outcome.passed += 1
        if code not in (0, 1, 5) or (code and code != 5 and not outcome.failed):
            outcome.failed += 1
            outcome.note = f"pytest ended with code {code}"
        return outcome


def start_servers(stack: ExitStack, env: dict[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """Start what is installed; return the addresses, and why the rest is missing."""
    addresses, missing = {}, {}
    starters = {POSTGRES: servers.postgres_server, REDIS: servers.redis_server}
    for name, start in starters.items():
        try:
            addresses[name] = stack.enter_context(start())
        except servers.NotInstalled as reason:
            missing[name] = str(reason)
    try:
        addresses[CHROMIUM] = str(servers.chromium_program())
    except servers.NotInstalled as reason:
        missing[CHROMIUM] = str(reason)
    for name, variable in ((POSTGRES, "LIVEPARK_TEST_PG_URL"), (REDIS, "LIVEPARK_TEST_REDIS_URL")):
        if name in addresses:
            env[variable] = addresses[name]
    return addresses, missing


def migrate_early(stack: ExitStack, env: dict[str, str], address: str) -> None:
    """Make the database from which those of PostgreSQL's part are copied while the first part makes its own.

    Migrating is the work of one core. If it fails, that part tries again and shows why.
    """
    command = [sys.executable, "-m", "tests.migrated", address]
    early = subprocess.Popen(command, cwd=ROOT, env=env, stderr=subprocess.DEVNULL)
    stack.callback(early.wait)


def run(part: Part, env: dict[str, str], folder: Path, arguments: Iterable[str]) -> Outcome:
    """Run one part, its output on the screen."""
    print(f"\n--- {part.name} ---", flush=True)
    report = folder / f"{part.name}.xml"
    command = [sys.executable, "-m", "pytest", "-q", "-m", part.marks, f"--junitxml={report}"]
    command += ["--durations=5", "--durations-min=10"]
    # A file's tests share what takes long to make: they stay together, the longest first as they are collected.
    command += ["-n", str(os.cpu_count() or 1) if part.parallel else "0", "--dist", "loadfile"]
    command += ["--no-loadscope-reorder", *arguments]
    started = time.monotonic()
    code = subprocess.run(command, cwd=ROOT, env=env, check=False).returncode
    return Outcome.read(report, time.monotonic() - started, code)


def table(outcomes: dict[str, Outcome], left_out: dict[str, str]) -> None:
    """Print what ran, and what did not and why."""
    print(f"\n{'part':<26}{'passed':>8}{'failed':>8}{'skipped':>9}{'seconds':>9}")
    for name, outcome in outcomes.items():
        counts = f"{outcome.passed:>8}{outcome.failed:>8}{outcome.skipped.total():>9}{outcome.seconds:>9.1f}"
        print(f"{name:<26}{counts}  {outcome.note}".rstrip())
    for name, reason in left_out.items():
        print(f"{name:<26}did not run: {reason}")
    for name, outcome in outcomes.items():
        for reason, count in outcome.skipped.most_common():
            print(f"skipped in {name}, {count}: {reason}")
    print()


def main(arguments: list[str]) -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    require_all = bool(os.environ.get("REQUIRE_ALL"))
    outcomes: dict[str, Outcome] = {}
    left_out: dict[str, str] = {}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="livepark-test-")))
        # PostgreSQL runs as another user when root tests, and has to find its folder inside.
        folder.chmod(0o711)
        env = {**environment(), "TMPDIR": str(folder), "LIVEPARK_DATA_DIR": str(folder / "data")}
        env["LIVEPARK_TEST_MIGRATED"] = str(folder / "migrated")  # each whole run migrates from nothing, once
        for variable in ("DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE"):
            env.pop(variable, None)
        # Else every process of the run compiles tests and site for itself: half of what it takes to begin.
        env.pop("PYTHONDONTWRITEBYTECODE", None)
        addresses, missing = start_servers(stack, env)
        if POSTGRES in addresses:
            migrate_early(stack, env, addresses[POSTGRES])
        for part in PARTS:
            if reasons := [missing[need] for need in part.needs if need in missing]:
                left_out[part.name] = "; ".join(reasons)
            else:
                outcomes[part.name] = run(part, {**env, **part.settings(addresses)}, folder, arguments)
    table(outcomes, left_out)
    passed, failed, skipped = (
        sum(outcome.passed for outcome in outcomes.values()),
        sum(outcome.failed for outcome in outcomes.values()) + (len(left_out) if require_all else 0),
        sum(outcome.skipped.total() for outcome in outcomes.values()),
    )
    if require_all:
        forbidden = sum(
            count
            for outcome in outcomes.values()
            for reason, count in outcome.skipped.items()
            if servers.FORBIDS in reason
        )
        failed, skipped = failed + skipped - forbidden, forbidden
    print(f"{passed} passed, {failed} failed, {skipped} skipped", flush=True)
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
