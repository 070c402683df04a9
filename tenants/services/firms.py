"""Writes of tenants: who sits where, under which lease, and what is charged."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max, Q, QuerySet
from django.utils.translation import gettext as _

from core import audit
from core.actors import Actor
from core.choices import NodeKind
from core.clock import month_of, next_month, today
from core.days import not_over
from core.errors import Conflict, InvalidInput
from core.locking import advisory_lock, lock_row, lock_rows, retried
from core.models import ScopeNode
from core.policy import CHANGE, DISCLOSE
from core.records import record_update
from core.scoping import require
from core.services import node_move
from parks.choices import NOT_LETTABLE_USES
from parks.models import Park, Unit, UnitUse
from tenants.choices import LeaseState, WallVisibility
from tenants.errors import TenantStays
from tenants.guards import tenant_exit, tenant_move
from tenants.models import Charge, Company, Lease, LeaseUnit, Tenancy, Tenant, VerifiedFigure
from tenants.services.events import entries_end

# What a tenant decides about what others see of it.
DISCLOSURES = frozenset({"wall_visibility", "shares_orders_with_park"})
# What changes of a tenant that leaves.
LEFT = ("closed_on", "shares_orders_with_park")


@retried
@transaction.atomic
def company_get_or_create(*, actor: Actor, credit_code: str, name_zh: str, name_en: str = "") -> Company:
    """The company of a credit code; an existing one keeps its names. Refused without the right to add any."""
    require(actor, "add", Company)
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
    require(actor, "add", Tenant, park.pk)
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
    require(actor, "change", Tenant, tenant.pk)
    require(actor, "add", Tenancy, park.pk)
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


@retried
def lease_create(
    *,
    actor: Actor,
    tenant: Tenant,
    park: Park,
    number: str,
    units: Sequence[tuple[Unit, Decimal]],
    from_day: date,
    to_day: date,
    rent_per_month: Decimal = Decimal(0),
    deposit: Decimal = Decimal(0),
    service_fee_per_month: Decimal = Decimal(0),
    free_until: date | None = None,
    turnover_rate_percent: Decimal = Decimal(0),
    turnover_threshold: Decimal = Decimal(0),
) -> Lease:
    """Let (unit, area) pairs to a tenant for [from_day, to_day).

    Conflict names a unit that is already let, InvalidInput one that is not to let or under conversion in that time; it
    is raised for a tenant that has left before the end of the term, too.
    """
    require(actor, "add", Lease, park.pk)
    if to_day <= from_day:
        raise InvalidInput(_("A lease must end after it begins."), field="to_day")
    if any(unit.park_id != park.pk for unit, _area in units):
        raise InvalidInput(_("All units of a lease must lie in its park."), field="units")
    with transaction.atomic():
        left = lock_row(Tenant, tenant.pk).closed_on
        if left is not None and to_day > left:
            raise InvalidInput(_("The tenant has left the park."), code="tenant", field="tenant")
        asked = Unit.objects.filter(pk__in=[unit.pk for unit, _area in units])
        lock_rows(asked)
        _check_lettable(asked, from_day, to_day)
        _check_unlet([unit for unit, _area in units], from_day, to_day)
        try:
            with transaction.atomic():
                lease = Lease.objects.create(
                    number=number,
                    tenant=tenant,
                    park=park,
                    state=LeaseState.ACTIVE,
                    from_day=from_day,
                    to_day=to_day,
                    rent_per_month=rent_per_month,
                    deposit=deposit,
                    service_fee_per_month=service_fee_per_month,
                    free_until=free_until,
                    turnover_rate_percent=turnover_rate_percent,
                    turnover_threshold=turnover_threshold,
                )
        except IntegrityError as error:
            raise Conflict(
                _("There is already a lease with the number %(n)s.") % {"n": number}, code="code_taken"
            ) from error
        LeaseUnit.objects.bulk_create(
            LeaseUnit(lease=lease, unit=unit, area_m2=area, from_day=from_day, to_day=to_day)
            for unit, area in units
        )
        audit.record(
            actor=actor,
            verb="lease.create",
            obj=lease,
            node_id=park.pk,
            after={"units": [unit.code for unit, _area in units]},
        )
    return lease


def _check_unlet(units: Sequence[Unit], from_day: date, to_day: date) -> None:
    """Raise Conflict, which names them, when units are let to somebody on a day of [from_day, to_day)."""
    taken = LeaseUnit.objects.filter(
        unit__in=units, is_active=True, from_day__lt=to_day, to_day__gt=from_day
    ).select_related("unit")
    if taken:
        raise Conflict(
            _("Already let in that time: %(units)s.")
            % {"units": ", ".join(sorted({row.unit.code for row in taken}))},
            code="unit_let",
            field="units",
        )


def _check_lettable(units: QuerySet[Unit], from_day: date, to_day: date) -> None:
    """InvalidInput with the codes of the units that may not be let, or are under conversion on a day of the term."""
    converted = UnitUse.objects.filter(not_over(from_day), use__in=NOT_LETTABLE_USES, from_day__lt=to_day)
    closed = units.filter(Q(is_lettable=False) | Q(pk__in=converted.values("unit"))).order_by("code")
    if codes := list(closed.values_list("code", flat=True)):
        raise InvalidInput(
            _("Not to be let in that time: %(units)s.") % {"units": ", ".join(codes)},
            code="unit_not_lettable",
            field="units",
        )


@retried
def lease_end(*, actor: Actor, lease: Lease, day: date) -> Lease:
    """End a lease on a day; its units are free from then on. InvalidInput for a day outside of its present term."""
    require(actor, "change", Lease, lease.park_id)
    with transaction.atomic():
        held = lock_row(Lease, lease.pk)
        if not held.from_day < day <= held.to_day:
            raise InvalidInput(_("A lease can end only within its term."), field="day")
        before = audit.snapshot(held, ("state", "to_day"))
        held.to_day = day
        if day <= today():
            held.state = LeaseState.ENDED
        held.save(update_fields=["to_day", "state", "updated_at"])
        held.lease_units.update(to_day=day)
        audit.record(
            actor=actor,
            verb="lease.end",
            obj=held,
            node_id=held.park_id,
            before=before,
            after={"to_day": day},
        )
    return held


@retried
@transaction.atomic
def charge_record(
    *,
    actor: Actor,
    tenant: Tenant,
    park: Park,
    kind: str,
    source: str,
    source_id: str,
    period: date,
    amount: Decimal,
    explanation: dict[str, Any],
) -> Charge:
    """Charge a tenant once per (park, source, source id, month of `period`); the same again returns the first one.

    Conflict when the same key comes with another tenant, kind or amount: a corrected fee is a charge of its own.
    """
    require(actor, "add", Charge, park.pk)
    period = month_of(period)
    asked = Charge.objects.filter(park=park, source=source, source_id=source_id)
    # Older charges may name a day within their month.
    charge = asked.filter(period__gte=period, period__lt=next_month(period)).order_by("period", "pk").first()
    created = False
    if charge is None:
        charge, created = asked.get_or_create(
            park=park,
            source=source,
            source_id=source_id,
            period=period,
            defaults={
                "tenant": tenant,
                "kind": kind,
                "amount": amount,
                "explanation": explanation,
            },
        )
    known = (charge.tenant_id, charge.kind, charge.amount)
    if not created and known != (tenant.pk, kind, amount):
        raise Conflict(
            _("Something else is charged under this source id for this month already."),
            code="charge_differs",
            field="source_id",
        )
    if created:
        audit.record(
            actor=actor,
            verb="charge.record",
            obj=charge,
            node_id=park.pk,
            after={"amount": amount, "kind": kind},
        )
    return charge


@retried
@transaction.atomic
def verified_figure_push(
    *, tenant: Tenant, metric: str, period: date, value: Decimal, source_hash: str
) -> VerifiedFigure:
    """Store a figure that rent and subsidy rules may read. The same value changes nothing, another is a new version."""
    advisory_lock(f"verified-figure:{tenant.pk}:{metric}:{period}")
    last = (
        VerifiedFigure.objects.filter(tenant=tenant, metric=metric, period=period)
        .order_by("-version")
        .first()
    )
    if last is not None and last.value == value and last.source_hash == source_hash:
        return last
    return VerifiedFigure.objects.create(
        tenant=tenant,
        metric=metric,
        period=period,
        version=last.version + 1 if last else 1,
        value=value,
        source_hash=source_hash,
    )
