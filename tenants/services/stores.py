"""Stores of firms on platforms, and the members of collective ones.

Whose account sold something says whether the firm or somebody else did: who gets or loses a store has its lines
placed anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from core import audit, buckets, records
from core.actors import Actor
from core.errors import InvalidInput
from core.locking import lock_row, retried
from core.policy import CHANGE
from core.scoping import get_visible
from tenants.models import Store, Tenant


@retried
def store_create(*, actor: Actor, **values: Any) -> Store:
    """Add a store of a firm. See `record_create`."""
    with transaction.atomic():
        store = records.record_create(actor=actor, model=Store, **values)
        _sells_for([store.tenant_id])
    return store


@retried
def store_close(*, actor: Actor, store: Store, closed_on: date | None = None) -> Store:
    """Close a store: its account is nobody's from that day on, and what it sold before stays. See `record_close`."""
    with transaction.atomic():
        closed = records.record_close(actor=actor, row=store, closed_on=closed_on)
        _sells_for(_firms(closed))
    return closed


@retried
def store_reopen(*, actor: Actor, store: Store) -> Store:
    """Take back the closing of a store."""
    with transaction.atomic():
        opened = records.record_reopen(actor=actor, row=store)
        _sells_for(_firms(opened))
    return opened


@retried
def store_members_set(*, actor: Actor, store: Store, member_codes: Sequence[str]) -> Store:
    """Say whose goods a store sells, by the codes of the firms; none: it is collective no more.

    InvalidInput names the codes that no firm has, or the store's own firm.
    """
    with transaction.atomic():
        get_visible(Store, actor, CHANGE, pk=store.pk)
        held = lock_row(Store, store.pk)
        found = {tenant.code: tenant for tenant in Tenant.objects.filter(code__in=member_codes)}
        found.pop(held.tenant.code, None)
        unknown = sorted(set(member_codes) - found.keys())
        if unknown:
            message = _("No other firm has the code %(codes)s.") % {"codes": ", ".join(unknown)}
            raise InvalidInput(message, code="members", field="member_codes")
        before, known = held.member_codes, _firms(held)
        held.members.set(found.values())
        _sells_for({*known, *_firms(held)})
        audit.record(
            actor=actor,
            verb="store.members",
            obj=held,
            node_id=held.tenant_id,
            before={"members": before},
            after={"members": sorted(found)},
        )
    return held


def _firms(store: Store) -> list[int]:
    return [store.tenant_id, *store.members.values_list("pk", flat=True)]


def _sells_for(firms: Iterable[int]) -> None:
    for family in (buckets.SESSIONS, buckets.ACCOUNTS):
        buckets.mark(family, [(firm, 0) for firm in firms])
