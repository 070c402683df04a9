"""What shops call: who speaks is checked over the raw bytes, what is said is kept, a worker reads it."""

from __future__ import annotations

from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import F

from core import clock, doorbell
from core.errors import NotFound
from core.locking import retried
from core.sealing import Broken
from core.words import pack
from supplychain.choices import ShopRefusal
from supplychain.models import ShopHook, ShopMessage, ShopRefusals
from supplychain.services.shophooks import keys_of
from supplychain.shophooks import SHOPS, Call, Keys, Shop, Told, Untrusted

log = structlog.get_logger("livepark.shops")
WRONG_LENGTH = 300


def shop_call(*, hook_uid: UUID, call: Call) -> tuple[int, str, str]:
    """Keep the messages of a call, and return what the shop is answered: status, body, content type.

    A message that is known is not kept again, whenever it comes. Raises NotFound for a connection that is not there or
    is revoked, Untrusted for a call that is not from its shop: that is counted, and nothing of it is kept.
    """
    hook, shop = _find(hook_uid)
    try:
        told = shop.hear(call, _keys(hook))
    except Untrusted as refused:
        _count_refusal(hook, refused.reason)
        raise
    _keep(hook, told)
    return shop.answer


def shop_greeting(*, hook_uid: UUID, call: Call) -> str:
    """What a shop is answered that asks whether the address is right. Raises NotFound, Untrusted."""
    hook, shop = _find(hook_uid)
    try:
        found = shop.greet(call, _keys(hook))
    except Untrusted as refused:
        _count_refusal(hook, refused.reason)
        raise
    if found is None:
        raise NotFound
    return found


def _find(hook_uid: UUID) -> tuple[ShopHook, Shop]:
    hook = ShopHook.objects.filter(uid=hook_uid, revoked_at=None).first()
    if hook is None:
        raise NotFound
    return hook, SHOPS[hook.kind]


def _keys(hook: ShopHook) -> Keys:
    try:
        return keys_of(hook, clock.now())
    except Broken as error:
        raise Untrusted(ShopRefusal.SECRET) from error


@retried
@transaction.atomic
def _keep(hook: ShopHook, told: list[Told]) -> None:
    """One row for each message that is new: the database says which are."""
    ShopMessage.objects.bulk_create(
        [
            ShopMessage(
                hook=hook,
                message_id=each.message_id,
                event=each.event,
                shop_id=each.shop_id,
                sent_at=each.sent_at,
                body=each.body,
                dropped=each.dropped,
                wrong=_wrong(each),
            )
            for each in told
        ],
        ignore_conflicts=True,
    )
    ShopHook.objects.filter(pk=hook.pk).update(last_heard_at=clock.now())
    doorbell.ring(doorbell.SHOPS)


def _wrong(told: Told) -> str:
    """Why a message has no shape, for readers of every language as far as there is room."""
    packed = pack(told.wrong)
    return packed if len(packed) <= WRONG_LENGTH else str(told.wrong)[:WRONG_LENGTH]


@retried
@transaction.atomic
def _count_refusal(hook: ShopHook, reason: ShopRefusal) -> None:
    log.warning("shop message refused", hook=str(hook.uid), reason=reason)
    ShopRefusals.objects.filter(hook=hook).update(
        refused=F("refused") + 1, last_at=clock.now(), reason=reason
    )
