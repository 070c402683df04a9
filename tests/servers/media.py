"""What takes in the pictures of encoders: the media node of a park, and a platform behind it."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import pwd
import shutil
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.servers.processes import ROOT, NotInstalled, free_port, program, running


@dataclasses.dataclass
class MediaNode:
    """A running nginx with its RTMP module: where encoders publish, and where it answers itself."""

    rtmp: str
    control: str
    hls: str
    folder: Path


@contextlib.contextmanager
def media_node(
    site: str, secret: str, rtmp: int, control: int, *, interval: str, trusting: Path | None = None
) -> Iterator[MediaNode]:
    """Run deploy/nginx-rtmp.conf beside a site on these ports; it asks again every `interval`, such as "1s".

    A site with TLS is believed by the certificates of the file `trusting`.
    """
    nginx = program("nginx", Path("/usr/sbin"))
    if not Path("/usr/share/nginx/modules/ngx_rtmp_module.so").exists():
        raise NotInstalled("libnginx-mod-rtmp is not installed (make services)")
    hls = free_port()
    # Its workers give up root, and must still get in.
    folder = Path(tempfile.mkdtemp(prefix="livepark-rtmp-"))
    text = (ROOT / "deploy" / "nginx-rtmp.conf").read_text("utf-8")
    scheme, _, name = site.partition("://")
    host = name.partition(":")[0]
    by_tls = (
        ("http://livepark/", "https://livepark/"),
        ("Host $host;", f"Host {name};"),
        ("# proxy_ssl", "proxy_ssl"),
        ("env LIVEPARK_NODE_SECRET", f"env SSL_CERT_FILE={trusting}; env LIVEPARK_NODE_SECRET"),
        ("proxy_ssl_name park.example;", f"proxy_ssl_name {host};"),
        ("/etc/ssl/certs/ca-certificates.crt", str(trusting)),
    )
    for written, here in (
        ("listen 1935;", f"listen 127.0.0.1:{rtmp};"),
        ("127.0.0.1:1935", f"127.0.0.1:{rtmp}"),
        ("127.0.0.1:8935", f"127.0.0.1:{control}"),
        ("listen 8936;", f"listen 127.0.0.1:{hls};"),
        ("server 127.0.0.1:8000;", f"server {name};"),
        ("/var/lib/livepark-rtmp", str(folder)),
        ("notify_update_timeout 5s;", f"notify_update_timeout {interval};"),
        ("NODE-SECRET;", f"{secret};"),
        # The platform of a test stands in the house.
        ("/etc/livepark/hand-on ", f"{folder}/hand-on --in-house "),
        ("http://127.0.0.1:8000", site),
        *(by_tls if scheme == "https" else ()),
    ):
        if written not in text:
            raise RuntimeError(f"deploy/nginx-rtmp.conf has no {written!r}")
        text = text.replace(written, here)
    (folder / "nginx.conf").write_text(text)
    shutil.copy(ROOT / "deploy" / "hand-on", folder)
    if os.geteuid() == 0:
        folder.chmod(0o755)
        os.chown(folder, pwd.getpwnam("www-data").pw_uid, -1)

    def answers() -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", control)) == 0

    command = [nginx, "-e", folder / "error.log", "-c", folder / "nginx.conf", "-g", "daemon off;"]
    try:
        with running(command, log=folder / "log", answers=answers):
            yield MediaNode(
                f"rtmp://127.0.0.1:{rtmp}",
                f"http://127.0.0.1:{control}",
                f"http://127.0.0.1:{hls}",
                folder,
            )
    finally:
        shutil.rmtree(folder, ignore_errors=True)


PLATFORM = """
load_module modules/ngx_rtmp_module.so;
worker_processes 1;
pid %(folder)s/nginx.pid;
events { worker_connections 64; }
rtmp {
    server {
        listen 127.0.0.1:%(rtmp)d;
        notify_method get;
        application live/third { live on; on_publish http://127.0.0.1:%(http)d/heard; }
    }
}
http {
    access_log off;
    log_format asked $args;
    client_body_temp_path %(folder)s/a; proxy_temp_path %(folder)s/b; fastcgi_temp_path %(folder)s/c;
    uwsgi_temp_path %(folder)s/d; scgi_temp_path %(folder)s/e;
    server {
        listen 127.0.0.1:%(http)d;
        location / { rtmp_stat all; }
        location /heard { access_log %(folder)s/heard asked; return 204; }
    }
}
"""


@dataclasses.dataclass
class Platform:
    """Where it tells which streams it takes in, and the file of what encoders asked it for."""

    stat: str
    heard: Path


@contextlib.contextmanager
def platform(rtmp: int) -> Iterator[Platform]:
    """Run what a platform is to an encoder, on a port."""
    nginx = program("nginx", Path("/usr/sbin"))
    folder, http = Path(tempfile.mkdtemp(prefix="livepark-platform-")), free_port()
    (folder / "nginx.conf").write_text(PLATFORM % {"folder": folder, "rtmp": rtmp, "http": http})
    if os.geteuid() == 0:
        folder.chmod(0o755)

    def answers() -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", http)) == 0

    command = [nginx, "-e", folder / "error.log", "-c", folder / "nginx.conf", "-g", "daemon off;"]
    try:
        with running(command, log=folder / "log", answers=answers):
            yield Platform(f"http://127.0.0.1:{http}/", folder / "heard")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
