"""Start Livepark on this machine: set up what is missing, keep the data, load the demo once, serve."""

from __future__ import annotations

import argparse
import errno
import os
import socket
import sys

from setup import setup
from steps import ROOT, VENV_PYTHON, StepFailed, environment, reported, step


def free(host: str, port: int) -> None:
    """Raise StepFailed, with what to do, when the site could not listen there."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            # A connection of the last run that is still closing does not count as taken.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            probe.listen(1)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "errno", None)
        if reason == errno.EADDRINUSE:
            text = f"Port {port} is taken by another program. Choose another: make run PORT={port + 1}"
        elif reason == errno.EACCES:
            text = f"Port {port} is for root alone. Choose one above 1023: make run PORT=8000"
        else:
            text = f"The site cannot listen on {host}, port {port}: {error}. Try: make run HOST=127.0.0.1 PORT=8000"
        raise StepFailed(text) from error


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    choice = parser.parse_args()
    manage = [VENV_PYTHON, ROOT / "manage.py"]
    with reported():
        free(choice.host, choice.port)
        setup(front_end=True)
        step("Database", [*manage, "migrate", "--noinput"])
        step("Demo data", [*manage, "demo", "--if-empty", "--catch-up"])
    # The site takes this process over: Ctrl-C and every other signal reach it and nothing else.
    sys.stdout.flush()
    os.chdir(ROOT)
    serve = [*map(str, manage), "serve", "--host", choice.host, "--port", str(choice.port), "--simulate"]
    os.execve(VENV_PYTHON, serve, environment())


if __name__ == "__main__":
    main()
