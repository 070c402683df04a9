"""Celery doors of live streams."""

from __future__ import annotations

from celery import shared_task

from livestreams import services


@shared_task(name="livestreams.tasks.release_expired")
def release_expired() -> int:
    return services.turn_slots()


@shared_task(name="livestreams.tasks.offer_waitlist")
def offer_waitlist() -> int:
    return services.offer_waitlist()


@shared_task(name="livestreams.tasks.expire_exchange")
def expire_exchange() -> int:
    return services.expire_exchange()


@shared_task(name="livestreams.tasks.watch_streams")
def watch_streams() -> int:
    return services.watch_streams()


@shared_task(name="livestreams.tasks.drop_streams")
def drop_streams() -> int:
    return services.drop_streams()


@shared_task(name="livestreams.tasks.forget_encoder_samples")
def forget_encoder_samples() -> int:
    return services.encoder_samples_forget()


@shared_task(name="livestreams.tasks.studio_upkeep")
def studio_upkeep() -> int:
    return services.studio_upkeep()
