"""The operator's door to goods, stock and the ledger."""

from __future__ import annotations

from supplychain.admin import (
    certificate,
    event,
    explain,
    fees,
    goods,
    inbound,
    ledger,
    parcels,
    payouts,
    pool,
    reorder,
    samples,
    settlement,
    shophooks,
    stock,
)

__all__ = [
    "certificate",
    "event",
    "explain",
    "fees",
    "goods",
    "inbound",
    "ledger",
    "parcels",
    "payouts",
    "pool",
    "reorder",
    "samples",
    "settlement",
    "shophooks",
    "stock",
]
