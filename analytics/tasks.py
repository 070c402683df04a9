"""Celery doors of analytics."""

from __future__ import annotations

from celery import shared_task

from analytics import rollup


@shared_task(name="analytics.tasks.drain")
def drain() -> int:
    return rollup.drain()
