"""The firm as it shows itself: its names, what the hall sees of it, what the park may read."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _

from core.doors.portal import ServiceFormPage
from core.policy import DISCLOSE
from core.scoping import may
from tenants.forms import FirmForm
from tenants.models import Company, Tenant
from tenants.services import tenant_update


class Firm(ServiceFormPage):
    """Everybody of the firm but its hosts reads it, its owner changes it."""

    template_name = "portal/firm.html"
    section = "firm"
    needs = ("view", Company)
    form_class = FirmForm

    def get_initial(self) -> dict[str, Any]:
        return {name: getattr(self.tenant, name) for name in FirmForm.base_fields}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            decides=may(self.actor, DISCLOSE, Tenant, self.node.pk), actor=self.actor, **kwargs
        )

    def carry_out(self, form: Any) -> HttpResponse:
        before = self.get_initial()
        changed = {name: value for name, value in form.cleaned_data.items() if value != before[name]}
        if changed:
            tenant_update(actor=self.actor, tenant=self.tenant, **changed)
        messages.success(self.request, _("Saved. It holds from now on."))
        return redirect(self.url("portal-firm"))
