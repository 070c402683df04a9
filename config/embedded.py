"""Builds the embedded worker from the beat table."""

from __future__ import annotations

from celery import current_app
from django.conf import settings

from config.beat import BEAT, ON_RING
from core.embedded import EmbeddedWorker


def embedded_worker() -> EmbeddedWorker | None:
    """The worker thread of this process; None where Celery on Redis does the work."""
    if settings.REDIS_URL:
        return None
    current_app.loader.import_default_modules()
    return EmbeddedWorker(
        {name: (current_app.tasks[name].run, every) for name, every in BEAT.items()}, ON_RING
    )
