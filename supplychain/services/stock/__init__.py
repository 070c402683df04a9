"""Stock of the shared warehouses: every change is a move, a level is the sum of its moves and never below zero."""

from __future__ import annotations

from supplychain.services.stock.moves import (
    stock_adjust,
    stock_count,
    stock_move,
    stock_receive,
    stock_transfer,
)
from supplychain.services.stock.posting import Change, locked_levels, post

__all__ = [
    "Change",
    "locked_levels",
    "post",
    "stock_adjust",
    "stock_count",
    "stock_move",
    "stock_receive",
    "stock_transfer",
]
