"""What becomes known after a fact came in: its session, its SKU. Each answer is a new version beside the ledger."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Exists, Max, OuterRef, QuerySet
from django.utils.translation import gettext as _

from core import audit, buckets, clock
from core.actors import Actor
from core.choices import UnresolvedKind
from core.errors import InvalidInput, NotFound
from core.locking import advisory_lock, retried
from core.models import Unresolved
from core.policy import ADD
from core.scoping import require
from livestreams.models import LiveSession
from supplychain.choices import ATTRIBUTION_KEPT, LineType, SalesKind
from supplychain.models import Attribution, SalesEvent, Sku, SkuResolution
from supplychain.models.parcels import line_name
from supplychain.services.launches import mark_sold
from supplychain.services.references import (
    answers_lock,
    as_uid,
    lock_facts,
    owners_by_code,
    possible_owners,
    session_rule,
    sessions_by_ref,
    skus_by_code,
)
from supplychain.services.stock_sales import Sold, exchange, move_key
from tenants.models import Tenant

BY_CODE, BY_HAND = "code", "manual"
REFERENCES = {
    UnresolvedKind.SESSION: "session_ref",
    UnresolvedKind.SKU: "sku_code",
    UnresolvedKind.OWNER: "owner_ref",
}
"""The column of a fact in which a reference of a kind stands."""


@dataclass(frozen=True)
class Answer:
    """For one fact: the id of its session or SKU (None: it has none), and the rule that says so."""

    event: SalesEvent
    target: int | None
    rule: str


@retried
def attribution_set(
    *, actor: Actor, seller: Tenant, event_ids: Iterable[int], session: LiveSession | None, rule: str
) -> int:
    """Say to which session facts belong, None: to no park session, for good. Returns how many facts.

    NotFound where a fact is not the seller's or the session does not show the seller: absent and foreign alike.
    """
    require(actor, ADD, Attribution, seller.pk)
    if rule not in ATTRIBUTION_KEPT:
        raise InvalidInput(_("There is no such rule."), code="rule", field="rule")
    with transaction.atomic():
        lock_facts(seller, alone=True)
        events = _events_of(seller, event_ids)
        if session is not None and not sessions_by_ref(seller, [str(session.uid)], ""):
            raise NotFound
        _attribute(seller, [Answer(event, session.pk if session else None, rule) for event in events])
        close_answered(seller)
        after = {"events": len(events), "session": str(session.uid) if session else None, "rule": rule}
        _record(actor, "attribution.set", Attribution, seller, after)
    return len(events)


@retried
def sku_resolve(
    *, actor: Actor, seller: Tenant, event_ids: Iterable[int], sku: Sku | None, rule: str = BY_HAND
) -> int:
    """Say which SKU facts are about, None: none of ours. Stock follows. Returns how many facts.

    NotFound where a fact is not the seller's or the SKU's tenant is not one whose goods the seller may sell.
    """
    require(actor, ADD, SkuResolution, seller.pk)
    if not rule or len(rule) > 32:
        raise InvalidInput(_("There is no such rule."), code="rule", field="rule")
    with transaction.atomic():
        lock_facts(seller, alone=True)
        events = _events_of(seller, event_ids)
        if sku is not None and not owners_by_code(seller, [sku.tenant.code]):
            raise NotFound
        _resolve(seller, [Answer(event, sku.pk if sku else None, rule) for event in events])
        close_answered(seller)
        after = {"events": len(events), "sku": str(sku.uid) if sku else None, "rule": rule}
        _record(actor, "sku.resolve", SkuResolution, seller, after)
    return len(events)


@retried
def resolve_pending(*, actor: Actor, seller: Tenant) -> int:
    """Answer the references of a seller that have become known since. Returns how many facts got an answer."""
    require(actor, ADD, Attribution, seller.pk)
    require(actor, ADD, SkuResolution, seller.pk)
    return place_known(actor=actor, seller=seller)


@retried
def place_known(*, actor: Actor, seller: Tenant) -> int:
    """What `resolve_pending` does, for a service that has just made a reference known: it decides nothing itself."""
    if not any(_known(seller)):
        return 0
    with transaction.atomic():
        lock_facts(seller, alone=True)
        sessions, skus = _known(seller)
        _attribute(seller, sessions)
        _resolve(seller, skus)
        close_answered(seller)
        _record(
            actor, "references.resolve", Unresolved, seller, {"sessions": len(sessions), "skus": len(skus)}
        )
    return len(sessions) + len(skus)


def resolve_all_pending(*, actor: Actor) -> int:
    """`resolve_pending` of every seller with an open reference that exists somewhere by now."""
    waiting = Unresolved.objects.filter(resolved_at__isnull=True)
    sessions = waiting.filter(kind=UnresolvedKind.SESSION)
    uids = [uid for uid in map(as_uid, sessions.values_list("reference", flat=True)) if uid is not None]
    known_uids = [str(uid) for uid in LiveSession.objects.filter(uid__in=uids).values_list("uid", flat=True)]
    found = [
        waiting.filter(Exists(Sku.objects.filter(code=OuterRef("reference"))), kind=UnresolvedKind.SKU),
        waiting.filter(Exists(Tenant.objects.filter(code=OuterRef("reference"))), kind=UnresolvedKind.OWNER),
        sessions.filter(Exists(LiveSession.objects.filter(platform_live_id=OuterRef("reference")))),
        sessions.filter(reference__in=known_uids),
    ]
    nodes = {node for rows in found for node in rows.values_list("node_id", flat=True).distinct()}
    sellers = Tenant.objects.filter(pk__in=nodes).order_by("pk")
    return sum(resolve_pending(actor=actor, seller=seller) for seller in sellers)


# Which facts wait for an answer


def _events_of(seller: Tenant, event_ids: Iterable[int]) -> list[SalesEvent]:
    wanted = set(event_ids)
    events = list(SalesEvent.objects.filter(seller=seller, pk__in=wanted).order_by("pk"))
    if len(events) != len(wanted) or not wanted:
        raise NotFound
    return events


def _without(model: type[Attribution] | type[SkuResolution]) -> Any:
    return ~Exists(model._default_manager.filter(event_id=OuterRef("pk")))


def _open(seller: Tenant, kind: str) -> list[str]:
    rows = Unresolved.objects.filter(node_id=seller.pk, kind=kind, resolved_at__isnull=True)
    return list(rows.values_list("reference", flat=True))


def _waiting(seller: Tenant, kind: str, references: Iterable[str]) -> QuerySet[SalesEvent]:
    """Facts of a seller that count, name one of these references and have no answer yet."""
    events = SalesEvent.objects.filter(seller=seller).current()
    if kind == UnresolvedKind.SESSION:
        return events.filter(_without(Attribution), session_ref__in=references, session__isnull=True)
    events = events.filter(_without(SkuResolution), sku__isnull=True)
    of_unknown_owner = {"owner": seller, "owner_ref__gt": ""}
    if kind == UnresolvedKind.OWNER:
        return events.filter(owner_ref__in=references, **of_unknown_owner).exclude(owner_ref=seller.code)
    unknown = events.filter(**of_unknown_owner).exclude(owner_ref=seller.code)
    return events.filter(sku_code__in=references).exclude(pk__in=unknown.values("pk"))


def _known(seller: Tenant) -> tuple[list[Answer], list[Answer]]:
    """Answers on sessions and on SKUs that can be given now."""
    return _known_sessions(seller), [*_known_skus(seller), *_known_owners(seller)]


def _known_sessions(seller: Tenant) -> list[Answer]:
    references = list(sessions_by_ref(seller, _open(seller, UnresolvedKind.SESSION), ""))
    events = list(_waiting(seller, UnresolvedKind.SESSION, references)) if references else []
    answers: list[Answer] = []
    for source in sorted({event.source for event in events}):
        mine = [event for event in events if event.source == source]
        found = sessions_by_ref(seller, {event.session_ref for event in mine}, source)
        answers += [
            Answer(event, found[event.session_ref], session_rule(event.session_ref))
            for event in mine
            if event.session_ref in found
        ]
    return answers


def _known_skus(seller: Tenant) -> list[Answer]:
    skus = Sku.objects.filter(tenant__in=possible_owners(seller), code__in=_open(seller, UnresolvedKind.SKU))
    known = set(skus.values_list("code", flat=True))
    events = list(_waiting(seller, UnresolvedKind.SKU, known)) if known else []
    found = skus_by_code((event.owner_id, event.sku_code) for event in events)
    pairs = [(event, found.get((event.owner_id, event.sku_code))) for event in events]
    return [Answer(event, sku.pk, BY_CODE) for event, sku in pairs if sku is not None]


def _known_owners(seller: Tenant) -> list[Answer]:
    owners = owners_by_code(seller, _open(seller, UnresolvedKind.OWNER))
    events = list(_waiting(seller, UnresolvedKind.OWNER, owners)) if owners else []
    found = skus_by_code((owners[event.owner_ref], event.sku_code) for event in events)
    pairs = [(event, found.get((owners[event.owner_ref], event.sku_code))) for event in events]
    return [Answer(event, sku.pk, BY_CODE) for event, sku in pairs if sku is not None]


def close_answered(seller: Tenant, among: Mapping[str, Collection[str]] | None = None) -> None:
    """Close the open references of a seller that no fact waits for any more. In a transaction that holds its facts.

    `among` are those that may have become so, by their kind: where none of them is open, no fact is looked at.
    """
    for kind, column in REFERENCES.items():
        references = _open(seller, kind)
        if among is not None:
            references = [reference for reference in references if reference in among[kind]]
        if references:
            waiting = set(_waiting(seller, kind, references).values_list(column, flat=True).distinct())
            done = [reference for reference in references if reference not in waiting]
            rows = Unresolved.objects.filter(node_id=seller.pk, kind=kind, reference__in=done)
            rows.update(resolved_at=clock.now())


# Writing answers


def _attribute(seller: Tenant, answers: Sequence[Answer]) -> None:
    advisory_lock(answers_lock(seller.pk))
    versions = _next_versions(Attribution, answers)
    Attribution.objects.bulk_create(
        [
            Attribution(
                event_id=answer.event.pk,
                version=versions[answer.event.pk],
                seller=seller,
                session_id=answer.target,
                rule=answer.rule,
            )
            for answer in answers
        ],
        batch_size=1_000,
    )
    for family in (buckets.SALES, buckets.PLACING):
        buckets.mark(family, [(seller.pk, answer.event.slot) for answer in answers])


def _resolve(seller: Tenant, answers: Sequence[Answer]) -> None:
    versions = _next_versions(SkuResolution, answers)
    SkuResolution.objects.bulk_create(
        [
            SkuResolution(
                event_id=answer.event.pk,
                version=versions[answer.event.pk],
                seller=seller,
                sku_id=answer.target,
                rule=answer.rule,
            )
            for answer in answers
        ],
        batch_size=1_000,
    )
    for family in (buckets.SALES, buckets.PLACING):
        buckets.mark(family, [(seller.pk, answer.event.slot) for answer in answers])
    mark_sold(seller, {answer.event.slot for answer in answers})
    _take_stock(answers, versions)


def _take_stock(answers: Sequence[Answer], versions: dict[int, int]) -> None:
    """Give back what the facts hold by an earlier answer, and take by the new one."""
    ids = [answer.event.pk for answer in answers]
    selling = SalesEvent.objects.current().filter(
        pk__in=ids, kind=SalesKind.PAID, line_type=LineType.GOODS, quantity__gt=0
    )
    current = set(selling.values_list("pk", flat=True))
    skus = {
        sku.pk: sku
        for sku in Sku.objects.filter(pk__in={answer.target for answer in answers if answer.target})
    }
    sold: list[Sold] = []
    for answer in answers:
        event, sku = answer.event, skus.get(answer.target or 0)
        if sku is None or event.pk not in current:
            continue
        if sku.tracked_since is None or sku.tracked_since > event.occurred_at:
            continue
        sold.append(
            Sold(
                event_id=event.pk,
                key=move_key(event.pk, versions[event.pk]),
                line=line_name(event.source, event.external_id),
                seller_id=event.seller_id,
                sku_id=sku.pk,
                owner_id=sku.tenant_id,
                quantity=event.quantity,
                order_no=event.order_no,
                occurred_at=event.occurred_at,
            )
        )
    exchange(sold, released=current)


def _next_versions(
    model: type[Attribution] | type[SkuResolution], answers: Sequence[Answer]
) -> dict[int, int]:
    ids = [answer.event.pk for answer in answers]
    known = model._default_manager.filter(event_id__in=ids).values_list("event_id").annotate(Max("version"))
    highest = dict(known)
    return {number: highest.get(number, 0) + 1 for number in ids}


def _record(actor: Actor, verb: str, model: type[Any], seller: Tenant, after: dict[str, Any]) -> None:
    audit.record(actor=actor, verb=verb, object_type=model._meta.label, node_id=seller.pk, after=after)
