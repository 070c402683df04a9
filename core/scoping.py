"""The only place that decides which rows an actor sees. It fails closed: no declaration, no policy, no rows.

visible_to(LiveRoom.objects.all(), actor)             rows the actor may view
visible_to(Booking.objects.all(), actor, "change")    rows the actor may change
get_visible(Booking, actor, uid=...)                  one of them, or NotFound, absent and foreign alike
require(actor, "add", Booking, node_id)               may the actor do this on that node?
require_of(actor, "add", SessionClaim, session)       may the actor do this to what hangs on that row?
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import reduce
from operator import or_
from typing import Any, TypeVar

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet

from core import policy
from core.actors import Actor, Grant
from core.choices import NodeKind
from core.errors import NotFound, Refused
from core.models.base import Scope
from core.models.scope import ScopeNode
from core.policy import Reach
from core.words import gettext as _

M = TypeVar("M", bound=Model)

# Models of other packages, which cannot declare a scope themselves.
THIRD_PARTY: dict[str, Scope] = {
    "admin.LogEntry": Scope(system="the audit log replaces it"),
    "auth.Group": Scope(system="rights come from memberships"),
    "auth.Permission": Scope(system="rights come from memberships"),
    "contenttypes.ContentType": Scope(system="bookkeeping of Django"),
    "sessions.Session": Scope(system="log-in cookies"),
    "axes.AccessAttempt": Scope(system="log-in limit"),
    "axes.AccessAttemptExpiration": Scope(system="log-in limit"),
    "axes.AccessFailureLog": Scope(system="log-in limit"),
    "axes.AccessLog": Scope(system="log-in limit"),
}


def scope_of(model: type[Model]) -> Scope | None:
    """The declared scope of a model, or None: then nobody sees a row of it."""
    declared = model.__dict__.get("scope") or getattr(model, "scope", None)
    return declared if isinstance(declared, Scope) else THIRD_PARTY.get(model._meta.label)


def visible_to(queryset: QuerySet[M], actor: Actor, verb: str = policy.VIEW) -> QuerySet[M]:
    """Narrow a queryset to the rows on which the actor holds the verb."""
    if actor.unrestricted:
        return queryset
    model = queryset.model
    scope = scope_of(model)
    if scope is None or scope.system:
        return queryset.none()
    reached: Q | None = None
    for grant, reach in _holding(actor, model, verb):
        rows = _rows(scope, grant, reach, actor, verb)
        if rows is None:
            return queryset
        if scope.told and verb == policy.VIEW:
            rows |= Q(**{f"{scope.told}__in": _above(grant)})
        reached = rows if reached is None else reached | rows
    if reached is None:
        return queryset.none()
    if scope.many or scope.seen_from or scope.told:
        return queryset.filter(pk__in=model._base_manager.filter(reached).values("pk"))
    return queryset.filter(reached)


def _rows(scope: Scope, grant: Grant, reach: Reach, actor: Actor, verb: str) -> Q | None:
    """The rows one grant reaches; None means all rows of the model."""
    if scope.reference:
        return None
    hung = (*scope.nodes, *scope.seen_from) if verb == policy.VIEW else scope.nodes
    if reach is Reach.OWN:
        return Q(**{scope.user: actor.user_id}) if scope.user and actor.user_id else Q(pk__in=[])
    if reach is Reach.PARK:
        return _any_of(Q(**{lookup: grant.park_id}) for lookup in hung) if grant.park_id else Q(pk__in=[])
    if reach is Reach.SHARED:
        return _any_of(Q(**{f"{lookup}__in": _sharing(scope, grant.node_path)}) for lookup in hung)
    if reach is Reach.NODE or grant.node_kind == NodeKind.TENANT:
        return _any_of(Q(**{lookup: grant.node_id}) for lookup in hung)
    rows = _below(scope, hung, subtree_ids(grant.node_path))
    if scope.park_views and verb == policy.VIEW:
        rows |= Q(**{f"{scope.park_views}__in": subtree_ids(grant.node_path)})
    if scope.about:
        own = _any_of(Q(**{lookup: grant.node_id}) for lookup in scope.nodes)
        rows &= own | Q(**{f"{scope.about}__in": policy.seen_below(grant.role)})
    return rows


def _below(scope: Scope, hung: tuple[str, ...], nodes: QuerySet[ScopeNode, int]) -> Q:
    """The rows that hang on some nodes of the tree: those of a park by their park, whoever is in it now."""
    if callable(scope.park):
        return scope.park(nodes)
    return _any_of(Q(**{f"{lookup}__in": nodes}) for lookup in ((scope.park,) if scope.park else hung))


def _above(grant: Grant) -> list[int]:
    """Ids of the node of a grant and of those above it; a tenant that left is told of nothing there."""
    return (
        [grant.node_id] if grant.has_left else [int(part) for part in grant.node_path.strip("/").split("/")]
    )


def _any_of(conditions: Iterable[Q]) -> Q:
    """At least one condition; no condition at all means no row."""
    return reduce(or_, conditions, Q(pk__in=[]))


def subtree_ids(path: str) -> QuerySet[ScopeNode, int]:
    """Ids of a node and of everything below it, as a subquery."""
    return ScopeNode.objects.filter(path__startswith=path).values_list("pk", flat=True)


def _sharing(scope: Scope | None, path: str) -> QuerySet[ScopeNode, int]:
    """Ids of the nodes below a path that show the rows of this scope to their park: none without a declaration."""
    nodes = subtree_ids(path)
    return nodes.filter(**{scope.shared: True}) if scope is not None and scope.shared else nodes.none()


def shares(model: type[Model], node: ScopeNode) -> bool:
    """Whether a tenant shows its rows of a model to its park at this moment."""
    return _sharing(scope_of(model), node.path).filter(pk=node.pk).exists()


def hidden_columns(actor: Actor, model: type[Model], node_id: int | None = None) -> frozenset[str]:
    """The private columns of a model that the actor may not read at a node."""
    scope = scope_of(model)
    if scope is None or not scope.private or may(actor, policy.VIEW_PRIVATE, model, node_id):
        return frozenset()
    return frozenset(scope.private)


def get_visible(model: type[M], actor: Actor, verb: str = policy.VIEW, **lookup: Any) -> M:
    """One visible row, or NotFound with the same words whether it is absent or foreign."""
    try:
        row = visible_to(model._default_manager.all(), actor, verb).filter(**lookup).first()
    except (ValueError, TypeError, OverflowError, ValidationError) as error:
        raise NotFound from error
    if row is None:
        raise NotFound
    return row


def may(actor: Actor, verb: str, model: type[Model], node_id: int | None = None) -> bool:
    """Whether the actor holds the verb on the model at a node (or anywhere, without a node)."""
    if actor.unrestricted:
        return True
    return any(_covers(model, grant, reach, node_id) for grant, reach in _holding(actor, model, verb))


def _covers(model: type[Model], grant: Grant, reach: Reach, node_id: int | None) -> bool:
    if reach is Reach.SHARED:
        nodes = _sharing(scope_of(model), grant.node_path)
        return (nodes if node_id is None else nodes.filter(pk=node_id)).exists()
    if node_id is None:
        return True
    if reach is Reach.PARK:
        return node_id == grant.park_id
    if node_id == grant.node_id:
        return True
    return (
        reach is not Reach.NODE
        and ScopeNode.objects.filter(pk=node_id, path__startswith=grant.node_path).exists()
    )


def require(actor: Actor, verb: str, model: type[Model], node_id: int | None = None) -> None:
    """Raise Refused unless `may`. Services call it before they write."""
    if not may(actor, verb, model, node_id):
        raise Refused(_("You may not do this here."))


def require_of(actor: Actor, verb: str, model: type[Model], row: Model) -> None:
    """Raise Refused unless the actor holds the verb on rows of a model that hang on this one.

    The grant that holds the verb must reach the row itself: what a firm did stays with the park in which it did it.
    """
    if actor.unrestricted:
        return
    scope = scope_of(type(row))
    for grant, reach in _holding(actor, model, verb):
        rows = _rows(scope, grant, reach, actor, verb) if scope and not scope.system else Q(pk__in=[])
        if rows is None or type(row)._base_manager.filter(rows, pk=row.pk).exists():
            return
    raise Refused(_("You may not do this here."))


def _holding(actor: Actor, model: type[Model], verb: str) -> Iterator[tuple[Grant, Reach]]:
    """The grants of an actor by which it holds a verb on a model, and how far each reaches."""
    for grant in actor.grants:
        permission = policy.permission(model._meta.label, grant.role)
        if permission is not None and verb in permission.verbs:
            yield grant, permission.reach


def undeclared_models() -> list[str]:
    """Labels of models without a scope: the system check and the contract tests want this empty."""
    return [model._meta.label for model in apps.get_models() if scope_of(model) is None]
