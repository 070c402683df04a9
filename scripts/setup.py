"""Make `.venv` from the locked requirements and compile the message catalogues; do nothing twice.

`--dev` adds what tests and linters need, `--assets` the front-end files in static/vendor.
"""

from __future__ import annotations

import argparse
import fcntl
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from steps import ROOT, TOOLS, VENV_PYTHON, StepFailed, environment, fingerprint, reported, say, step

TOOLS_PYTHON = TOOLS / "bin" / "python"
TOOLS_REQUIREMENTS = ROOT / "requirements-tools.txt"
NO_INSTALLER = """No package can be installed: this Python has neither ensurepip nor pip, and uv is not on PATH.
Debian and Ubuntu: apt-get install python3-venv. Without root: put uv on PATH, or choose a Python by PYTHON="""


@contextmanager
def alone() -> Iterator[None]:
    """Hold the set-up of this folder: a second one waits for the first."""
    TOOLS.mkdir(exist_ok=True)
    with (TOOLS / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Waiting for another set-up of this folder", "")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def usable(python: Path) -> bool:
    """Say whether a virtual environment's Python still runs (an upgrade of the system may have broken it)."""
    if not python.exists():
        return False
    check = [python, "-c", "import sys; sys.exit(sys.version_info < (3, 11))"]
    return subprocess.run(check, capture_output=True, check=False).returncode == 0


def tools() -> None:
    """Install uv and Node into `.tools`, apart from the site's own packages."""
    stamp = TOOLS / "stamp"
    wanted = fingerprint(TOOLS_REQUIREMENTS)
    if usable(TOOLS_PYTHON) and stamp.exists() and stamp.read_text() == wanted:
        return
    install = ["install", "--require-hashes", "-r", TOOLS_REQUIREMENTS]
    venv = [sys.executable, "-m", "venv", "--clear", "--without-pip", TOOLS]
    if importlib.util.find_spec("ensurepip"):
        step("Tool environment", [sys.executable, "-m", "venv", TOOLS])
        step("Build tools (uv, Node)", [TOOLS_PYTHON, "-m", "pip", *install])
    elif importlib.util.find_spec("pip"):
        step("Tool environment", venv)
        step("Build tools (uv, Node)", [sys.executable, "-m", "pip", "--python", TOOLS_PYTHON, *install])
    elif uv := shutil.which("uv"):
        step("Tool environment", venv)
        step("Build tools (uv, Node)", [uv, "pip", *install, "--python", TOOLS_PYTHON])
    else:
        raise StepFailed(NO_INSTALLER)
    stamp.write_text(wanted)


def _index() -> dict[str, str]:
    """Return the index that pip is set to use, as uv wants it named: uv does not read pip's configuration."""
    if "UV_DEFAULT_INDEX" in os.environ:
        return {}
    ask = [TOOLS_PYTHON, "-m", "pip", "config", "list"]
    answer = subprocess.run(ask, capture_output=True, text=True, env=environment(), check=False)
    chosen = dict(line.split("=", 1) for line in answer.stdout.splitlines() if "=" in line)
    url = chosen.get(":env:.index-url") or chosen.get("global.index-url")
    return {"UV_DEFAULT_INDEX": url.strip("'")} if url else {}


def packages(requirements: Path) -> None:
    """Install a locked requirements file into `.venv`, each package checked against its hash."""
    title = "Python packages" if requirements.stem == "requirements" else "Test packages"
    stamp = ROOT / ".venv" / f"{requirements.stem}.stamp"
    wanted = fingerprint(requirements)
    if not usable(VENV_PYTHON):
        venv = [sys.executable, "-m", "venv", "--clear", "--without-pip", VENV_PYTHON.parent.parent]
        step("Virtual environment", venv)
    if stamp.exists() and stamp.read_text() == wanted:
        return say(title, "up to date")
    tools()
    install = ["install", "--require-hashes", "-r", requirements]
    try:
        # Compiled now, the first start of the site takes a second instead of four.
        by_uv = [TOOLS / "bin" / "uv", "pip", *install, "--compile-bytecode", "--python", VENV_PYTHON]
        step(title, by_uv, {**environment(), **_index()})
    except StepFailed:
        # An index behind a key ring, a client certificate or an odd proxy: what pip alone was set up for.
        step(f"{title}, by pip", [TOOLS_PYTHON, "-m", "pip", "--python", VENV_PYTHON, *install])
    stamp.write_text(wanted)


def assets() -> None:
    """Fetch the locked front-end libraries and copy the files that pages load to static/vendor."""
    from assets import up_to_date

    if up_to_date():
        return say("Front-end files", "up to date")
    tools()
    step("Front-end files", [TOOLS_PYTHON, ROOT / "scripts" / "assets.py"])


def messages() -> None:
    """Compile the message catalogues whose text is newer than their compiled form."""
    texts = list((ROOT / "locale").glob("*/LC_MESSAGES/*.po"))
    if not texts:
        return say("Message catalogues", "none here")
    if all(
        (mo := po.with_suffix(".mo")).exists() and mo.stat().st_mtime >= po.stat().st_mtime for po in texts
    ):
        return say("Message catalogues", "up to date")
    step("Message catalogues", [VENV_PYTHON, ROOT / "scripts" / "messages.py", "compile"])


def setup(*, dev: bool = False, front_end: bool = False) -> None:
    """Bring this folder to the state that its lock files describe."""
    with alone():
        packages(ROOT / "requirements.txt")
        if dev:
            packages(ROOT / "requirements-dev.txt")
        messages()
        if front_end:
            assets()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--dev", action="store_true")
    parser.add_argument("--assets", action="store_true")
    choice = parser.parse_args()
    with reported():
        setup(dev=choice.dev, front_end=choice.assets)
