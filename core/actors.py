"""Who acts: a person, a tool with a key, or the system itself. Doors make actors, services take them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from core.choices import NodeKind, Role
from core.models import Membership, ToolKey, User


@dataclass(frozen=True)
class Grant:
    """A role on a node, with what scoping needs of the node. The node of a tenant that left hangs where it last sat."""

    role: str
    node_id: int
    node_kind: str
    node_path: str
    has_left: bool = False

    @property
    def park_id(self) -> int | None:
        """The park of the grant: the node itself, or the one in which the tenant of the node sits."""
        if self.node_kind == NodeKind.PARK:
            return self.node_id
        if self.node_kind != NodeKind.TENANT or self.has_left:
            return None
        ids = self.node_path.strip("/").split("/")
        return int(ids[-2]) if len(ids) > 1 else None


@dataclass(frozen=True, kw_only=True)
class Actor:
    """What a door knows of its caller. Read afresh for every request, so a revoked right ends at once."""

    label: str
    user_id: int | None = None
    key_id: int | None = None
    grants: tuple[Grant, ...] = ()
    unrestricted: bool = False
    key_scopes: frozenset[str] = field(default_factory=frozenset)
    rooms: frozenset[str] = field(default_factory=frozenset)

    @property
    def credential(self) -> str:
        """A stable name of the credential, for idempotency and limits."""
        return f"key:{self.key_id}" if self.key_id else f"user:{self.user_id}"

    def has_role(self, *roles: str) -> bool:
        return any(grant.role in roles for grant in self.grants)

    def nodes_with(self, roles: Iterable[str]) -> list[int]:
        """Ids of the nodes on which one of the roles is held, in the order given."""
        wanted = set(roles)
        return list(dict.fromkeys(grant.node_id for grant in self.grants if grant.role in wanted))


NOBODY = Actor(label="anonymous")


def system_actor(label: str) -> Actor:
    """The installation itself: roll-ups, importers started on the command line, the demo."""
    return Actor(label=f"system:{label}", unrestricted=True)


def user_actor(user: User) -> Actor:
    """The actor of a logged-in person; without any right when the account is disabled."""
    if not user.is_active:
        return NOBODY
    memberships = Membership.objects.filter(user=user, ended_at__isnull=True).order_by("id")
    rows = memberships.values_list("role", "node_id", "node__kind", "node__path", "node__tenant__closed_on")
    return Actor(
        label=user.username,
        user_id=user.pk,
        unrestricted=user.is_superuser,
        grants=tuple(
            Grant(role, node, kind, path, closed_on is not None) for role, node, kind, path, closed_on in rows
        ),
    )


def key_actor(key: ToolKey) -> Actor:
    """The actor of a tool: one grant on the key's node, narrowed by the key's scopes and rooms."""
    node = key.node
    tenant = getattr(node, "tenant", None)
    has_left = tenant is not None and tenant.closed_on is not None
    return Actor(
        label=f"key:{key.prefix}",
        key_id=key.pk,
        grants=(Grant(Role.TOOL, node.pk, node.kind, node.path, has_left),),
        key_scopes=frozenset(key.scopes),
        rooms=frozenset(key.rooms),
    )
