"""Celery doors of the kernel: no arguments but ids, one call each; the rows in the database are the work."""

from __future__ import annotations

from celery import shared_task

from core import audit, jobs, maintenance
from core.webhooks import delivering

# A job lasts as long as it lasts: its row says whether its worker lives, and that it shall stop. Celery takes neither
# 0 nor None for "without a limit" here, but for the limit of all tasks.
UNLIMITED = 10**9


@shared_task(name="core.tasks.run_jobs", soft_time_limit=UNLIMITED, time_limit=UNLIMITED + 1)
def run_jobs() -> int:
    return jobs.run_due()


@shared_task(name="core.tasks.seal_audit")
def seal_audit() -> int:
    return 1 if audit.seal() else 0


@shared_task(name="core.tasks.forget_old_answers")
def forget_old_answers() -> int:
    return maintenance.forget_old_answers()


@shared_task(name="core.tasks.send_webhooks")
def send_webhooks() -> int:
    return delivering.deliver_due()


@shared_task(name="core.tasks.forget_old_deliveries")
def forget_old_deliveries() -> int:
    return maintenance.forget_old_deliveries()


@shared_task(name="core.tasks.forget_old_sessions")
def forget_old_sessions() -> int:
    return maintenance.forget_old_sessions()
