"""What tenants have to say before a unit of the park changes its use, and what stands in the way of a tenant's exit, or
of its move to another park.

Guards of both are asked under the tenant's lock, about the park under which its node hangs: what a firm has at a
park where it was before is between that park and itself. They name nothing that the people of the park may not read.
"""

from __future__ import annotations

from datetime import date

from django.utils.translation import gettext as _

from core.guards import Guards, named
from parks.guards import unit_conversion
from parks.models import Unit
from tenants.models import Lease, LeaseUnit, Tenant

tenant_exit: Guards[Tenant] = Guards()
tenant_move: Guards[Tenant] = Guards()
"""Only what would be of no use to anybody: the rest ends by itself, or goes on between the old park and the firm."""


@unit_conversion.guard
def leased_unit(unit: Unit, day: date) -> str | None:
    """A unit under a lease that runs beyond the day."""
    held = LeaseUnit.objects.filter(unit=unit, is_active=True, to_day__gt=day).select_related("lease").first()
    if held is None:
        return None
    return _("Unit %(unit)s is let under %(lease)s until %(day)s.") % {
        "unit": unit.code,
        "lease": held.lease.number,
        "day": held.to_day,
    }


@tenant_exit.guard
def running_leases(tenant: Tenant, day: date) -> str | None:
    """Leases that run beyond the day. Whoever lets to a tenant locks it, so none is made after this question."""
    leases = Lease.objects.filter(tenant=tenant, park=tenant.node.parent_id, to_day__gt=day)
    found = named(f"{lease.number} ({lease.to_day})" for lease in leases.order_by("number"))
    return _("Leases run beyond that day: %(leases)s.") % {"leases": found} if found else None
