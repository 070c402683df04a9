"""Which units are let to whom, from which day to which: two leases never hold one unit at one time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from core import audit
from core.actors import Actor
from core.clock import today
from core.days import not_over
from core.errors import Conflict, InvalidInput
from core.locking import lock_row, lock_rows, retried
from core.policy import ADD, CHANGE
from core.scoping import require
from parks.choices import NOT_LETTABLE_USES
from parks.models import Park, Unit, UnitUse
from tenants.choices import LeaseState
from tenants.models import Lease, LeaseUnit, Tenant


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
    require(actor, ADD, Lease, park.pk)
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
    require(actor, CHANGE, Lease, lease.park_id)
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
