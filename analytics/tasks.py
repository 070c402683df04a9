"""Celery doors of analytics."""

from __future__ import annotations

from celery import shared_task

from analytics import rollup, services


@shared_task(name="analytics.tasks.drain")
def drain() -> int:
    """Count dirty buckets for at most a minute; the beat and the next ring take up what is left."""
    return rollup.drain(seconds=60)


@shared_task(name="analytics.tasks.publish_indicators")
def publish_indicators() -> None:
    """Once a day queue the publication of the park-born series; later runs of the day find it done."""
    services.park_indicators_publish_daily()
