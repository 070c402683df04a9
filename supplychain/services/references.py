"""What the references of a fact mean to its seller: owner, SKU, live session.

A seller can only name what is connected with it. Everything else gets one answer, whether it exists elsewhere
or not: the fact is stored, and the reference waits in the queue of what is unclear.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import OperationalError, connection, transaction
from django.db.models import Q, QuerySet

from core.choices import UnresolvedKind
from core.locking import advisory_lock, is_transient, try_advisory_locks
from core.models import Unresolved
from livestreams.models import LiveSession
from supplychain.choices import AttributionRule
from supplychain.models import Sku
from supplychain.services.lines import Line
from tenants.models import Tenant

QUERY_SIZE = 5_000

Missing = dict[tuple[str, str], dict[str, Any]]


def possible_owners(seller: Tenant) -> QuerySet[Tenant]:
    """Tenants whose goods a seller may sell.

    These are itself, the members of its collective stores, and the tenants that its own sessions show: a seller
    takes stock of those it names, so a code alone is not enough.
    """
    connected = Q(pk=seller.pk) | Q(collective_stores__tenant=seller) | Q(shown_in__session__tenant=seller)
    return Tenant.objects.filter(connected).distinct()


def owners_by_code(seller: Tenant, codes: Iterable[str]) -> dict[str, int]:
    """The possible owners of what a seller sells, by code."""
    wanted = set(codes)
    return dict(possible_owners(seller).filter(code__in=wanted).values_list("code", "pk")) if wanted else {}


def sessions_by_ref(seller: Tenant, refs: Iterable[str], source: str) -> dict[str, int]:
    """Sessions that show a seller's goods, by uid or by the platform's live id.

    Where two platforms use the same live id, the platform that the source is named after has it.
    """
    wanted = set(refs)
    if not wanted:
        return {}
    uids = {uid for uid in map(as_uid, wanted) if uid is not None}
    named = Q(uid__in=uids) | Q(platform_live_id__in=wanted)
    shown = Q(tenant=seller) | Q(shown_tenants__tenant=seller)
    rows = LiveSession.objects.filter(named, shown).distinct()
    by_live_id: dict[str, dict[str, int]] = {}
    found: dict[str, int] = {}
    for pk, uid, platform, live_id in rows.values_list("pk", "uid", "platform", "platform_live_id"):
        found[str(uid)] = pk
        by_live_id.setdefault(live_id, {})[platform] = pk
    for live_id, candidates in by_live_id.items():
        ours = candidates.get(source) or (next(iter(candidates.values())) if len(candidates) == 1 else None)
        if live_id and ours:
            found.setdefault(live_id, ours)
    return {ref: found[ref] for ref in wanted if ref in found}


def as_uid(ref: str) -> UUID | None:
    """A reference as the public id that it spells, or None."""
    try:
        uid = UUID(ref)
    except ValueError:
        return None
    return uid if str(uid) == ref else None


def session_rule(reference: str) -> AttributionRule:
    """By what an order names its session: our own id, or the platform's."""
    return AttributionRule.LIVE_ID if as_uid(reference) is None else AttributionRule.EXPLICIT


@dataclass(frozen=True)
class FoundSku:
    """A SKU by its code, with since when it takes stock."""

    pk: int
    tracked_since: datetime | None


def skus_by_code(wanted: Iterable[tuple[int, str]]) -> dict[tuple[int, str], FoundSku]:
    """SKUs by (owner id, code). Codes are case-sensitive."""
    pairs = {(owner, code) for owner, code in wanted if code}
    codes = sorted({code for _owner, code in pairs})
    owners = {owner for owner, _code in pairs}
    found: dict[tuple[int, str], FoundSku] = {}
    for start in range(0, len(codes), QUERY_SIZE):
        rows = Sku.objects.filter(tenant_id__in=owners, code__in=codes[start : start + QUERY_SIZE])
        for owner, code, pk, since in rows.values_list("tenant_id", "code", "pk", "tracked_since"):
            found[owner, code] = FoundSku(pk, since)
    return {pair: found[pair] for pair in pairs if pair in found}


def resolve(
    seller: Tenant, source: str, lines: Sequence[Line]
) -> tuple[list[tuple[Line, FoundSku]], Missing]:
    """Give lines their owner, SKU and session as far as these are known.

    With an unknown owner a line belongs to its seller, and its SKU stays open: it would be the owner's.
    Returns the lines whose SKU takes stock at that time, and the references that stay unclear.
    """
    owners = owners_by_code(seller, {line.fact.owner for line in lines} - {""})
    owners[""] = seller.pk
    sessions = sessions_by_ref(seller, {line.fact.session_ref for line in lines} - {""}, source)
    skus = skus_by_code(
        (owners[line.fact.owner], line.fact.sku_code) for line in lines if line.fact.owner in owners
    )
    tracked: list[tuple[Line, FoundSku]] = []
    missing: Missing = {}
    for line in lines:
        fact = line.fact
        owner = owners.get(fact.owner)
        line.owner_id = owner or seller.pk
        if owner is None:
            missing.setdefault((UnresolvedKind.OWNER, fact.owner), _detail(source, line))
        elif fact.sku_code:
            sku = skus.get((owner, fact.sku_code))
            if sku is None:
                missing.setdefault((UnresolvedKind.SKU, fact.sku_code), _detail(source, line))
            else:
                line.sku_id = sku.pk
                if sku.tracked_since is not None and sku.tracked_since <= fact.occurred_at:
                    tracked.append((line, sku))
        if fact.session_ref:
            line.session_id = sessions.get(fact.session_ref)
            if line.session_id is None:
                missing.setdefault((UnresolvedKind.SESSION, fact.session_ref), _detail(source, line))
    return tracked, missing


def _detail(source: str, line: Line) -> dict[str, Any]:
    return {"source": source, "order_no": line.fact.order_no}


def queue_missing(seller: Tenant, missing: Missing) -> None:
    """Put references into the queue of what is unclear; one that was answered before is opened again."""
    if not missing:
        return
    keys = sorted(missing)
    references = [reference for _kind, reference in keys]
    is_open: dict[tuple[str, str], bool] = {}
    for start in range(0, len(references), QUERY_SIZE):
        rows = Unresolved.objects.filter(
            node_id=seller.pk, reference__in=references[start : start + QUERY_SIZE]
        )
        for kind, reference, resolved_at in rows.values_list("kind", "reference", "resolved_at"):
            is_open[kind, reference] = resolved_at is None
    Unresolved.objects.bulk_create(
        [
            Unresolved(kind=kind, node_id=seller.pk, reference=reference, detail=missing[kind, reference])
            for kind, reference in keys
            if (kind, reference) not in is_open
        ],
        ignore_conflicts=True,
    )
    for kind in UnresolvedKind:
        closed = [key[1] for key in keys if key[0] == kind and is_open.get(key) is False]
        if closed:
            rows = Unresolved.objects.filter(node_id=seller.pk, kind=kind, reference__in=closed)
            rows.update(resolved_at=None)


def answers_lock(seller_id: int) -> str:
    """The name of the lock of whoever answers for facts of a seller: the next version is one of a kind.

    It comes after the lock of facts, and whoever only places waits for no facts.
    """
    return f"sales-answers:{seller_id}"


def lock_facts(seller: Tenant, *, alone: bool) -> None:
    """Keep apart what has to see each other's facts of a seller; ends with the transaction.

    A fact that supersedes another, what is given back and the facts of its order, and an answer to a reference and
    the facts that name it: side by side, each would miss the other, and a bucket would be marked too early and
    never again. They hold the lock alone; batches of plain new facts share it.
    """
    advisory_lock(_facts_of(seller.pk), shared=not alone)


def try_lock_facts(seller_id: int) -> bool:
    """Hold the facts of a seller alone until the end of the transaction, if nobody holds them now."""
    return try_advisory_locks([_facts_of(seller_id)])[0]


def wait_for_facts(seller_id: int, seconds: float) -> bool:
    """Hold the facts of a seller alone until the end of the transaction; False if they are not free so soon.

    Who waits stands in line: batches that share the lock and come later come after, so they cannot follow each other
    for ever.
    """
    if connection.vendor != "postgresql":
        return try_lock_facts(seller_id)
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('lock_timeout')")
        (before,) = cursor.fetchone()
        try:
            with transaction.atomic():
                cursor.execute("SELECT set_config('lock_timeout', %s, true)", [f"{seconds * 1000:.0f}ms"])
                advisory_lock(_facts_of(seller_id))
        except OperationalError as error:
            if not is_transient(error):
                raise
            return False
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [before])
    return True


def _facts_of(seller_id: int) -> str:
    return f"sales:{seller_id}"
