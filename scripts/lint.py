"""Run every linter and check; show the output of those that object."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from steps import ROOT, environment

PYTHON = sys.executable
MANAGE = [PYTHON, "manage.py"]
CHECKS: dict[str, list[str]] = {
    "ruff check": [PYTHON, "-m", "ruff", "check", "."],
    "ruff format": [PYTHON, "-m", "ruff", "format", "--check", "."],
    "mypy": [PYTHON, "-m", "mypy"],
    "import contracts": [
        PYTHON,
        "-c",
        "from importlinter.cli import lint_imports_command as lint; lint()",
        "--no-logo",
    ],
    "templates": [PYTHON, "-m", "djlint", ".", "--lint", "--quiet", "--allow-empty-input"],
    "messages": [PYTHON, "scripts/messages.py", "check"],
    "migrations": [*MANAGE, "makemigrations", "--check", "--dry-run"],
    "deployment": [*MANAGE, "check", "--deploy", "--fail-level", "WARNING"],
}


def deployed(folder: str) -> dict[str, str]:
    """Return an environment as production has it, on a throw-away data folder."""
    return {
        "DJANGO_SETTINGS_MODULE": "config.settings.production",
        "DJANGO_SECRET_KEY": secrets.token_urlsafe(64),
        "DJANGO_ALLOWED_HOSTS": "livepark.example.org",
        "LIVEPARK_DATA_DIR": folder,
    }


def main(names: list[str]) -> int:
    """Run the named checks, all without names. Return how many object."""
    objections = 0
    with tempfile.TemporaryDirectory(prefix="livepark-lint-") as folder:
        env = {**environment(), "LIVEPARK_DATA_DIR": str(Path(folder) / "data")}
        for name, command in CHECKS.items():
            if names and name not in names:
                continue
            started = time.monotonic()
            own = deployed(folder) if name == "deployment" else {}
            done = subprocess.run(
                command, cwd=ROOT, env={**env, **own}, capture_output=True, text=True, check=False
            )
            verdict = "ok" if done.returncode == 0 else "OBJECTS"
            print(f"{name:<20}{verdict:<9}{time.monotonic() - started:6.1f} s", flush=True)
            if done.returncode:
                objections += 1
                print(f"{done.stdout}{done.stderr}".strip() + os.linesep, flush=True)
    return objections


if __name__ == "__main__":
    sys.exit(1 if main(sys.argv[1:]) else 0)
