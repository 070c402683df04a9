"""Starts the site in one process: pages, API, event streams and the embedded worker."""

from __future__ import annotations

import socket
import subprocess
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext, suppress
from pathlib import Path
from types import FrameType
from typing import Any, cast

import uvicorn
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DEFAULT_DB_ALIAS, connection
from django.db.migrations.executor import MigrationExecutor

from core.doors.addresses import EVERYWHERE, LOOPBACK, lan_address, open_to_network
from core.lifetime import stopping


class Server(uvicorn.Server):
    """Says that it stops before it waits for its connections, some of which are streams without an end."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        stopping.set()
        super().handle_exit(sig, frame)


class Command(BaseCommand):
    help = "Start the site on HOST:PORT and print its addresses."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--host",
            default="127.0.0.1",
            help="0.0.0.0 opens it to this network: phones, hall screens, tools",
        )
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--simulate", action="store_true", help="let the day of the demo parks go on")

    def get_check_kwargs(self, options: dict[str, Any]) -> Any:
        return {**cast("dict[str, Any]", super().get_check_kwargs(options)), "databases": [DEFAULT_DB_ALIAS]}

    def handle(self, *args: Any, **options: Any) -> None:
        host, port = options["host"], options["port"]
        self._require_migrated()
        self._require_free(host, port)
        url = self._tell_addresses(host, port)
        welcome = Path(settings.DATA_DIR) / "welcome.txt"
        if welcome.exists():
            self.stdout.write(welcome.read_text(encoding="utf-8"), ending="")
        self.stdout.write("Ctrl-C stops it.")
        self.stdout.flush()
        config = uvicorn.Config(
            "config.asgi:application",
            host=host,
            port=port,
            log_level="warning",
            lifespan="on",
            timeout_graceful_shutdown=3,
            server_header=False,
        )
        server = Server(config)
        simulation = self._simulation(url) if options["simulate"] else nullcontext()
        with simulation, suppress(KeyboardInterrupt):
            server.run()
        if not server.started:
            raise CommandError("The site did not start; the lines above say why.")

    def _tell_addresses(self, host: str, port: int) -> str:
        """Say where the site is reached, to its pages too; returns its address on this machine."""
        everywhere = host in EVERYWHERE
        local = "127.0.0.1" if everywhere else f"[{host}]" if ":" in host else host
        url = f"http://{local}:{port}"
        self.stdout.write(f"Livepark: {url}/")
        if everywhere:
            open_to_network.set()
            if lan := lan_address():
                self.stdout.write(f"In this network, for phones and the hall screen: http://{lan}:{port}/")
        elif host in LOOPBACK:
            self.stdout.write(
                "Phones and hall screens reach it when it is opened: make run HOST=0.0.0.0, or serve --host 0.0.0.0."
            )
        return url

    @contextmanager
    def _simulation(self, url: str) -> Iterator[None]:
        """The demo's day goes on through the public API, in a process that ends with this one, even a killed one."""
        log = Path(settings.DATA_DIR) / "log" / "simulate.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, sys.argv[0], "simulate", "--url", url, "--while-piped"]
        with log.open("wb") as output:
            process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=output, stderr=output, start_new_session=True
            )
            try:
                yield
            finally:
                process.terminate()  # it watches its pipe once it is loaded, not before
                process.communicate(timeout=10)

    def _require_migrated(self) -> None:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            raise CommandError("The database is not up to date. Run `manage.py migrate` first.")

    def _require_free(self, host: str, port: int) -> None:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with closing(socket.socket(family, socket.SOCK_STREAM)) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError as error:
                raise CommandError(
                    f"{host}:{port} cannot be used ({error.strerror}). Choose another: --port 8001"
                ) from error
