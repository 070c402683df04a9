"""Celery doors of analytics."""

from __future__ import annotations

from celery import shared_task

from analytics import rollup


@shared_task(name="analytics.tasks.drain")
def drain() -> int:
    """Count dirty buckets for at most a minute; the beat and the next ring take up what is left."""
    return rollup.drain(seconds=60)
