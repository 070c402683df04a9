"""The Celery application of the scaled deployment: the same tasks and beat table as the embedded thread."""

from __future__ import annotations

import os

from celery import Celery

from config.beat import BEAT

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.dev")

app = Celery("livepark")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.conf.beat_schedule = {
    name: {"task": name, "schedule": every, "options": {"expires": every * 2}} for name, every in BEAT.items()
}
