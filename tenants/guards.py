"""What tenants have to say before a unit of the park changes its use."""

from __future__ import annotations

from datetime import date

from django.utils.translation import gettext as _

from parks.guards import guards_unit_conversion
from parks.models import Unit
from tenants.models import LeaseUnit


@guards_unit_conversion
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
