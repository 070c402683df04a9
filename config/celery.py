"""The Celery application of the scaled deployment: the same tasks and beat table as the embedded thread."""

from __future__ import annotations

import os
from typing import Any

from celery import Celery
from celery.signals import worker_ready
from kombu.transport.redis import Channel

from config.beat import BEAT, ON_RING

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.dev")

# A worker whose broker went away would put back what it had not acknowledged, over the connection that is gone, and die
# of it. No message is worth that: the sweep looks anyway (docs/adr/0006).
Channel.do_restore = False

app = Celery("livepark")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.conf.beat_schedule = {
    name: {"task": name, "schedule": every, "options": {"expires": every * 2}} for name, every in BEAT.items()
}


@worker_ready.connect
def look_at_once(**_about: Any) -> None:
    """A worker that starts finds what piled up before it, or was left half done, without waiting for the beat."""
    for name in ON_RING:
        app.tasks[name].apply_async(retry=False)
