"""Celery doors of analytics."""

from __future__ import annotations

from celery import shared_task

from analytics import rollup, services
from analytics.trust import judging
from supplychain.services import placing


@shared_task(name="analytics.tasks.drain")
def drain() -> int:
    """Place order lines, count dirty hours, judge sessions, each for at most a minute; beat takes up what is left."""
    return placing.drain(seconds=60) + rollup.drain(seconds=60) + judging.drain(seconds=60)


@shared_task(name="analytics.tasks.publish_indicators")
def publish_indicators() -> None:
    """Once a day queue the publication of the park-born series; later runs of the day find it done."""
    services.park_indicators_publish_daily()
