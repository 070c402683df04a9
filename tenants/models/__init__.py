"""Tenants' models, one file per aggregate."""

from __future__ import annotations

from tenants.models.event import EventEntry
from tenants.models.lease import Charge, Lease, LeaseUnit, VerifiedFigure
from tenants.models.tenant import (
    SHARES_ORDERS,
    Company,
    Store,
    Tenancy,
    Tenant,
    seat_of_day,
    seat_of_month,
)

__all__ = [
    "SHARES_ORDERS",
    "Charge",
    "Company",
    "EventEntry",
    "Lease",
    "LeaseUnit",
    "Store",
    "Tenancy",
    "Tenant",
    "VerifiedFigure",
    "seat_of_day",
    "seat_of_month",
]
