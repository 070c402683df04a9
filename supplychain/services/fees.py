"""Prices of a warehouse, and the monthly charges of its work."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from core import clock
from core.actors import Actor, system_actor
from core.errors import Conflict, InvalidInput
from core.locking import lock_row, retried
from core.policy import ADD
from core.records import record_create
from core.scoping import require
from supplychain.fees import Fee, Tariffs, by_firm, in_cents, month_fees
from supplychain.models import Warehouse, WarehouseTariff
from tenants.choices import ChargeKind
from tenants.models import Charge, Tenant
from tenants.services import charge_record

SOURCE = "warehouse"
SYSTEM = system_actor("warehouse")
COUNTED_FROM = 2
"""Day of the next month from which a month is charged: orders of its last evening are still imported on the first."""


@retried
def tariff_set(*, actor: Actor, warehouse: Warehouse, from_day: date, **prices: Decimal) -> WarehouseTariff:
    """New prices from a day on. InvalidInput for a day of a month that is over, Conflict for a day that has prices."""
    require(actor, ADD, WarehouseTariff, warehouse.park_id)
    if from_day < clock.month_of(clock.today()):
        raise InvalidInput(_("Months that are over keep their prices."), code="month_over", field="from_day")
    with transaction.atomic():
        lock_row(Warehouse, warehouse.pk)
        if WarehouseTariff.objects.filter(warehouse=warehouse, from_day=from_day).exists():
            raise Conflict(_("This day has prices already."), code="tariff_taken", field="from_day")
        return record_create(
            actor=actor, model=WarehouseTariff, warehouse=warehouse, from_day=from_day, **prices
        )


@retried
def fees_charge() -> int:
    """Charge firms for the months that are over; returns the number of new charges. Safe to run twice and at once.

    A charge is the difference between all months since the first tariff and what was charged of them, so what came
    to be known late is in the next one.
    """
    today = clock.today()
    month = clock.month_of(today - (COUNTED_FROM - 1) * clock.DAY)
    last = clock.month_of(month - clock.DAY)
    with_tariff = WarehouseTariff.objects.filter(from_day__lt=month).values("warehouse")
    return sum(
        _charge(warehouse, last)
        for warehouse in Warehouse.objects.filter(pk__in=with_tariff).select_related("park").order_by("pk")
    )


@transaction.atomic
def _charge(warehouse: Warehouse, last: date) -> int:
    lock_row(Warehouse, warehouse.pk)
    charged = _charged(warehouse)
    if any(period >= last for period, _amount in charged.values()):
        return 0
    tariffs = Tariffs([warehouse.pk])
    first = tariffs.first_day(warehouse.pk)
    due: dict[int, Decimal] = {}
    fees: dict[int, list[Fee]] = {}
    month = clock.month_of(first) if first else last
    while month <= last:
        fees = by_firm(month_fees(warehouse, month, tariffs))
        for firm, mine in fees.items():
            due[firm] = due.get(firm, Decimal(0)) + in_cents(mine)
        month = clock.next_month(month)
    made = 0
    for tenant in Tenant.objects.filter(pk__in={*due, *charged}).order_by("pk"):
        earlier = charged[tenant.pk][1] if tenant.pk in charged else Decimal(0)
        amount = due.get(tenant.pk, Decimal(0)) - earlier
        if amount:
            charge_record(
                actor=SYSTEM,
                tenant=tenant,
                park=warehouse.park,
                kind=ChargeKind.WAREHOUSE,
                source=SOURCE,
                source_id=_source_id(warehouse, tenant.pk),
                period=last,
                amount=amount,
                explanation=_explained(warehouse, fees.get(tenant.pk, []), amount),
            )
            made += 1
    return made


def _source_id(warehouse: Warehouse, tenant_id: int) -> str:
    return f"{warehouse.uid}:{tenant_id}"


def _charged(warehouse: Warehouse) -> dict[int, tuple[date, Decimal]]:
    """By firm the last month that was charged, and all its charges together."""
    rows = Charge.objects.filter(source=SOURCE, source_id__startswith=f"{warehouse.uid}:")
    found: dict[int, tuple[date, Decimal]] = {}
    for row in rows.order_by("period"):
        earlier = found[row.tenant_id][1] if row.tenant_id in found else Decimal(0)
        found[row.tenant_id] = row.period, earlier + row.amount
    return found


def _explained(warehouse: Warehouse, fees: list[Fee], amount: Decimal) -> dict[str, Any]:
    month = in_cents(fees)
    return {
        "warehouse": warehouse.code,
        "work": [
            {
                "kind": fee.kind,
                "count": fee.count,
                "price": str(fee.price),
                "amount": str(fee.count * fee.price),
            }
            for fee in fees
        ],
        "month": str(month),
        "earlier_months": str(amount - month),
    }
