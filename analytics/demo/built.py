"""A demo park with its rows, as it was built, and the public ids that follow from what things are."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from analytics.demo.days import tenant_code
from analytics.demo.plans import ParkPlan
from livestreams.models import Host, LiveRoom
from parks.models import Park
from tenants.models import Tenant

NAMESPACE = uuid.UUID("0198c0de-0000-7000-8000-11fe9a4c0de0")


def uid(*parts: object) -> uuid.UUID:
    """A public id that follows from what a thing is."""
    return uuid.uuid5(NAMESPACE, ":".join(str(part) for part in parts))


@dataclass
class BuiltPark:
    """A demo park with its rows in the order of the plan's indexes."""

    plan: ParkPlan
    park: Park
    tenants: list[Tenant]
    rooms: list[LiveRoom]
    hosts: list[Host]


def built_park(plan: ParkPlan) -> BuiltPark | None:
    """The rows of a demo park that was built before, or None."""
    park = Park.objects.filter(code=plan.code, is_synthetic=True).first()
    if park is None:
        return None
    return BuiltPark(
        plan,
        park,
        list(
            Tenant.objects.filter(
                code__in=[tenant_code(plan, index) for index in range(plan.tenants)]
            ).order_by("code")
        ),
        list(LiveRoom.objects.filter(park=park).order_by("code")),
        list(Host.objects.filter(code__startswith=f"{plan.code}-host-").order_by("code")),
    )
