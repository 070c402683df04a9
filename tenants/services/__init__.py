"""Writes of tenants: what other apps and doors may call."""

from __future__ import annotations

from tenants.services.charges import charge_record, verified_figure_push
from tenants.services.events import entry_readmit, entry_send_away, entry_withdraw, event_enter
from tenants.services.firms import (
    company_get_or_create,
    tenancy_move,
    tenant_create,
    tenant_leave,
    tenant_update,
)
from tenants.services.leases import lease_create, lease_end
from tenants.services.stores import store_close, store_create, store_members_set, store_reopen

__all__ = [
    "charge_record",
    "company_get_or_create",
    "entry_readmit",
    "entry_send_away",
    "entry_withdraw",
    "event_enter",
    "lease_create",
    "lease_end",
    "store_close",
    "store_create",
    "store_members_set",
    "store_reopen",
    "tenancy_move",
    "tenant_create",
    "tenant_leave",
    "tenant_update",
    "verified_figure_push",
]
