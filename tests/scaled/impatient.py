"""Settings of a worker whose patience ends after a second, as that of every worker ends after minutes."""

from __future__ import annotations

from config.settings.dev import *  # noqa: F403

CELERY_TASK_SOFT_TIME_LIMIT = 1
CELERY_TASK_TIME_LIMIT = 2
