"""Writes of parks: towns, parks, buildings, units and their conversions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from core import audit
from core.actors import Actor
from core.choices import NodeKind
from core.errors import Conflict, InvalidInput
from core.locking import lock_row, retried
from core.models import ScopeNode
from core.policy import ADD, CHANGE
from core.records import record_update
from core.scoping import require
from core.services import node_create
from parks.choices import UnitUseKind
from parks.errors import UnitInUse
from parks.guards import real_park_opened, unit_conversion
from parks.models import Building, City, Park, ParkSettings, Town, Unit, UnitUse
from parks.towns import town_place


@retried
@transaction.atomic
def town_create(
    *,
    actor: Actor,
    city: City,
    code: str,
    name_zh: str,
    name_en: str = "",
    latitude: float | None = None,
    longitude: float | None = None,
) -> Town:
    """Add a town or district to a city. Without coordinates (degrees) it gets the ones that are known of its name."""
    if latitude is None and longitude is None:
        latitude, longitude = town_place(city.code, name_zh)
    node = node_create(
        actor=actor, kind=NodeKind.TOWN, code=code, name_zh=name_zh, name_en=name_en, parent=city.node
    )
    town = Town.objects.create(
        node=node,
        city=city,
        code=code,
        name_zh=name_zh,
        name_en=name_en,
        latitude=latitude,
        longitude=longitude,
    )
    audit.record(actor=actor, verb="town.create", obj=town, node_id=node.pk, after={"city": city.code})
    return town


@retried
@transaction.atomic
def park_create(
    *,
    actor: Actor,
    town: Town,
    code: str,
    name_zh: str,
    operating_mode: str,
    name_en: str = "",
    operator: str = "",
    opened_on: date | None = None,
    industries: Sequence[str] = (),
    floor_area_m2: Decimal | None = None,
    is_synthetic: bool = False,
) -> Park:
    """Open a park in a town, with its settings. Conflict when the code is taken."""
    node = node_create(
        actor=actor, kind=NodeKind.PARK, code=code, name_zh=name_zh, name_en=name_en, parent=town.node
    )
    park = Park.objects.create(
        node=node,
        code=code,
        town=town,
        name_zh=name_zh,
        name_en=name_en,
        operating_mode=operating_mode,
        operator=operator,
        opened_on=opened_on,
        industries=list(industries),
        floor_area_m2=floor_area_m2,
        is_synthetic=is_synthetic,
    )
    ParkSettings.objects.create(park=park)
    audit.record(actor=actor, verb="park.create", obj=park, node_id=park.pk)
    if not is_synthetic:
        real_park_opened()
    return park


@retried
def park_update(*, actor: Actor, park: Park, **values: Any) -> Park:
    """Change what a park says of itself; its code stays."""
    require(actor, CHANGE, Park, park.pk)
    with transaction.atomic():
        kept = record_update(actor=actor, row=park, **values)
        if {"name_zh", "name_en"} & values.keys():
            ScopeNode.objects.filter(pk=kept.pk).update(name_zh=kept.name_zh, name_en=kept.name_en)
    return kept


@retried
@transaction.atomic
def building_create(
    *, actor: Actor, park: Park, code: str, name_zh: str, name_en: str = "", phase: int = 1
) -> Building:
    """Add a building to a park."""
    require(actor, ADD, Building, park.pk)
    building = Building.objects.create(park=park, code=code, name_zh=name_zh, name_en=name_en, phase=phase)
    audit.record(actor=actor, verb="building.create", obj=building, node_id=park.pk)
    return building


@retried
@transaction.atomic
def unit_create(
    *,
    actor: Actor,
    building: Building,
    code: str,
    use: str,
    area_m2: Decimal,
    from_day: date,
    floor: int = 1,
    is_lettable: bool = True,
) -> Unit:
    """Add a unit with its first use. Conflict when the code is taken."""
    require(actor, ADD, Unit, building.park_id)
    try:
        with transaction.atomic():
            unit = Unit.objects.create(
                park_id=building.park_id, building=building, code=code, floor=floor, is_lettable=is_lettable
            )
    except IntegrityError as error:
        raise Conflict(
            _("The code %(code)s is already in use.") % {"code": code}, code="code_taken", field="code"
        ) from error
    UnitUse.objects.create(unit=unit, use=use, area_m2=area_m2, from_day=from_day)
    audit.record(
        actor=actor,
        verb="unit.create",
        obj=unit,
        node_id=unit.park_id,
        after={"use": use, "area_m2": area_m2},
    )
    return unit


@retried
def unit_convert(
    *,
    actor: Actor,
    unit: Unit,
    use: str,
    from_day: date,
    area_m2: Decimal | None = None,
    conversion_cost: Decimal = Decimal(0),
    fit_out_until: date | None = None,
) -> UnitUse:
    """Close the present use on `from_day` and open the next, with a fit-out between them when one is given.

    UnitInUse names who still relies on the unit; InvalidInput when the day lies before the present use began.
    """
    require(actor, CHANGE, Unit, unit.park_id)
    if fit_out_until is not None and fit_out_until <= from_day:
        raise InvalidInput(_("The fit-out must end after it begins."), field="fit_out_until")
    with transaction.atomic():
        lock_row(Unit, unit.pk)
        # Whoever lets the unit locks it too, so nobody comes in after this question.
        blockers = unit_conversion.blockers(unit, from_day)
        if blockers:
            raise UnitInUse(" ".join(blockers))
        current = unit.uses.filter(to_day__isnull=True).get()
        if from_day <= current.from_day:
            raise InvalidInput(
                _("The present use began on %(day)s; the next one must begin later.")
                % {"day": current.from_day},
                field="from_day",
            )
        before = {"use": current.use, "area_m2": str(current.area_m2)}
        current.to_day = from_day
        current.save(update_fields=["to_day"])
        area = area_m2 or current.area_m2
        if fit_out_until is not None:
            UnitUse.objects.create(
                unit=unit, use=UnitUseKind.FIT_OUT, area_m2=area, from_day=from_day, to_day=fit_out_until
            )
        opened = UnitUse.objects.create(
            unit=unit,
            use=use,
            area_m2=area,
            from_day=fit_out_until or from_day,
            conversion_cost=conversion_cost,
        )
        audit.record(
            actor=actor,
            verb="unit.convert",
            obj=unit,
            node_id=unit.park_id,
            before=before,
            after={"use": use, "area_m2": area},
        )
    return opened
