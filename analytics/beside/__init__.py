"""What platforms say beside our own ledger, by day and by session, and the money that is on its way."""

from analytics.beside.bridge import Bridge, Side
from analytics.beside.days import (
    AGES,
    ASKED,
    DayBeside,
    Transit,
    Waiting,
    days_beside,
    may_see_payouts,
    money_in_transit,
    settled_until,
    waiting_orders,
    waiting_platforms,
)
from analytics.beside.sessions import SessionBeside, session_beside

__all__ = [
    "AGES",
    "ASKED",
    "Bridge",
    "DayBeside",
    "SessionBeside",
    "Side",
    "Transit",
    "Waiting",
    "days_beside",
    "may_see_payouts",
    "money_in_transit",
    "session_beside",
    "settled_until",
    "waiting_orders",
    "waiting_platforms",
]
