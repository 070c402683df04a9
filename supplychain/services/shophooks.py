"""Connections to shops: made, changed, given another secret, revoked. Secrets are sealed, no platform's comes out."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import msgspec
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from core import audit, clock
from core.actors import Actor
from core.errors import Conflict, InvalidInput
from core.locking import lock_row, retried
from core.policy import ADD, CHANGE
from core.scoping import get_visible, require
from core.sealing import Broken, seal, unseal
from core.strict import StrictError, code
from core.webhooks.signing import is_secret, secret_make
from supplychain.choices import ShopKind, ShopRefusal
from supplychain.models import ShopHook, ShopRefusals
from supplychain.services.sales import DEFAULT_SOURCE, SOURCE_LENGTH
from supplychain.shophooks import SHOPS, Keys, Secret
from supplychain.shophooks.wechat import is_aes_key
from tenants.models import Tenant

MOST = 20
"""Connections of one firm that are not revoked."""
OVERLAP = timedelta(hours=24)
"""How long the secret before the present one is good: time enough to change it on the other side."""
SECRET_LENGTH = 128
AUDITED = ("name", "kind", "source", "shop_id", "app_key", "before_until", "revoked_at")


@retried
@transaction.atomic
def shop_hook_create(
    *,
    actor: Actor,
    tenant: Tenant,
    name: str,
    kind: str,
    source: str = "",
    shop_id: str = "",
    app_key: str = "",
    secret: str = "",
    aes_key: str = "",
) -> tuple[ShopHook, str]:
    """Connect a shop of a firm; returns the connection and the secret that was made for it, "" where one was given.

    A platform gives its secret (WeChat: the token, and `aes_key` beside it); for Standard Webhooks one is made where
    none is given. Raises InvalidInput, Conflict.
    """
    require(actor, ADD, ShopHook, tenant.pk)
    if kind not in SHOPS:
        raise InvalidInput(_("Choose the system of the shop."), code="kind", field="kind")
    lock_row(Tenant, tenant.pk)
    if ShopHook.objects.filter(tenant=tenant, revoked_at=None).count() >= MOST:
        raise Conflict(_("There are %(most)d connections already.") % {"most": MOST}, code="shops_most")
    hook = ShopHook(tenant=tenant, kind=kind, source=_source_of(kind, source))
    _fill(hook, name=name, shop_id=shop_id)
    hook.app_key = _required(app_key, "app_key", 64) if SHOPS[kind].has_app_key else ""
    made = _seal(hook, secret, aes_key)
    _save(hook)
    ShopRefusals.objects.create(hook=hook)
    _record(actor, "shop.connect", hook)
    return hook, made


@retried
@transaction.atomic
def shop_hook_update(*, actor: Actor, hook: ShopHook, **changes: Any) -> ShopHook:
    """Change name or shop_id of a connection."""
    held = _lock(actor, hook)
    before = audit.snapshot(held, AUDITED)
    _fill(held, **{"name": held.name, "shop_id": held.shop_id, **changes})
    _save(held)
    _record(actor, "shop.change", held, before)
    return held


@retried
@transaction.atomic
def shop_hook_renew(
    *, actor: Actor, hook: ShopHook, secret: str = "", aes_key: str = ""
) -> tuple[ShopHook, str]:
    """Give a connection another secret, as `shop_hook_create` does. The one before it is good for a day more."""
    held = _lock(actor, hook)
    held.sealed_before, held.before_until = held.sealed_secret, clock.now() + OVERLAP
    made = _seal(held, secret, aes_key)
    _save(held)
    _record(actor, "shop.secret", held)
    return held, made


@retried
@transaction.atomic
def shop_hook_revoke(*, actor: Actor, hook: ShopHook) -> ShopHook:
    """Hear nothing more over a connection, for ever. What came before stays, and is still read."""
    held = _lock(actor, hook)
    held.revoked_at = clock.now()
    _save(held)
    _record(actor, "shop.revoke", held)
    return held


def shop_hook_secret(*, actor: Actor, hook: ShopHook) -> str:
    """The secret of a connection of Standard Webhooks, for who may change it. Conflict for that of a platform."""
    require(actor, CHANGE, ShopHook, hook.tenant_id)
    if hook.kind != ShopKind.STANDARD:
        raise Conflict(_("The secret is the platform's: look it up there."), code="shop_secret")
    try:
        return _unseal(hook, hook.sealed_secret).secret
    except Broken as error:
        raise Conflict(ShopRefusal.SECRET.label, code="shop_secret") from error


def keys_of(hook: ShopHook, now: datetime) -> Keys:
    """By what a connection knows its shop now. Raises Broken when its secret was sealed under a key that is lost."""
    secrets = [_unseal(hook, hook.sealed_secret)]
    if hook.before_until is not None and now < hook.before_until:
        with suppress(Broken):  # the present one counts
            secrets.append(_unseal(hook, hook.sealed_before))
    return Keys(hook.app_key, tuple(secrets), now)


def _unseal(hook: ShopHook, sealed: str) -> Secret:
    return msgspec.json.decode(unseal(sealed, _purpose(hook)), type=Secret)


def _seal(hook: ShopHook, secret: str, aes_key: str) -> str:
    """Seal what the shop signs with; returns the secret where it was made here."""
    made = ""
    if hook.kind == ShopKind.STANDARD:
        if not secret:
            secret = made = secret_make()
        if not is_secret(secret):
            raise InvalidInput(
                _("This is no secret of Standard Webhooks: whsec_ and base64."), code="secret", field="secret"
            )
    held = Secret(_required(secret, "secret", SECRET_LENGTH))
    if SHOPS[hook.kind].has_aes_key:
        if not is_aes_key(aes_key):
            raise InvalidInput(
                _("The EncodingAESKey has 43 letters and digits."), code="aes_key", field="aes_key"
            )
        held = Secret(held.secret, aes_key)
    hook.sealed_secret = seal(msgspec.json.encode(held).decode(), _purpose(hook))
    return made


def _purpose(hook: ShopHook) -> str:
    """What a secret is sealed for: it cannot be moved to another row."""
    return f"supplychain.shophook:{hook.uid.hex}"


def _source_of(kind: str, source: str) -> str:
    """That of the platform's files; for others what the firm says."""
    fixed = SHOPS[kind].source
    if fixed and source not in ("", fixed):
        raise InvalidInput(
            _("Messages of this shop have the source “%(source)s”, as its files have.") % {"source": fixed},
            code="source",
            field="source",
        )
    return fixed or _required(source or DEFAULT_SOURCE, "source", SOURCE_LENGTH)


def _required(value: str, field: str, length: int) -> str:
    found = _text(value, field, length)
    if not found:
        raise InvalidInput(_("This field is required."), code="required", field=field)
    return found


def _text(value: str, field: str, length: int) -> str:
    try:
        return code(value, length)
    except StrictError as error:
        error.field = field
        raise


def _fill(hook: ShopHook, *, name: str, shop_id: str) -> None:
    hook.name = _required(name, "name", 100)
    hook.shop_id = _text(shop_id, "shop_id", 40)


def _save(hook: ShopHook) -> None:
    try:
        with transaction.atomic():
            hook.save()
    except IntegrityError as error:
        raise Conflict(_("There is a connection of this name."), code="shop_taken", field="name") from error


def _lock(actor: Actor, hook: ShopHook) -> ShopHook:
    get_visible(ShopHook, actor, CHANGE, pk=hook.pk)
    held = lock_row(ShopHook, hook.pk)
    if held.revoked_at is not None:
        raise Conflict(_("The connection is revoked: make another one."), code="shop_revoked")
    return held


def _record(actor: Actor, verb: str, hook: ShopHook, before: dict[str, Any] | None = None) -> None:
    audit.record(
        actor=actor,
        verb=verb,
        obj=hook,
        node_id=hook.tenant_id,
        before=before,
        after=audit.snapshot(hook, AUDITED),
    )
