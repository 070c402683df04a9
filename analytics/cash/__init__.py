"""A firm's money by the day: what came in and went out, and what is expected to."""

from analytics.cash.calendar import Calendar, CashDay, Entry, Flow
from analytics.cash.gathering import CashFlow, cash_flow

__all__ = ["Calendar", "CashDay", "CashFlow", "Entry", "Flow", "cash_flow"]
