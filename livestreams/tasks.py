"""Celery doors of live streams."""

from __future__ import annotations

from celery import shared_task

from livestreams import services


@shared_task(name="livestreams.tasks.release_expired")
def release_expired() -> int:
    return services.release_expired()


@shared_task(name="livestreams.tasks.offer_waitlist")
def offer_waitlist() -> int:
    return services.offer_waitlist()
