"""Of what a question is asked: a tenant or a park, by their codes in the address."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from rest_framework.request import Request

from core.actors import Actor
from core.doors.fields import is_public_name
from core.errors import InvalidInput, NotFound
from core.scoping import get_visible
from parks.models import Park
from tenants.models import Tenant


def named(request: Request, actor: Actor, name: str, model: Any) -> Any:
    """The row whose code a parameter gives, None without it. NotFound for one of which the actor may not know."""
    code = request.query_params.get(name)
    if not code:
        return None
    if not is_public_name(code, "code"):
        raise NotFound
    return get_visible(model, actor, code=code)


def subject_of(request: Request, actor: Actor) -> Tenant | Park:
    """What `tenant` or `park` names. InvalidInput for none or both, NotFound as `named`."""
    tenant, park = named(request, actor, "tenant", Tenant), named(request, actor, "park", Park)
    if (tenant is None) == (park is None):
        raise InvalidInput(_("Name one tenant or park."), code="subject_required", field="tenant")
    return tenant or park
