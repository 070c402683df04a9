"""What the installation forgets by itself."""

from __future__ import annotations

from datetime import timedelta

from django.contrib.sessions.models import Session

from core import clock
from core.choices import DeliveryState
from core.models import IdempotencyRecord, WebhookDelivery

ANSWERS_KEPT_FOR = timedelta(days=7)
DELIVERIES_KEPT_FOR = timedelta(days=30)


def forget_old_answers() -> int:
    """Delete idempotency answers older than a week; natural keys of the ledger go on protecting for ever."""
    deleted, _by_model = IdempotencyRecord.objects.filter(
        created_at__lt=clock.now() - ANSWERS_KEPT_FOR
    ).delete()
    return deleted


def forget_old_deliveries() -> int:
    """Delete webhook messages that nobody waits for any more, a month after they were last touched."""
    done = WebhookDelivery.objects.exclude(state=DeliveryState.WAITING)
    deleted, _by_model = done.filter(updated_at__lt=clock.now() - DELIVERIES_KEPT_FOR).delete()
    return deleted


def forget_old_sessions() -> int:
    """Delete the rows of log-ins that are over; the cookies that name them open nothing any more."""
    deleted, _by_model = Session.objects.filter(expire_date__lt=clock.now()).delete()
    return deleted
