"""The Celery application of the scaled deployment: the same tasks and beat table as the embedded thread."""

from __future__ import annotations

import os
from typing import Any

import structlog
from celery import Celery
from celery.beat import PersistentScheduler
from celery.signals import worker_ready

from config.beat import BEAT, ON_RING

log = structlog.get_logger("livepark.beat")


class SteadfastScheduler(PersistentScheduler):
    """A beat that outlives its broker: a tick that fails in an unforeseen way is tried again with a new connection."""

    def tick(self, *arguments: Any, **named: Any) -> Any:
        try:
            return super().tick(*arguments, **named)
        except Exception as error:
            log.warning("tick failed", reason=f"{type(error).__name__}: {error}"[:300])
            for name in ("producer", "connection"):
                self.__dict__.pop(name, None)
            return 1.0


os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.dev")

app = Celery("livepark")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.beat_scheduler = "config.celery:SteadfastScheduler"
app.autodiscover_tasks()
app.conf.beat_schedule = {
    name: {"task": name, "schedule": every, "options": {"expires": every * 2}} for name, every in BEAT.items()
}


@worker_ready.connect
def look_at_once(**_about: Any) -> None:
    """A worker that starts finds what piled up before it, or was left half done, without waiting for the beat."""
    for name in ON_RING:
        app.tasks[name].apply_async(retry=False)
