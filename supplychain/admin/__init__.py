"""The operator's door to goods, stock and the ledger."""

from __future__ import annotations

from supplychain.admin import event, goods, ledger, stock

__all__ = ["event", "goods", "ledger", "stock"]
