"""What may go wrong in a park."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from core.errors import Conflict


class UnitInUse(Conflict):
    """A unit cannot change its use while somebody relies on it; the detail names the blocker."""

    code = "unit_in_use"
    title = _("The unit is in use")
