"""Real servers for tests. Each takes a free loopback port and a folder of its own, and is stopped by who started it.

Every function that runs one is a context manager that yields once the server answers. What is not installed raises
NotInstalled, whose text says what to install; fixtures turn that into a skip.
"""

from tests.servers.databases import (
    Postgres,
    postgres_cluster,
    postgres_program,
    postgres_server,
    redis_server,
)
from tests.servers.disks import SmallDisk, small_disk
from tests.servers.media import MediaNode, Platform, media_node, platform
from tests.servers.processes import (
    FORBIDS,
    ROOT,
    NotInstalled,
    Server,
    chromium_program,
    free_port,
    program,
    running,
)
from tests.servers.proxies import PROXY, Proxy, certificate, tls_proxy
from tests.servers.sites import (
    Site,
    celery_worker,
    environment_of,
    installed,
    live_site,
    manage,
    port_of,
    queues_of,
    serve,
    serve_pages,
    started,
)

__all__ = [
    "FORBIDS",
    "PROXY",
    "ROOT",
    "MediaNode",
    "NotInstalled",
    "Platform",
    "Postgres",
    "Proxy",
    "Server",
    "Site",
    "SmallDisk",
    "celery_worker",
    "certificate",
    "chromium_program",
    "environment_of",
    "free_port",
    "installed",
    "live_site",
    "manage",
    "media_node",
    "platform",
    "port_of",
    "postgres_cluster",
    "postgres_program",
    "postgres_server",
    "program",
    "queues_of",
    "redis_server",
    "running",
    "serve",
    "serve_pages",
    "small_disk",
    "started",
    "tls_proxy",
]
