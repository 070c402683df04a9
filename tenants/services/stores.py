"""Stores of firms on platforms, and the members of collective ones."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.utils.translation import gettext as _

from core import audit
from core.actors import Actor
from core.errors import InvalidInput
from core.locking import lock_rows, retried
from core.policy import CHANGE
from core.scoping import get_visible
from tenants.models import Store, Tenant


@retried
def store_members_set(*, actor: Actor, store: Store, member_codes: Sequence[str]) -> Store:
    """Say whose goods a store sells, by the codes of the firms; none: it is collective no more.

    InvalidInput names the codes that no firm has, or the store's own firm.
    """
    with transaction.atomic():
        get_visible(Store, actor, CHANGE, pk=store.pk)
        (held,) = lock_rows(Store.objects.filter(pk=store.pk))
        found = {tenant.code: tenant for tenant in Tenant.objects.filter(code__in=member_codes)}
        found.pop(held.tenant.code, None)
        unknown = sorted(set(member_codes) - found.keys())
        if unknown:
            message = _("No other firm has the code %(codes)s.") % {"codes": ", ".join(unknown)}
            raise InvalidInput(message, code="members", field="member_codes")
        before = held.member_codes
        held.members.set(found.values())
        audit.record(
            actor=actor,
            verb="store.members",
            obj=held,
            node_id=held.tenant_id,
            before={"members": before},
            after={"members": sorted(found)},
        )
    return held
