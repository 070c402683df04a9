"""What a tenant is charged, and the figures that are pushed down for rent and subsidies to be reckoned from."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from core import audit
from core.actors import Actor
from core.clock import month_of, next_month
from core.errors import Conflict
from core.locking import advisory_lock, retried
from core.policy import ADD
from core.scoping import require
from parks.models import Park
from tenants.models import Charge, Tenant, VerifiedFigure


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
    require(actor, ADD, Charge, park.pk)
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
