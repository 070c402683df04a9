"""Find a host: the tenant's own hosts for its goods, ranked with reasons."""

from __future__ import annotations

from typing import Any

from analytics.forms import HostWishForm
from analytics.selectors.matching import HostMatches, host_matches
from core.doors.portal import TenantPage
from core.errors import DomainError
from livestreams.models import Booking, Host
from parks.models import Park


class FindHost(TenantPage):
    """A form in the address, and the answer below it."""

    template_name = "portal/host_find.html"
    section = "hosts"
    needs = ("add", Booking)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        asked = self.request.GET
        park = Park.objects.get(pk=self.node.parent_id)
        categories = self._categories(park)
        form = HostWishForm(
            asked if "category" in asked else None,
            initial=HostWishForm.beginning(categories),
            actor=self.actor,
            tenant=self.tenant,
            park=park,
            categories=categories,
        )
        return super().get_context_data(form=form, found=self._found(form), **kwargs)

    def _categories(self, park: Park) -> list[str]:
        """The firm's own industry first, then what its hosts sell and the park is for."""
        own = self.own(Host.objects.all()).values_list("categories", flat=True)
        names = [self.tenant.industry, *(name for listed in own for name in listed), *park.industries]
        return list(dict.fromkeys(name for name in names if name))

    def _found(self, form: HostWishForm) -> HostMatches | None:
        if not form.is_bound or not form.is_valid():
            return None
        try:
            return host_matches(actor=self.actor, of=self.tenant, **form.asked())
        except DomainError as error:
            form.show(error)
            return None
