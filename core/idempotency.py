"""The same key and body get the same answer, and the effect happens once: both in one transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from core.errors import Unprocessable
from core.locking import advisory_lock
from core.models import IdempotencyRecord

LONGEST_KEY = 200


@dataclass(frozen=True)
class Answer:
    """A status and the exact text that was sent."""

    status: int
    text: str
    replayed: bool = False


def answer_once(*, credential: str, path: str, key: str, body: bytes, effect: Callable[[], Answer]) -> Answer:
    """Run `effect` unless this credential already used the key on this path; then return the first answer.

    A concurrent request with the same key waits for the first one and replays its answer. The same key with
    another body raises Unprocessable and has no effect. When `effect` raises, nothing is kept.
    """
    if len(key) > LONGEST_KEY or not key.isprintable():
        raise Unprocessable(
            _("The Idempotency-Key must be at most 200 printable characters."), code="idempotency_key"
        )
    body_hash = hashlib.sha256(body).hexdigest()
    with transaction.atomic():
        advisory_lock(f"idempotency:{credential}:{path}:{key}")
        try:
            with transaction.atomic():
                record = IdempotencyRecord.objects.create(
                    credential=credential, path=path, key=key, body_hash=body_hash
                )
        except IntegrityError:
            record = IdempotencyRecord.objects.get(credential=credential, path=path, key=key)
            if record.body_hash != body_hash:
                raise Unprocessable(
                    _("This Idempotency-Key was used with another body."), code="idempotency_key_reused"
                ) from None
            return Answer(record.status, record.answer, replayed=True)
        answer = effect()
        record.status, record.answer = answer.status, answer.text
        record.save(update_fields=["status", "answer"])
        return answer
