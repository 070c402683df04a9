"""Celery doors of goods and sales: no arguments, one call each."""

from __future__ import annotations

from celery import shared_task

from core.actors import system_actor
from supplychain import services
from supplychain.services import launches


@shared_task(name="supplychain.tasks.resolve_pending")
def resolve_pending() -> int:
    return services.resolve_all_pending(actor=system_actor("references"))


@shared_task(name="supplychain.tasks.count_statements")
def count_statements() -> int:
    return services.statements_count()


@shared_task(name="supplychain.tasks.drain_launches")
def drain_launches() -> int:
    """What is sold of new styles, a few times a minute: not with each order, and not before what the walls show."""
    return launches.drain(seconds=30)


@shared_task(name="supplychain.tasks.sweep_launches")
def sweep_launches() -> int:
    """Days of a sale pass without sales too."""
    return launches.sweep()


@shared_task(name="supplychain.tasks.release_refunded")
def release_refunded() -> int:
    """What was refunded before it left is let go within a minute."""
    return services.refunded_release()


@shared_task(name="supplychain.tasks.read_shop_messages")
def read_shop_messages() -> int:
    """What shops told is in the ledger within seconds."""
    return services.shop_messages_read(seconds=30)


@shared_task(name="supplychain.tasks.charge_fees")
def charge_fees() -> int:
    """What the warehouses did in the months that are over is charged."""
    return services.fees_charge()
