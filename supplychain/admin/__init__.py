"""The operator's door to goods, stock and the ledger."""

from __future__ import annotations

from supplychain.admin import (
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
