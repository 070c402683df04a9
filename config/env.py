"""The only reader of the process environment: typed, with a default or a refusal for every variable."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent
# What a secret is made of at least; 50 random hexadecimal digits have more than ten different ones.
LETTERS, DIFFERENT = 50, 10
SQLITE, POSTGRESQL = "core.sqlite3", "django.db.backends.postgresql"
# What DATABASE_URL may name, and what it is run with.
ENGINES = {"django.db.backends.sqlite3": SQLITE, POSTGRESQL: POSTGRESQL}


@dataclass(frozen=True, kw_only=True)
class Environment:
    """What a deployment may choose. docs/operations.md explains each variable to operators."""

    data_dir: Path
    """Folder of the embedded database, uploads and logs."""
    database: dict[str, Any]
    """Django's DATABASES["default"], from DATABASE_URL; SQLite in data_dir without it."""
    redis_url: str
    """Celery broker and shared cache; empty means embedded: a thread does the work."""
    secret_key: str
    secret_key_fallbacks: list[str]
    """Secrets before the present one: what was sealed and signed under them is still read."""
    allowed_hosts: list[str]
    csrf_trusted_origins: list[str]
    trusted_proxies: int
    """How many reverse proxies stand in front, whose X-Forwarded-For entries may be believed."""
    log_json: bool
    webhook_networks: tuple[IPv4Network | IPv6Network, ...]
    """Inner networks whose receivers may be told by webhook, also without TLS; none unless the operator names some."""


def _database(reader: environ.Env, data_dir: Path) -> dict[str, Any]:
    url = reader.str("DATABASE_URL", default="")
    if not url:
        return {"ENGINE": SQLITE, "NAME": str(data_dir / "livepark.sqlite3")}
    database = dict(reader.db_url_config(url))
    engine = database["ENGINE"]
    if engine not in ENGINES:
        raise ImproperlyConfigured(f"DATABASE_URL names {engine}; Livepark runs on PostgreSQL or SQLite.")
    return {**database, "ENGINE": ENGINES[engine]}


def _networks(names: list[str]) -> tuple[IPv4Network | IPv6Network, ...]:
    try:
        return tuple(ip_network(name) for name in names)
    except ValueError as error:
        raise ImproperlyConfigured(f"LIVEPARK_WEBHOOK_NETWORKS: {error}") from error


def read(*, local_secret: Callable[[Path], str] | None, allowed_hosts: list[str] | None) -> Environment:
    """Read the environment.

    `local_secret`, which is given the data folder, and `allowed_hosts` are the defaults of the calling settings;
    None means that the deployment has to name them: production raises ImproperlyConfigured instead of inventing
    a secret.
    """
    reader = environ.Env()
    data_dir = Path(reader.str("LIVEPARK_DATA_DIR", default=str(BASE_DIR / "var"))).resolve()
    key = reader.str("DJANGO_SECRET_KEY", default="") or (local_secret(data_dir) if local_secret else "")
    hosts = reader.list("DJANGO_ALLOWED_HOSTS", default=allowed_hosts or [])
    if not key or (local_secret is None and (len(key) < LETTERS or len(set(key)) < DIFFERENT)):
        raise ImproperlyConfigured(
            f"DJANGO_SECRET_KEY must be set to a random text of at least {LETTERS} characters."
        )
    if not hosts:
        raise ImproperlyConfigured("DJANGO_ALLOWED_HOSTS must name the hosts this site answers for.")
    return Environment(
        data_dir=data_dir,
        database=_database(reader, data_dir),
        redis_url=reader.str("REDIS_URL", default=""),
        secret_key=key,
        secret_key_fallbacks=reader.list("DJANGO_SECRET_KEY_FALLBACKS", default=[]),
        allowed_hosts=hosts,
        csrf_trusted_origins=reader.list("DJANGO_CSRF_TRUSTED_ORIGINS", default=[]),
        trusted_proxies=reader.int("LIVEPARK_TRUSTED_PROXIES", default=0),
        log_json=reader.bool("LIVEPARK_LOG_JSON", default=False),
        webhook_networks=_networks(reader.list("LIVEPARK_WEBHOOK_NETWORKS", default=[])),
    )
