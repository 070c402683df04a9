"""Firms come, say what they are, move and leave: who sits where, from which day."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from core import audit
from core.actors import Actor
from core.choices import NodeKind
from core.clock import today
from core.errors import Conflict, InvalidInput
from core.locking import lock_row, retried
from core.models import ScopeNode
from core.policy import ADD, CHANGE, DISCLOSE
from core.records import record_update
from core.scoping import require
from core.services import node_move
from parks.models import Park
from tenants.choices import WallVisibility
from tenants.errors import TenantStays
from tenants.guards import tenant_exit, tenant_move
from tenants.models import Company, Tenancy, Tenant
from tenants.services.events import entries_end

# What a tenant decides about what others see of it.
DISCLOSURES = frozenset({"wall_visibility", "shares_orders_with_park"})
# What changes of a tenant that leaves.
LEFT = ("closed_on", "shares_orders_with_park")


@retried
@transaction.atomic
def company_get_or_create(*, actor: Actor, credit_code: str, name_zh: str, name_en: str = "") -> Company:
    """The company of a credit code; an existing one keeps its names. Refused without the right to add any."""
    require(actor, ADD, Company)
    company, created = Company.objects.get_or_create(
        credit_code=credit_code, defaults={"name_zh": name_zh, "name_en": name_en}
    )
    if created:
        audit.record(actor=actor, verb="company.create", obj=company, after={"credit_code": credit_code})
    return company


@retried
@transaction.atomic
def tenant_create(
    *,
    actor: Actor,
    park: Park,
    credit_code: str,
    company_name: str,
    code: str,
    name_zh: str,
    kind: str,
    from_day: date,
    name_en: str = "",
    industry: str = "",
    headcount: int | None = None,
    wall_visibility: str = WallVisibility.RANK,
    is_synthetic: bool = False,
) -> Tenant:
    """Take a firm into a park from a day on; its company is found by the credit code, or made.

    Conflict when the code is taken: codes are unique for ever.
    """
    require(actor, ADD, Tenant, park.pk)
    company = company_get_or_create(actor=actor, credit_code=credit_code, name_zh=company_name)
    node = ScopeNode(kind=NodeKind.TENANT, code=code, name_zh=name_zh, name_en=name_en, parent=park.node)
    try:
        with transaction.atomic():
            node.save()
    except IntegrityError as error:
        raise Conflict(
            _("The code %(code)s is already in use.") % {"code": code}, code="code_taken", field="code"
        ) from error
    tenant = Tenant.objects.create(
        node=node,
        company=company,
        code=code,
        name_zh=name_zh,
        name_en=name_en,
        kind=kind,
        industry=industry,
        headcount=headcount,
        wall_visibility=wall_visibility,
        is_synthetic=is_synthetic,
    )
    Tenancy.objects.create(tenant=tenant, park=park, from_day=from_day)
    audit.record(actor=actor, verb="tenant.create", obj=tenant, node_id=tenant.pk, after={"park": park.code})
    return tenant


@retried
def tenant_update(*, actor: Actor, tenant: Tenant, **values: Any) -> Tenant:
    """Change what a tenant says of itself; its code and company stay.

    Refused where the actor may change the firm and not decide what leaves it: that is the owner's choice.
    """
    require(actor, CHANGE, Tenant, tenant.pk)
    if DISCLOSURES & values.keys():
        require(actor, DISCLOSE, Tenant, tenant.pk)
    with transaction.atomic():
        kept = record_update(actor=actor, row=tenant, **values)
        if {"name_zh", "name_en"} & values.keys():
            ScopeNode.objects.filter(pk=kept.pk).update(name_zh=kept.name_zh, name_en=kept.name_en)
    return kept


@retried
def tenancy_move(*, actor: Actor, tenant: Tenant, park: Park, from_day: date) -> Tenancy:
    """Move a tenant to another park from today or a past day on; sums of parks follow, for they join the tenancies.

    The scope node moves with it, so the rights of the old park's operators end at once. InvalidInput for a day to
    come: they would end before the move. What the tenant showed to its old park it does not show to the new one
    until it says so again. A tenant that left is taken in again, by its last park or another one. TenantStays names
    what its old park keeps for nobody but it.
    """
    require(actor, CHANGE, Tenant, tenant.pk)
    require(actor, ADD, Tenancy, park.pk)
    if from_day > today():
        raise InvalidInput(
            _("A move is entered on its day or later: rights and figures change at once."), field="from_day"
        )
    with transaction.atomic():
        # What the caller holds may be what an attempt before this one left of it.
        held = lock_row(Tenant, tenant.pk)
        current = _seat(held)
        if current is not None:
            if from_day <= current.from_day:
                raise InvalidInput(
                    _("The tenant came on %(day)s; it can move on a later day only.")
                    % {"day": current.from_day},
                    field="from_day",
                )
            current.to_day = from_day
            current.save(update_fields=["to_day"])
        else:
            left = tenant.tenancies.aggregate(left=Max("to_day"))["left"]
            if left is not None and from_day < left:
                raise InvalidInput(
                    _("The tenant left on %(day)s; it can come back on that day or later.") % {"day": left},
                    field="from_day",
                )
        moved = Tenancy.objects.create(tenant=tenant, park=park, from_day=from_day)
        # A park that takes a firm in again goes on reading what it did there: its node has not moved.
        if held.node.parent_id != park.pk:
            if blockers := tenant_move.blockers(held, today()):
                raise TenantStays(" ".join(blockers))
            node_move(actor=actor, node=held.node, parent=park.node)
        Tenant.objects.filter(pk=tenant.pk).update(shares_orders_with_park=False, closed_on=None)
        audit.record(
            actor=actor,
            verb="tenancy.move",
            obj=tenant,
            node_id=tenant.pk,
            before={"park": current.park.code if current else None},
            after={"park": park.code, "from_day": from_day, "shares_orders_with_park": False},
        )
    return moved


@retried
def tenant_leave(*, actor: Actor, tenant: Tenant, day: date) -> Tenant:
    """End a tenant's stay: from `day` on, today or a past day, it is in no park, and closed.

    Its node stays where it is, and with it the rights of its people and tools: it reads what it did, refunds of what
    it sold come for weeks, and what is due is still to be paid. What it showed to the park it shows no longer, and it
    takes part in no event that is not over by then.
    TenantStays names what still goes on; InvalidInput for a day to come (rights and figures change at once), for one
    on which it had not come yet, and for a tenant that has left.
    """
    require(actor, CHANGE, Tenant, tenant.pk)
    require(actor, CHANGE, Tenancy, tenant.pk)
    if day > today():
        raise InvalidInput(
            _("An exit is entered on its day or later: rights and figures change at once."),
            field="day",
        )
    with transaction.atomic():
        held = lock_row(Tenant, tenant.pk)
        current = _seat(held)
        if current is None:
            raise InvalidInput(_("The tenant has left already."), code="left", field="day")
        if day <= current.from_day:
            raise InvalidInput(
                _("The tenant came on %(day)s; it can leave on a later day only.")
                % {"day": current.from_day},
                field="day",
            )
        if blockers := tenant_exit.blockers(held, day):
            raise TenantStays(" ".join(blockers))
        current.to_day = day
        current.save(update_fields=["to_day"])
        before = audit.snapshot(held, LEFT)
        held.closed_on, held.shares_orders_with_park = day, False
        held.save(update_fields=[*LEFT, "updated_at"])
        entries_end(actor=actor, tenant=held, day=day)
        audit.record(
            actor=actor,
            verb="tenant.leave",
            obj=held,
            node_id=held.pk,
            before={"park": current.park.code, **before},
            after={"park": None, **audit.snapshot(held, LEFT)},
        )
    return held


def _seat(tenant: Tenant) -> Tenancy | None:
    """Where a tenant sits, from the day on which it came; None for one that left."""
    return Tenancy.objects.filter(tenant=tenant, to_day__isnull=True).select_related("park").first()
