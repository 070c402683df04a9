"""Writes of the kernel: nodes, memberships, tool keys."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar

from django.contrib.auth import get_user_model
from django.db import IntegrityError, transaction
from django.db.models import QuerySet, Value
from django.db.models.functions import Concat, Substr
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core import audit, clock
from core.actors import Actor
from core.choices import ROLE_NODE_KIND, NodeKind, Role
from core.errors import Conflict, InvalidInput
from core.locking import lock_row, retried
from core.models import Membership, ScopeNode, SecretMixin, ToolKey, User
from core.models.audit import NODE_MOVE
from core.policy import ADD, CHANGE
from core.scoping import get_visible, require

K = TypeVar("K", bound=SecretMixin)

KEY_PREFIX = "lpk_"
# What a key may be allowed to do; every API action names the one it needs.
KEY_SCOPES = {
    "orders:write": gettext_lazy("send orders"),
    "orders:read": gettext_lazy("read order lines"),
    "sessions:write": gettext_lazy("open and end live sessions"),
    "samples:write": gettext_lazy("send audience samples"),
    "bookings:read": gettext_lazy("read bookings and rooms"),
    "bookings:write": gettext_lazy("make bookings"),
    "goods:read": gettext_lazy("read goods"),
    "goods:write": gettext_lazy("add goods"),
    "warehouse:write": gettext_lazy("work in the warehouse"),
    "streams:write": gettext_lazy("get and renew stream keys"),
    "figures:read": gettext_lazy("read figures"),
}
# Order lines, goods and stream keys leave the tenant by its own choice only: no key of a park reaches them, except for
# what the park's own warehouse holds for orders.
TENANT_KEY_SCOPES = frozenset({"orders:read", "goods:read", "goods:write", "streams:write"})


@retried
def node_create(
    *, actor: Actor, kind: str, code: str, name_zh: str, name_en: str = "", parent: ScopeNode | None = None
) -> ScopeNode:
    """Add a node to the scope tree. Conflict when the code is taken: codes are unique for ever."""
    if parent is not None:
        require(actor, ADD, ScopeNode, parent.pk)
    elif not actor.unrestricted:
        require(actor, ADD, ScopeNode)
    try:
        with transaction.atomic():
            node = ScopeNode.objects.create(
                kind=kind, code=code, name_zh=name_zh, name_en=name_en, parent=parent
            )
    except IntegrityError as error:
        raise Conflict(
            _("The code %(code)s is already in use.") % {"code": code}, code="code_taken"
        ) from error
    return node


@retried
def node_move(*, actor: Actor, node: ScopeNode, parent: ScopeNode) -> None:
    """Hang a node and all below it under another parent; rights follow at once."""
    with transaction.atomic():
        # Not the path that the caller knows: this may be the second attempt.
        old, node.parent = lock_row(ScopeNode, node.pk).path, parent
        node.save()
        below = ScopeNode.objects.filter(path__startswith=old).exclude(pk=node.pk)
        below.update(path=Concat(Value(node.path), Substr("path", len(old) + 1)))
        audit.record(
            actor=actor,
            verb=NODE_MOVE,
            obj=node,
            node_id=node.pk,
            before={"path": old},
            after={"path": node.path},
        )


@retried
def membership_grant(*, actor: Actor, user: User, role: str, node: ScopeNode) -> Membership:
    """Give a role on a node. InvalidInput when the role does not stand on that kind of node.

    Who works for a firm is its owner's to say. The park names the first owner, once, and nobody themself.
    """
    if ROLE_NODE_KIND.get(role) != node.kind:
        raise InvalidInput(
            _("This role cannot be given on a node of this kind."), code="role_node", field="role"
        )
    try:
        with transaction.atomic():
            lock_row(ScopeNode, node.pk)
            first = (
                role == Role.TENANT_OWNER
                and user.pk != actor.user_id
                and not Membership.objects.filter(node=node, role=role).exists()
            )
            require(actor, ADD, Membership, node.parent_id if first else node.pk)
            membership = Membership.objects.create(user=user, role=role, node=node)
            audit.record(
                actor=actor,
                verb="membership.grant",
                obj=membership,
                node_id=node.pk,
                after={"user": user.username, "role": role},
            )
    except IntegrityError as error:
        raise Conflict(_("The user already holds this role here."), code="role_held") from error
    return membership


@retried
def member_add(
    *, actor: Actor, node: ScopeNode, role: str, username: str, password: str = "", display_name: str = ""
) -> Membership:
    """Give a role to a log-in that exists, or with a password to a new one. Raises like membership_grant."""
    require(actor, ADD, Membership)
    with transaction.atomic():
        user: User | None
        if password:
            user = user_create(actor=actor, username=username, password=password, display_name=display_name)
        else:
            user = User.objects.filter(username=username).first()
        if user is None:
            raise InvalidInput(
                _("Nobody logs in by this name: give a first password to create it."), field="username"
            )
        return membership_grant(actor=actor, user=user, role=role, node=node)


@retried
def membership_end(*, actor: Actor, membership: Membership) -> None:
    """End a role; it holds no longer from the next request on."""
    with transaction.atomic():
        held = get_visible(Membership, actor, CHANGE, pk=membership.pk)
        held.ended_at = clock.now()
        held.save(update_fields=["ended_at", "updated_at"])
        audit.record(actor=actor, verb="membership.end", obj=held, node_id=held.node_id)


@retried
def user_create(*, actor: Actor, username: str, password: str, display_name: str = "") -> User:
    """Create a log-in without any role."""
    try:
        with transaction.atomic():
            user: User = get_user_model().objects.create_user(
                username, password=password, display_name=display_name
            )
            audit.record(actor=actor, verb="user.create", obj=user)
    except IntegrityError as error:
        raise Conflict(
            _("The user name %(name)s is taken.") % {"name": username}, code="username_taken"
        ) from error
    return user


@retried
def password_set(*, actor: Actor, user: User, password: str) -> User:
    """Give a log-in another password, one's own or as superuser; its other sessions end with the old one."""
    with transaction.atomic():
        if actor.user_id != user.pk:
            require(actor, CHANGE, User)
        held = User.objects.get(pk=user.pk)
        held.set_password(password)
        held.save(update_fields=["password"])
        audit.record(actor=actor, verb="user.password", obj=held)
    return held


def hash_secret(secret: str) -> str:
    """SHA-256 of a secret with 256 random bits: nothing slower is needed."""
    return hashlib.sha256(secret.encode()).hexdigest()


def secret_make(mark: str) -> tuple[str, str]:
    """A new secret of a kind that begins with `mark`, and the prefix by which its row is found."""
    prefix = secrets.token_hex(6)
    return prefix, f"{mark}{prefix}_{secrets.token_urlsafe(32)}"


def row_by_secret(rows: QuerySet[K], mark: str, presented: str) -> K | None:
    """The row whose secret a caller presents, or None: unknown, revoked and expired look the same."""
    prefix = presented.removeprefix(mark).split("_", 1)[0]
    if not presented.startswith(mark) or not (prefix.isascii() and prefix.isprintable()):
        return None
    row = rows.filter(prefix=prefix).first()
    expected = row.secret_hash if row else "0" * 64
    if not secrets.compare_digest(hash_secret(presented), expected) or row is None:
        return None
    if row.revoked_at is not None or (row.expires_at is not None and row.expires_at <= clock.now()):
        return None
    return row


@retried
def tool_key_create(
    *,
    actor: Actor,
    node: ScopeNode,
    name: str,
    scopes: Sequence[str],
    rooms: Sequence[str] = (),
    expires_at: datetime | None = None,
) -> tuple[ToolKey, str]:
    """Make a key for a park or a tenant and return it with its secret, which is shown this once."""
    require(actor, ADD, ToolKey, node.pk)
    unknown = sorted(set(scopes) - set(KEY_SCOPES))
    if unknown or not scopes:
        raise InvalidInput(_("Choose what the key may do."), code="key_scopes", field="scopes")
    if node.kind not in (NodeKind.PARK, NodeKind.TENANT):
        raise InvalidInput(_("A key belongs to a park or to a tenant."), code="key_node", field="node")
    inner = TENANT_KEY_SCOPES & set(scopes)
    if inner and node.kind != NodeKind.TENANT:
        message = _(
            "Only the tenant itself makes keys to its order lines, goods and streams, and only for itself: %(scopes)s."
        )
        raise InvalidInput(message % {"scopes": ", ".join(sorted(inner))}, code="key_scopes", field="scopes")
    prefix, secret = secret_make(KEY_PREFIX)
    with transaction.atomic():
        key = ToolKey.objects.create(
            node=node,
            name=name,
            prefix=prefix,
            secret_hash=hash_secret(secret),
            scopes=sorted(scopes),
            rooms=sorted(rooms),
            expires_at=expires_at,
            created_by_id=actor.user_id,
        )
        audit.record(actor=actor, verb="key.create", obj=key, node_id=node.pk, after={"scopes": key.scopes})
    return key, secret


@retried
def tool_key_revoke(*, actor: Actor, uid: str) -> ToolKey:
    """Revoke a key; the next request with it is refused."""
    with transaction.atomic():
        key = get_visible(ToolKey, actor, CHANGE, uid=uid)
        if key.revoked_at is None:
            key.revoked_at = clock.now()
            key.save(update_fields=["revoked_at", "updated_at"])
            audit.record(actor=actor, verb="key.revoke", obj=key, node_id=key.node_id)
    return key


def tool_key_by_secret(presented: str) -> ToolKey | None:
    """The live key a caller presents, or None."""
    return row_by_secret(ToolKey.objects.select_related("node__tenant"), KEY_PREFIX, presented)
