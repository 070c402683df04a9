"""Celery doors of analytics."""

from __future__ import annotations

from celery import shared_task

from analytics import services, shares
from analytics.counting import drain_figures


@shared_task(name="analytics.tasks.drain")
def drain() -> int:
    """The figures that wait, each kind for at most a minute; beat and the next ring take up what is left."""
    return sum(drain_figures(seconds=60).values())


@shared_task(name="analytics.tasks.share")
def share() -> int:
    """Who sold what, once a minute: each order of a live session would have all of its lines read again."""
    return shares.drain(seconds=60)


@shared_task(name="analytics.tasks.publish_indicators")
def publish_indicators() -> None:
    """Once a day queue the publication of the park-born series; later runs of the day find it done."""
    services.park_indicators_publish_daily()


@shared_task(name="analytics.tasks.judge_parcels")
def judge_parcels() -> int:
    """Once an hour: that a parcel has not left is an event of no time."""
    return services.parcels_judge()


@shared_task(name="analytics.tasks.judge_events")
def judge_events() -> int:
    """Once an hour: orders and refunds of a festival come in for weeks after what was said of it."""
    return services.event_claims_judge()
