"""Builds the embedded workers from the beat table."""

from __future__ import annotations

from celery import current_app
from django.conf import settings

from config.beat import BEAT
from core.doorbell import JOBS, WEBHOOKS
from core.embedded import EmbeddedWorker


def embedded_workers() -> list[EmbeddedWorker]:
    """The worker threads of this process; none where Celery on Redis does the work.

    Jobs have a thread of their own: an import of minutes must not stop the count. So have webhooks: their receivers
    may be slow.
    """
    if settings.REDIS_URL:
        return []
    current_app.loader.import_default_modules()
    table = {name: (current_app.tasks[name].run, every) for name, every in BEAT.items()}
    apart = [{name: table.pop(name)} for name in (JOBS, WEBHOOKS)]
    return [EmbeddedWorker(each) for each in (table, *apart)]
