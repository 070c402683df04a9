"""Starts the site in one process: pages, API, event streams and the embedded worker."""

from __future__ import annotations

import socket
from argparse import ArgumentParser
from contextlib import closing
from typing import Any

import uvicorn
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from core.addresses import lan_address


class Command(BaseCommand):
    help = "Start the site on HOST:PORT and print its addresses."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="0.0.0.0")  # noqa: S104  (a hall screen and phones reach it by the LAN)
        parser.add_argument("--port", type=int, default=8000)

    def handle(self, *args: Any, **options: Any) -> None:
        host, port = options["host"], options["port"]
        self._require_migrated()
        self._require_free(host, port)
        local = "127.0.0.1" if host in ("0.0.0.0", "::") else host  # noqa: S104
        self.stdout.write(f"Livepark: http://{local}:{port}/")
        lan = lan_address() if host in ("0.0.0.0", "::") else None  # noqa: S104
        if lan:
            self.stdout.write(f"In this network, for phones and the hall screen: http://{lan}:{port}/")
        self.stdout.write("Ctrl-C stops it.")
        self.stdout.flush()
        uvicorn.run(
            "config.asgi:application",
            host=host,
            port=port,
            log_level="warning",
            lifespan="on",
            timeout_graceful_shutdown=5,
            server_header=False,
        )

    def _require_migrated(self) -> None:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            raise CommandError("The database is not up to date. Run `manage.py migrate` first.")

    def _require_free(self, host: str, port: int) -> None:
        with closing(socket.socket(socket.AF_INET, socket.SOCK_STREAM)) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError as error:
                raise CommandError(
                    f"{host}:{port} cannot be used ({error.strerror}). Choose another: --port 8001"
                ) from error
