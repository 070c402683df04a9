"""One line on the screen for each step of a set-up, its output in a log file, and advice when it fails.

Runs on the standard library alone: these steps are what brings the other packages.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV_PYTHON = ROOT / ".venv" / "bin" / "python"
TOOLS = ROOT / ".tools"
DATA_DIR = Path(os.environ.get("LIVEPARK_DATA_DIR") or ROOT / "var")

ADVICE = (
    (
        r"name resolution|failed to fetch|error sending request|dns error|ENOTFOUND|EAI_AGAIN|ECONNREFUSED"
        r"|ETIMEDOUT|NewConnectionError|Could not find a version|Read timed out|certificate verify failed",
        "The package index was not reached. Check the network, or name a mirror: PIP_INDEX_URL for Python packages,"
        " npm_config_registry for the front end. Then run the same command again: finished steps are not repeated.",
    ),
    (
        r"hash mismatch|DO NOT MATCH THE HASHES|EINTEGRITY",
        "A download is not the file that was locked: a damaged transfer or a mirror that changed it."
        " Try again; if it stays, use another mirror.",
    ),
    (r"No space left on device|ENOSPC|disk is full", "The disk is full. A first set-up takes about 1.2 GB."),
    (
        r"Permission denied|EACCES|readonly database",
        "A file here belongs to another user: chown -R the folder to yourself.",
    ),
    (
        r"database is locked",
        "Another Livepark works on the same data. Stop it, or set LIVEPARK_DATA_DIR to another folder.",
    ),
    (
        r"InconsistentMigrationHistory|no such (table|column)|already exists",
        "The data was written by another version of Livepark. Go back to that version, or move var/ away"
        " to start afresh.",
    ),
)
OTHERWISE = "Read the log, then run the same command again: finished steps are not repeated."


class StepFailed(Exception):
    """A step ended badly; the text says which, with the end of its output, and what to do."""


def environment() -> dict[str, str]:
    """Return the environment of every step: quiet installers, and a HOME where they can keep their caches."""
    env = {
        **os.environ,
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_NO_INPUT": "1",
        "PIP_ROOT_USER_ACTION": "ignore",
        "UV_PYTHON_DOWNLOADS": "never",
    }
    home = env.get("HOME", "")
    if not (home and Path(home).is_dir() and os.access(home, os.W_OK)):
        own = TOOLS / "home"
        own.mkdir(parents=True, exist_ok=True)
        env["HOME"] = str(own)
        env.pop("XDG_CACHE_HOME", None)
    return env


def fingerprint(*paths: Path) -> str:
    """Return a hash of the content of these files: a stamp that neither a checkout nor a copy makes stale."""
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.read_bytes())
    return digest.hexdigest()


def say(title: str, outcome: str) -> None:
    """Print one finished step."""
    print(f"{title} {'.' * max(3, 46 - len(title))} {outcome}", flush=True)


def advice(output: str) -> str:
    """Return what to do about a step that printed this."""
    return next((text for pattern, text in ADVICE if re.search(pattern, output, re.IGNORECASE)), OTHERWISE)


def step(title: str, command: Sequence[str | Path], env: dict[str, str] | None = None) -> None:
    """Run a command as one step. Raises StepFailed, with the end of its output, when it exits badly."""
    log = DATA_DIR / "log" / f"{re.sub('[^a-z0-9]+', '-', title.lower()).strip('-')}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    print(f"{title} {'.' * max(3, 46 - len(title))} ", end="", flush=True)
    with log.open("w") as out:
        code = subprocess.run(
            command,
            cwd=ROOT,
            env=env or environment(),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            check=False,
        ).returncode
    seconds = time.monotonic() - started
    if code:
        print(f"FAILED after {seconds:.1f} s", flush=True)
        output = log.read_text(errors="replace")
        tail = "\n".join(f"    {line}" for line in output.splitlines()[-15:])
        what = f"The step '{title}' failed (exit code {code}).\n{advice(output)}\nIts whole output: {log}"
        raise StepFailed(f"{tail}\n\n{what}")
    print(f"{seconds:.1f} s", flush=True)


@contextlib.contextmanager
def reported() -> Iterator[None]:
    """Turn a failed step into its message and exit code 1, and Ctrl-C into a quiet end."""
    try:
        yield
    except StepFailed as failure:
        print(f"\n{failure}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        print("\nStopped. Run the same command again to go on from here.", file=sys.stderr)
        sys.exit(0)
