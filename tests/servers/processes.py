"""Programs that tests run beside themselves: where they are, on which ports, how they begin and end."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


FORBIDS = "this machine forbids "
"""Begins the reason of a skip that no installation can help, which is none of a suite that quietly tests less."""


class NotInstalled(Exception):
    """A program is missing; the text names it and the command that installs it."""


@dataclasses.dataclass
class Server:
    """A running server: its process, which leads a session of its own, and its log."""

    process: subprocess.Popen[bytes]
    log: Path

    def kill(self) -> None:
        """Kill the server and its children at once, as a lost machine would."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def output(self) -> str:
        return self.log.read_text(errors="replace")


def free_port() -> int:
    """Return a loopback port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def program(name: str, *folders: Path) -> Path:
    """Return where a program is: on PATH, or in the first of these folders that has it."""
    found = shutil.which(name) or shutil.which(name, path=os.pathsep.join(map(str, folders)))
    if found is None:
        raise NotInstalled(f"{name} is not installed (make services)")
    return Path(found)


def chromium_program() -> Path:
    """Return the browser: Debian's chromium, or one that calls itself otherwise."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        with contextlib.suppress(NotInstalled):
            return program(name)
    return program("chromium")


def identity(account: pwd.struct_passwd | None) -> dict[str, Any]:
    """Return the arguments that make a process run as somebody else; nobody else by default."""
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []} if account else {}


@contextlib.contextmanager
def running(
    command: Sequence[str | Path],
    *,
    log: Path,
    answers: Callable[[], bool],
    env: Mapping[str, str] | None = None,
    account: pwd.struct_passwd | None = None,
    stop: signal.Signals = signal.SIGTERM,
    seconds: float = 60,
) -> Iterator[Server]:
    """Run a command until the block ends, which begins when `answers()` is true.

    Raises RuntimeError with the end of the log when the command ends or stays silent for `seconds`.
    """
    # A test run that is killed takes its servers along.
    wrapper = ["setpriv", "--pdeathsig", "TERM", "--"] if shutil.which("setpriv") else []
    with log.open("ab") as out:
        process = subprocess.Popen(
            [*wrapper, *map(str, command)],
            cwd=ROOT,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            **identity(account),
        )
    server = Server(process, log)
    try:
        deadline = time.monotonic() + seconds
        while not answers():
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{command[0]} did not come up:\n{server.output()[-3000:]}")
            time.sleep(0.05)
        yield server
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(stop)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=15)
        server.kill()
