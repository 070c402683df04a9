"""Tenants' models, one file per aggregate."""

from __future__ import annotations

from tenants.models.lease import Charge, Lease, LeaseUnit, VerifiedFigure
from tenants.models.tenant import Company, Store, Tenancy, Tenant

__all__ = ["Charge", "Company", "Lease", "LeaseUnit", "Store", "Tenancy", "Tenant", "VerifiedFigure"]
