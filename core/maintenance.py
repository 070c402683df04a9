"""What the installation forgets by itself."""

from __future__ import annotations

from datetime import timedelta

from core import clock
from core.models import IdempotencyRecord

ANSWERS_KEPT_FOR = timedelta(days=7)


def forget_old_answers() -> int:
    """Delete idempotency answers older than a week; natural keys of the ledger go on protecting for ever."""
    deleted, _by_model = IdempotencyRecord.objects.filter(
        created_at__lt=clock.now() - ANSWERS_KEPT_FOR
    ).delete()
    return deleted
