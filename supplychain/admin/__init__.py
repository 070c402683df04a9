"""The operator's door to goods, stock and the ledger."""

from __future__ import annotations

from supplychain.admin import explain, goods, ledger, stock

__all__ = ["explain", "goods", "ledger", "stock"]
