"""Real servers for tests. Each takes a free loopback port and a folder of its own, and is stopped by who started it.

Every function here is a context manager that yields once the server answers. What is not installed raises
NotInstalled, whose text says what to install; fixtures turn that into a skip.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import http.client
import os
import pwd
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import psycopg
import redis
from celery import Celery

from tests import migrated

ROOT = Path(__file__).resolve().parent.parent


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


def postgres_program(name: str) -> Path:
    """Return a program of the newest PostgreSQL: Debian keeps them off PATH."""
    versions = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name), reverse=True
    )
    return program(name, *versions)


def chromium_program() -> Path:
    """Return the browser: Debian's chromium, or one that calls itself otherwise."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        with contextlib.suppress(NotInstalled):
            return program(name)
    return program("chromium")


def _identity(account: pwd.struct_passwd | None) -> dict[str, Any]:
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
            **_identity(account),
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


def _account() -> pwd.struct_passwd | None:
    """Return whom PostgreSQL runs as: it refuses root, and needs an account that has a name."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    return names.get("postgres") or names["nobody"]


@dataclasses.dataclass
class Postgres:
    """A PostgreSQL that `begun` runs, as often as wanted, and the address of its database, made the first time."""

    address: str
    begun: Callable[[], contextlib.AbstractContextManager[Server]]


@contextlib.contextmanager
def postgres_server(*settings: str) -> Iterator[str]:
    """Run a new PostgreSQL; yield the address of its empty database, of which the caller is superuser.

    `settings` are `name=value` and come last.
    """
    with postgres_cluster(*settings) as made, made.begun():
        yield made.address


@contextlib.contextmanager
def postgres_cluster(*settings: str) -> Iterator[Postgres]:
    """Make a new PostgreSQL that is not running yet, with `settings` as above.

    fsync is off: a killed server keeps what it acknowledged, a machine without power would not.
    """
    initdb, postgres = postgres_program("initdb"), postgres_program("postgres")
    account = _account()
    folder = Path(tempfile.mkdtemp(prefix="livepark-postgres-"))
    password = secrets.token_hex(16)
    try:
        (folder / "password").write_text(password)
        for path in (folder, folder / "password"):
            if account:
                os.chown(path, account.pw_uid, account.pw_gid)
        initialise = [initdb, "--pgdata", folder / "data", "--username", "livepark", "--no-sync"]
        initialise += ["--auth", "scram-sha-256", "--pwfile", folder / "password"]
        initialise += ["--encoding", "UTF8", "--locale", "C.UTF-8"]
        made = subprocess.run(
            initialise, cwd=folder, capture_output=True, text=True, check=False, **_identity(account)
        )
        if made.returncode:
            raise RuntimeError(f"initdb failed:\n{made.stdout}{made.stderr}")
        port = free_port()
        address = f"postgres://livepark:{password}@127.0.0.1:{port}/"
        options = (
            "listen_addresses=127.0.0.1", f"port={port}", f"unix_socket_directories={folder}", "max_connections=200",
            "fsync=off", "full_page_writes=off", "timezone=UTC", *settings,
        )  # fmt: skip
        command = [postgres, "-D", folder / "data", *(part for option in options for part in ("-c", option))]

        def answers() -> bool:
            with contextlib.suppress(psycopg.OperationalError):
                psycopg.connect(address + "postgres", connect_timeout=2).close()
                return True
            return False

        @contextlib.contextmanager
        def begun() -> Iterator[Server]:
            run = running(command, log=folder / "log", answers=answers, account=account, stop=signal.SIGINT)
            with run as server:
                with psycopg.connect(address + "postgres", autocommit=True) as connection:
                    if not connection.execute(
                        "SELECT FROM pg_database WHERE datname = 'livepark'"
                    ).fetchall():
                        connection.execute("CREATE DATABASE livepark")
                yield server

        yield Postgres(address + "livepark", begun)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@dataclasses.dataclass
class SmallDisk:
    """A file system of its own, and how it becomes full."""

    folder: Path

    @property
    def _filler(self) -> Path:
        return self.folder / "filler"

    def fill(self, leave: int = 0) -> None:
        """Leave so many bytes of room, or what others have written meanwhile leaves of them."""
        with self._filler.open("ab") as file:
            while (more := shutil.disk_usage(self.folder).free - leave) > 0:
                with contextlib.suppress(OSError):
                    os.posix_fallocate(file.fileno(), os.fstat(file.fileno()).st_size, more)

    def make_room(self) -> None:
        self._filler.unlink()


@contextlib.contextmanager
def small_disk(folder: Path, mebibytes: int) -> Iterator[SmallDisk]:
    """Give a folder a file system of its own, in memory. NotInstalled where nobody, or not this user, may do so."""
    mount = ["mount", "-t", "tmpfs", "-o", f"size={mebibytes}m", "tmpfs", str(folder)]
    if os.geteuid() != 0:
        raise NotInstalled("a small disk is made by root alone")
    done = subprocess.run(mount, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NotInstalled(f"{FORBIDS}root to make a small disk: {done.stderr.strip()}")
    try:
        yield SmallDisk(folder)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@contextlib.contextmanager
def redis_server(*options: str, port: int | None = None) -> Iterator[str]:
    """Run a new Redis that keeps nothing; yield its address, without a database number.

    `options` are passed on, such as "--maxmemory", "4mb"; `port` lets one come back where another was killed.
    """
    redis_program = program("redis-server")
    port = port or free_port()
    address = f"redis://127.0.0.1:{port}"

    def answers() -> bool:
        with contextlib.suppress(redis.ConnectionError), redis.Redis.from_url(address) as client:
            return bool(client.ping())
        return False

    with tempfile.TemporaryDirectory(prefix="livepark-redis-") as folder:
        command = [redis_program, "--port", str(port), "--bind", "127.0.0.1", "--dir", folder]
        command += ["--save", "", "--appendonly", "no", *options]
        with running(command, log=Path(folder) / "log", answers=answers):
            yield address


def queues_of(process: str) -> list[str]:
    """The queues that a process of deploy/start takes messages from."""
    text = (ROOT / "deploy" / "start").read_text("utf-8")
    found = re.search(rf"^ +{process}\) .*--queues ([a-z,]+) ", text, re.MULTILINE)
    return found[1].split(",") if found else []


def port_of(process: str) -> int:
    """The port of loopback that a process of deploy/start listens on."""
    text = (ROOT / "deploy" / "start").read_text("utf-8")
    found = re.search(rf"^ +{process}\) .* --port (\d+) ", text, re.MULTILINE)
    if found is None:
        raise RuntimeError(f"deploy/start has no port of {process}")
    return int(found[1])


@contextlib.contextmanager
def celery_worker(env: Mapping[str, str], *, queues: Sequence[str], beat: bool = False) -> Iterator[Server]:
    """Run a worker with two processes on the DATABASE_URL and REDIS_URL of `env`; yield it once it answers.

    `beat` adds the beat table. Kill it by `server.kill()`: the block then ends without complaint.
    """
    name = f"worker-{secrets.token_hex(4)}@livepark"
    broker = Celery(broker=env["REDIS_URL"], set_as_current=False)

    def answers() -> bool:
        return bool(broker.control.ping(destination=[name], timeout=0.3))

    with tempfile.TemporaryDirectory(prefix="livepark-worker-") as folder:
        command = [
            sys.executable,
            "-m",
            "celery",
            "-A",
            "config",
            "worker",
            "-n",
            name,
            "-Q",
            ",".join(queues),
        ]
        command += ["--concurrency", "2", "--loglevel", "INFO"]
        command += ["--beat", "--schedule", f"{folder}/beat"] if beat else []
        with running(command, log=Path(folder) / "log", answers=answers, env=env) as server:
            yield server
        broker.close()


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


@dataclasses.dataclass
class Site:
    """A site in a process of its own, as `make run` starts it."""

    url: str
    env: Mapping[str, str]
    server: Server

    def manage(self, *arguments: str) -> str:
        """Run a management command on this site's data; return what it printed."""
        return manage(self.env, *arguments)


def manage(env: Mapping[str, str], *arguments: str) -> str:
    """Run a management command; return what it printed. Raises RuntimeError, with its output, when it fails."""
    command = [sys.executable, "manage.py", *arguments]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"manage.py {' '.join(arguments)} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


@contextlib.contextmanager
def live_site(
    folder: Path, *prepare: Sequence[str], settings: str = "config.settings.dev", **env: str
) -> Iterator[Site]:
    """Run a whole site on migrated data in `folder`, after the commands of `prepare`.

    `env` adds variables such as DATABASE_URL and REDIS_URL; without them the site is embedded.
    """
    environment = installed(folder, *prepare, settings=settings, **env)
    with serve(environment) as site:
        yield site


def installed(
    folder: Path, *prepare: Sequence[str], settings: str = "config.settings.dev", **env: str
) -> dict[str, str]:
    """The environment of a whole site on migrated data in `folder`, after the commands of `prepare`."""
    environment = environment_of(folder, settings, **env)
    if "DATABASE_URL" in env:
        manage(environment, "migrate", "--verbosity", "0")
    else:
        migrated.copy_sqlite(folder / "livepark.sqlite3")
    for command in prepare:
        manage(environment, *command)
    return environment


def environment_of(folder: Path, settings: str = "config.settings.dev", **env: str) -> dict[str, str]:
    """The environment of a site whose files are in `folder`, with nothing done to its database."""
    inherited = {key: value for key, value in os.environ.items() if key not in ("DATABASE_URL", "REDIS_URL")}
    return {**inherited, "LIVEPARK_DATA_DIR": str(folder), "DJANGO_SETTINGS_MODULE": settings, **env}


@contextlib.contextmanager
def serve(env: Mapping[str, str], port: int | None = None, *options: str) -> Iterator[Site]:
    """Serve an installation that is ready; `port` lets one come back where another was killed."""
    port = port or free_port()
    command = [sys.executable, "manage.py", "serve", "--port", str(port), *options]
    with _serving(command, env, port) as site:
        yield site


@contextlib.contextmanager
def serve_pages(env: Mapping[str, str]) -> Iterator[Site]:
    """Serve pages and API of an installation that is ready, with the program that deploy/start begins."""
    port = free_port()
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1"]
    command += ["--port", str(port), "--workers", "2", "config.wsgi:application"]
    with _serving(command, env, port) as site:
        yield site


@contextlib.contextmanager
def started(process: str, env: Mapping[str, str], port: int) -> Iterator[Site]:
    """Run one of the processes of deploy/start that answer calls, on a port of its own."""
    text = (ROOT / "deploy" / "start").read_text("utf-8")
    for written, here in (
        ('cd "$(dirname "$0")/.."', f'cd "{ROOT}"'),
        ("bin=.venv/bin", f'bin="{Path(sys.executable).parent}"'),
        (f"--port {port_of(process)} ", f"--port {port} "),
    ):
        if written not in text:
            raise RuntimeError(f"deploy/start has no {written!r}")
        text = text.replace(written, here)
    with _serving(["sh", "-c", text, "start", process], env, port) as site:
        yield site


@contextlib.contextmanager
def _serving(command: Sequence[str], env: Mapping[str, str], port: int) -> Iterator[Site]:
    url = f"http://127.0.0.1:{port}"

    def answers() -> bool:
        # Whatever it says: behind a proxy it sends who comes without TLS elsewhere.
        asked = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        with contextlib.suppress(OSError, http.client.HTTPException), contextlib.closing(asked):
            asked.request("GET", "/")
            return bool(asked.getresponse().status)
        return False

    log = Path(env["LIVEPARK_DATA_DIR"]) / "serve.log"
    with running(command, log=log, answers=answers, env=env) as server:
        yield Site(url, env, server)
