"""What may go wrong with tenants."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from core.errors import Conflict


class TenantStays(Conflict):
    """A tenant cannot leave while something of it goes on in the park; the detail names the blockers."""

    code = "tenant_stays"
    title = _("Something of the firm still goes on in the park")
