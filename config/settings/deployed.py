"""The settings that follow from what a deployment chose in its environment."""

from __future__ import annotations

import re
from typing import Any

from config.env import SQLITE, Environment

SQLITE_OPTIONS = {
    # One writer at a time, taken at BEGIN: a transaction never fails half-way because another one wrote first.
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    # Connections last (core.sqlite3.pool), and so do the statements that they have prepared.
    "cached_statements": 500,
    "init_command": (
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-65536; PRAGMA temp_store=MEMORY; "
        "PRAGMA recursive_triggers=ON; PRAGMA journal_size_limit=67108864"
    ),
}
POSTGRES_OPTIONS = {
    # Who asks while the database is away makes the pool try anew. One that tries by itself waits twice as long after
    # each failure, and so for minutes after the database is back.
    "pool": {"min_size": 1, "max_size": 16, "timeout": 5, "reconnect_timeout": 2},
    "connect_timeout": 5,
    # Lets `core.prepared` have its statements kept; Django's own bear their values, and none is used twice.
    "prepare_threshold": 5,
    # The server looks whether a long statement's client is still there: a killed worker's would run on with its locks.
    "options": (
        "-c statement_timeout=300000 -c lock_timeout=10000 -c idle_in_transaction_session_timeout=60000 "
        "-c client_connection_check_interval=5000 "
        # A page's statements read few rows through many subqueries: they look dear, and compiling them takes seconds.
        "-c jit=off "
        # What is prepared (core.prepared) is planned once: five plans of a hook's query cost more than its answers.
        "-c plan_cache_mode=force_generic_plan"
    ),
}
REDIS_TIMEOUTS = {"socket_timeout": 0.5, "socket_connect_timeout": 0.5}
# A ring is tried once: without max_retries kombu tries for ever to connect, and the request waits with it.
BROKER_OPTIONS = {"visibility_timeout": 3600, "max_retries": 0, **REDIS_TIMEOUTS}


def from_environment(environment: Environment) -> dict[str, Any]:
    """Return the settings, by name, that depend on the environment."""
    database = dict(environment.database)
    embedded_database = database["ENGINE"] == SQLITE
    database["OPTIONS"] = {
        **(SQLITE_OPTIONS if embedded_database else POSTGRES_OPTIONS),
        **database.get("OPTIONS", {}),
    }
    # After a restart of PostgreSQL all connections that wait in the pool are dead: who comes first is not to get one.
    database["CONN_HEALTH_CHECKS"] = not embedded_database
    data_dir = environment.data_dir
    for folder in ("media", "static"):
        (data_dir / folder).mkdir(parents=True, exist_ok=True)
    return {
        "DATA_DIR": data_dir,
        "DATABASES": {"default": database},
        "SECRET_KEY": environment.secret_key,
        "SECRET_KEY_FALLBACKS": environment.secret_key_fallbacks,
        "ALLOWED_HOSTS": environment.allowed_hosts,
        "CSRF_TRUSTED_ORIGINS": environment.csrf_trusted_origins,
        "MEDIA_ROOT": data_dir / "media",
        "STATIC_ROOT": data_dir / "static",
        "REDIS_URL": environment.redis_url,
        "CELERY_BROKER_URL": environment.redis_url or "memory://",
        "CELERY_BROKER_TRANSPORT_OPTIONS": BROKER_OPTIONS if environment.redis_url else {},
        "CACHES": {"default": _cache(environment.redis_url)},
        "LIVEPARK_TRUSTED_PROXIES": environment.trusted_proxies,
        "LIVEPARK_WEBHOOK_NETWORKS": environment.webhook_networks,
        "LOGGING": _logging(environment.log_json),
    }


# Tool keys, display links, media nodes, screens, stream keys: a node without headers shows its secret in the address.
SECRETS = re.compile(r"\b(l(?:pd|pk|pn|ps|sk)_|whsec_)[\w+/=-]+")


def without_secrets(_logger: Any, _method: str, event: dict[str, Any]) -> dict[str, Any]:
    """A line of the log with secrets cut down to what kind they are."""
    return {
        name: SECRETS.sub(r"\1…", value) if isinstance(value, str) else value for name, value in event.items()
    }


def _cache(redis_url: str) -> dict[str, Any]:
    if not redis_url:
        return {
            "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
            "OPTIONS": {"MAX_ENTRIES": 100_000},
        }
    return {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": redis_url,
        "OPTIONS": REDIS_TIMEOUTS,
    }


def _logging(json: bool) -> dict[str, Any]:
    import structlog

    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        without_secrets,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    renderer = structlog.processors.JSONRenderer() if json else structlog.dev.ConsoleRenderer(colors=False)
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "structured": {
                "()": structlog.stdlib.ProcessorFormatter,
                "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
                "foreign_pre_chain": shared,
            }
        },
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "structured"}},
        "root": {"handlers": ["console"], "level": "WARNING"},
        "loggers": {"livepark": {"level": "INFO"}},
    }
