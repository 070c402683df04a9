"""The proxy in front of a site, with a certificate of its own."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import os
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.servers.processes import ROOT, Server, free_port, program, running
from tests.servers.sites import port_of

PROXY = """
worker_processes 1;
pid %(folder)s/nginx.pid;
error_log %(folder)s/error.log;
%(user)s
events { worker_connections 256; }
http {
    include /etc/nginx/mime.types;
    client_body_temp_path %(folder)s/a; proxy_temp_path %(folder)s/b; fastcgi_temp_path %(folder)s/c;
    uwsgi_temp_path %(folder)s/d; scgi_temp_path %(folder)s/e;
    include %(folder)s/livepark.conf;
}
"""


@dataclasses.dataclass
class Proxy:
    """nginx in front of a site: its addresses with TLS and without, and the certificate that it made itself.

    `server` may be killed; `begun` runs it again.
    """

    url: str
    plain: str
    certificate: Path
    server: Server
    begun: Callable[[], contextlib.AbstractContextManager[Server]]


def certificate(folder: Path, name: str) -> Path:
    """Make a certificate of this machine, signed by itself, with its key beside it; returns its file."""
    command = [
        program("openssl"),
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
    ]
    command += ["-nodes", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    command += ["-keyout", folder / f"{name}.key", "-out", folder / f"{name}.crt"]
    subprocess.run(command, check=True, capture_output=True)
    return folder / f"{name}.crt"


@contextlib.contextmanager
def tls_proxy(folder: Path, static: Path, patience: str = "60s", **processes: int) -> Iterator[Proxy]:
    """Run deploy/nginx.conf on free ports with a certificate of its own, in front of `processes`, by name and port.

    `patience` is how long it waits for an answer.
    """
    nginx, trusted = program("nginx", Path("/usr/sbin")), certificate(folder, "tls")
    https, plain = free_port(), free_port()
    text = (ROOT / "deploy" / "nginx.conf").read_text("utf-8")
    for written, here in (
        ("listen 443 ", f"listen 127.0.0.1:{https} "),
        ("listen 80;", f"listen 127.0.0.1:{plain};"),
        ("/etc/livepark/", f"{folder}/"),
        ("/var/log/nginx/", f"{folder}/"),
        ("/srv/livepark/var/static/", f"{static}/"),
        ("proxy_read_timeout 60s;", f"proxy_read_timeout {patience};"),
        *(
            (f"server 127.0.0.1:{port_of(name)};", f"server 127.0.0.1:{at};")
            for name, at in processes.items()
        ),
    ):
        if written not in text:
            raise RuntimeError(f"deploy/nginx.conf has no {written!r}")
        text = text.replace(written, here)
    (folder / "livepark.conf").write_text(text)
    user = "user root;" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(PROXY % {"folder": folder, "user": user})

    def answers() -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", https)) == 0

    command = [nginx, "-e", folder / "error.log", "-c", folder / "nginx.conf", "-g", "daemon off;"]
    begun = functools.partial(running, command, log=folder / "proxy.log", answers=answers)
    with begun() as server:
        yield Proxy(f"https://127.0.0.1:{https}", f"http://127.0.0.1:{plain}", trusted, server, begun)
