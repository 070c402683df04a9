"""The operator's door to goods, stock and the ledger."""

from __future__ import annotations

from supplychain.admin import goods, ledger, stock

__all__ = ["goods", "ledger", "stock"]
