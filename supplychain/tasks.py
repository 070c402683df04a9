"""Celery doors of goods and sales: no arguments, one call each."""

from __future__ import annotations

from celery import shared_task

from core.actors import system_actor
from supplychain import services


@shared_task(name="supplychain.tasks.resolve_pending")
def resolve_pending() -> int:
    return services.resolve_all_pending(actor=system_actor("references"))


@shared_task(name="supplychain.tasks.count_statements")
def count_statements() -> int:
    return services.statements_count()


@shared_task(name="supplychain.tasks.release_refunded")
def release_refunded() -> int:
    """What was refunded before it left is let go within a minute."""
    return services.refunded_release()


@shared_task(name="supplychain.tasks.charge_fees")
def charge_fees() -> int:
    """What the warehouses did in the months that are over is charged."""
    return services.fees_charge()
