"""Leases: who may make and end them, over which units, and that what was decided meanwhile counts."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from core.actors import user_actor
from core.choices import Role
from core.clock import DAY, month_of, today
from core.errors import Conflict, InvalidInput, Refused
from core.models import AuditEntry
from parks.models import Unit
from parks.services import unit_convert
from tenants.choices import ChargeKind, LeaseState
from tenants.models import Charge, Lease, LeaseUnit
from tenants.services import charge_record, lease_create, lease_end
from tests.factories import SYSTEM, World, make_park, make_user, make_world

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


def let(world: World, unit: Unit, number: str = "new", **values: Any) -> Lease:
    values = {
        "actor": SYSTEM,
        "park": world.park,
        "from_day": today(),
        "to_day": today() + 100 * DAY,
    } | values
    return lease_create(tenant=world.tenants[0].tenant, number=number, units=[(unit, Decimal(10))], **values)


def test_only_who_lets_in_a_park_ends_its_leases(world: World) -> None:
    lease, day = world.tenants[0].lease, today()
    keeper = user_actor(make_user("beta-leasing", Role.PARK_LEASING, make_world("beta").park.node))
    for actor in (keeper, user_actor(world.users[Role.PARK_FINANCE]), world.tenants[0].owner):
        with pytest.raises(Refused):
            lease_end(actor=actor, lease=lease, day=day)
    lease.refresh_from_db()
    assert lease.state == LeaseState.ACTIVE
    assert lease_end(actor=world.manager, lease=lease, day=day).state == LeaseState.ENDED


def test_a_lease_is_over_units_of_its_own_park(world: World) -> None:
    foreign = make_world("beta").units[3]
    with pytest.raises(InvalidInput) as refused:
        let(world, foreign)
    assert refused.value.field == "units"
    assert not LeaseUnit.objects.filter(unit=foreign).exists()


def test_what_is_not_to_let_or_under_conversion_is_not_let(world: World) -> None:
    common, converted = world.units[3], world.units[2]
    Unit.objects.filter(pk=common.pk).update(is_lettable=False)
    begins = today() + 50 * DAY
    unit_convert(
        actor=SYSTEM, unit=converted, use="live_room", from_day=begins, fit_out_until=begins + 20 * DAY
    )
    for unit, number in ((common, "common"), (converted, "converted")):
        with pytest.raises(InvalidInput, match=unit.code) as refused:
            let(world, unit, number)
        assert (refused.value.code, refused.value.field) == ("unit_not_lettable", "units")
    assert let(world, converted, "before", to_day=begins)
    assert let(world, converted, "after", from_day=begins + 20 * DAY)


def test_a_unit_is_let_once_at_a_time(world: World) -> None:
    unit, begins, ends = world.units[3], today() + 10 * DAY, today() + 20 * DAY
    first = let(world, unit, from_day=begins, to_day=ends)
    for number, from_day, to_day in (
        ("the same days", begins, ends),
        ("its first day", begins - DAY, begins + DAY),
        ("its last day", ends - DAY, ends + DAY),
        ("around it", begins - DAY, ends + DAY),
    ):
        with pytest.raises(Conflict, match=unit.code) as refused:
            let(world, unit, number, from_day=from_day, to_day=to_day)
        assert (refused.value.code, refused.value.field) == ("unit_let", "units")
    assert let(world, unit, "until then", from_day=begins - DAY, to_day=begins)
    assert let(world, unit, "from then on", from_day=ends, to_day=ends + DAY)
    lease_end(actor=SYSTEM, lease=first, day=begins + DAY)
    assert let(world, unit, "after the end", from_day=begins + DAY, to_day=ends)


def test_the_database_itself_refuses_to_let_a_unit_twice(world: World) -> None:
    first = let(world, world.units[3]).lease_units.get()
    other = let(world, world.units[3], "later", from_day=first.to_day, to_day=first.to_day + DAY)
    with pytest.raises(DatabaseError, match="tenants_leaseunit_no_overlap"), transaction.atomic():
        other.lease_units.update(from_day=first.to_day - DAY)
    first.pk, first.lease = None, other
    with pytest.raises(DatabaseError, match="tenants_leaseunit_no_overlap"), transaction.atomic():
        first.save(force_insert=True)
    first.is_active = False
    first.save(force_insert=True)


def test_a_lease_that_has_ended_is_not_lengthened_by_who_saw_it_before(world: World) -> None:
    unit, soon = world.units[3], today() + 10 * DAY
    lease = let(world, unit)
    seen_before = Lease.objects.get(pk=lease.pk)
    Lease.objects.filter(pk=lease.pk).update(
        rent_per_month=Decimal(7)
    )  # something else that changed meanwhile
    lease_end(actor=SYSTEM, lease=lease, day=soon)
    again = let(world, unit, "again", from_day=soon)
    with pytest.raises(InvalidInput):
        lease_end(actor=SYSTEM, lease=seen_before, day=soon + 5 * DAY)
    assert lease_end(actor=SYSTEM, lease=seen_before, day=soon - DAY).rent_per_month == 7
    kept = Lease.objects.get(pk=lease.pk)
    assert (kept.to_day, kept.rent_per_month, kept.state) == (soon - DAY, 7, LeaseState.ACTIVE)
    assert list(LeaseUnit.objects.filter(unit=unit).order_by("from_day").values_list("lease", "to_day")) == [
        (lease.pk, soon - DAY),
        (again.pk, again.to_day),
    ]
    entry = AuditEntry.objects.filter(verb="lease.end").latest("pk")
    assert entry.before == {"state": "active", "to_day": str(soon)}


def test_a_charge_is_the_same_only_where_nothing_differs(world: World) -> None:
    """Ids are a park's own: another park may charge under the same."""
    middle = month_of(today()) + 14 * DAY
    given = {"actor": SYSTEM, "tenant": world.tenants[0].tenant, "source": "admin", "source_id": "7"}
    given |= {"park": world.park, "kind": ChargeKind.SERVICE, "amount": Decimal(100), "explanation": {}}
    first = charge_record(**given, period=middle)
    assert first.period == month_of(today())
    assert charge_record(**given, period=middle + DAY) == first
    Charge.objects.filter(pk=first.pk).update(period=middle)  # as older ones may stand
    assert charge_record(**given, period=middle + DAY) == first
    others = {
        "kind": ChargeKind.RENT,
        "amount": Decimal(101),
        "tenant": world.tenants[1].tenant,
    }
    for name, other in others.items():
        with pytest.raises(Conflict) as refused:
            charge_record(**{**given, name: other}, period=middle)
        assert refused.value.field == "source_id"
    assert Charge.objects.get(source="admin") == first
    assert charge_record(**{**given, "park": make_park("beta")}, period=middle) != first
