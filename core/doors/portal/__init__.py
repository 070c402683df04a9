"""Base classes of portal pages. A page that inherits from `TenantPage` works for one tenant and cannot see others'.

    TenantPage        log-in, the tenant named by the address, the declared permission
    ScopedListPage    visible rows of that tenant, filtered and paged
    ScopedDetailPage  one of them by uid
    ServiceFormPage   a form that checks shape only, and one call of a service
    ServiceAction     a button: one POST, one call of a service
Forms inherit from `ScopedForm`; choices in them are `ScopedChoiceField`s.
"""

from __future__ import annotations

from core.doors.portal.actions import ServiceAction, ServiceFormPage
from core.doors.portal.forms import ScopedChoiceField, ScopedForm
from core.doors.portal.pages import (
    PORTAL_ROLES,
    REMEMBERED,
    ScopedDetailPage,
    ScopedListPage,
    TenantPage,
    log_in_first,
    portal_nodes,
    reaches,
)

__all__ = [
    "PORTAL_ROLES",
    "REMEMBERED",
    "ScopedChoiceField",
    "ScopedDetailPage",
    "ScopedForm",
    "ScopedListPage",
    "ServiceAction",
    "ServiceFormPage",
    "TenantPage",
    "log_in_first",
    "portal_nodes",
    "reaches",
]
