"""Loans of equipment, and visitors at the gate."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction

from core.actors import user_actor
from core.choices import Role
from core.clock import DAY, HOUR, now, today
from core.errors import DomainError, InvalidInput, NotFound, Refused
from core.models import AuditEntry
from core.scoping import visible_to
from livestreams import services
from livestreams.choices import Condition, FaultState
from livestreams.errors import BadTime, ItemUnavailable, WrongState
from livestreams.models import Booking, Equipment, EquipmentLoan, Fault, Visit
from tests.factories import World, make_item, make_world
from tests.livestreams.crowds import crowd

pytestmark = pytest.mark.both_databases


@pytest.fixture
def item(world: World) -> Equipment:
    return make_item(world.park, "cam-1")


def lend(world: World, item: Equipment, actor=None, **more) -> EquipmentLoan:
    more = {"tenant": world.tenants[0].tenant, "due_at": now() + HOUR, **more}
    return services.loan_begin(actor=actor or world.manager, item=item, **more)


# --- loans ------------------------------------------------------------------------------------------------------


def test_an_item_is_lent_once_at_a_time(world: World, item: Equipment, booking: Booking) -> None:
    loan = services.loan_begin(actor=world.manager, item=item, booking=booking)
    assert (loan.tenant, loan.due_at) == (booking.tenant, booking.ends_at)
    with pytest.raises(ItemUnavailable) as taken:
        lend(world, item)
    assert taken.value.code == "item_out"
    services.loan_return(actor=world.manager, loan=loan)
    with pytest.raises(WrongState):
        services.loan_return(actor=world.manager, loan=loan)
    assert lend(world, item).back_at is None


def test_the_database_has_the_last_word_on_loans(world: World, item: Equipment) -> None:
    loan = lend(world, item)
    values = {"item": item, "tenant": world.tenants[1].tenant, "due_at": now() + DAY}
    for out_at, back_at in ((now() + HOUR, None), (loan.out_at - HOUR, loan.out_at + timedelta(seconds=1))):
        condition = Condition.GOOD if back_at else ""
        with pytest.raises(IntegrityError), transaction.atomic():
            EquipmentLoan.objects.create(out_at=out_at, back_at=back_at, condition=condition, **values)
    EquipmentLoan.objects.create(
        out_at=loan.out_at - HOUR, back_at=loan.out_at, condition=Condition.GOOD, **values
    )  # neighbours may touch


@pytest.mark.gate
def test_many_people_hand_out_one_item_once(
    transactional_db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Past the check of the service too: then the database refuses, and the refusal is the same."""
    world = make_world("alpha")
    items = [make_item(world.park, f"cam-{number}") for number in range(3)]
    monkeypatch.setattr("livestreams.querysets.LoanQuerySet.out", lambda self: self.none())

    def attempt(number: int) -> str:
        try:
            lend(world, items[number % 3], tenant=world.tenants[number % 2].tenant)
        except DomainError as refusal:
            return f"{refusal.status} {refusal.code}"
        return "lent"

    with crowd(tmp_path, monkeypatch, 12) as people:
        outcomes = Counter(people.map(attempt, range(60)))
    print(connection.vendor, dict(outcomes))
    assert outcomes == {"lent": 3, "409 item_out": 57}


def test_broken_and_given_up_items_are_not_lent(world: World, item: Equipment) -> None:
    back = services.loan_return(
        actor=world.manager, loan=lend(world, item), condition="incomplete", note="no cap"
    )
    fault = Fault.objects.get(item=item)
    assert (back.condition, fault.text, fault.kind, fault.state) == (
        "incomplete",
        "no cap",
        "camera",
        FaultState.OPEN,
    )
    with pytest.raises(ItemUnavailable) as broken:
        lend(world, item)
    assert broken.value.code == "item_faulty"
    services.fault_close(actor=world.manager, fault=fault, note="given up")
    item.closed_on = today()
    item.save()
    with pytest.raises(ItemUnavailable) as closed:
        lend(world, item)
    assert closed.value.code == "item_closed"


def test_only_the_studio_of_the_park_lends_and_only_to_its_firms(
    world: World, item: Equipment, booking: Booking
) -> None:
    beta = make_world("beta")
    for actor in (world.tenants[0].owner, world.tenants[0].tool, beta.manager):
        with pytest.raises(Refused):
            lend(world, item, actor)
    for wrong, field in (
        ({"tenant": beta.tenants[0].tenant}, "tenant"),
        ({"tenant": None}, "tenant"),
        ({"tenant": world.tenants[1].tenant, "booking": booking}, "booking"),
        ({"due_at": None}, "due_at"),
        ({"due_at": now() - HOUR}, "due_at"),
    ):
        with pytest.raises(InvalidInput) as refused:
            lend(world, item, **wrong)
        assert refused.value.field == field
    loan = lend(world, item)
    with pytest.raises(NotFound):
        services.loan_return(actor=world.tenants[0].owner, loan=loan)
    with pytest.raises(InvalidInput):
        services.loan_return(actor=world.manager, loan=loan, condition="lost")
    assert not visible_to(EquipmentLoan.objects.filter(pk=loan.pk), world.tenants[1].owner).exists()
    assert visible_to(EquipmentLoan.objects.filter(pk=loan.pk), world.tenants[0].owner).exists()


def test_a_loan_is_overdue_from_its_time_on(world: World, item: Equipment) -> None:
    loan = lend(world, item)
    assert not loan.is_overdue
    with time_machine.travel(loan.due_at):
        assert loan.is_overdue
        assert not services.loan_return(actor=world.manager, loan=loan).is_overdue


# --- visitors ---------------------------------------------------------------------------------------------------


def announce(world: World, actor=None, **more) -> Visit:
    mine = world.tenants[0]
    more = {"tenant": mine.tenant, "name": "王小明", "plate": "粤C12345", "people": 3, **more}
    return services.visit_announce(actor=actor or mine.owner, **more)


def test_visitors_come_once_and_go_once_on_their_day(world: World, booking: Booking) -> None:
    visit = announce(world, booking=booking)
    assert visit.day == today() + 2 * DAY
    with pytest.raises(BadTime):
        services.visit_arrive(actor=world.manager, visit=visit)
    with time_machine.travel(booking.starts_at) as clock:
        with pytest.raises(WrongState):
            services.visit_leave(actor=world.manager, visit=visit)
        services.visit_arrive(actor=world.manager, visit=visit)
        with pytest.raises(WrongState):
            services.visit_arrive(actor=world.manager, visit=visit)
        with pytest.raises(WrongState):
            services.visit_withdraw(actor=world.tenants[0].owner, visit=visit)
        clock.shift(HOUR)
        assert services.visit_leave(actor=world.manager, visit=visit).left_at is not None


def test_the_gate_is_the_parks_and_the_announcement_the_firms(world: World, booking: Booking) -> None:
    mine, neighbour = world.tenants
    visit = announce(world)
    for actor in (mine.owner, mine.tool):
        with pytest.raises(Refused):
            services.visit_arrive(actor=actor, visit=visit)
    for actor in (neighbour.owner, make_world("beta").manager):
        with pytest.raises(NotFound):
            services.visit_withdraw(actor=actor, visit=visit)
    with pytest.raises(Refused):
        announce(world, neighbour.owner)
    for role in (Role.PARK_FINANCE, Role.PARK_VIEWER, Role.PARK_WAREHOUSE):
        assert not visible_to(Visit.objects.all(), user_actor(world.users[role])).exists()
    services.visit_withdraw(actor=mine.owner, visit=visit)
    with pytest.raises(WrongState):
        services.visit_arrive(actor=world.manager, visit=visit)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": "  "}, "name"),
        ({"people": 0}, "people"),
        ({"people": 201}, "people"),
        ({"day": lambda: today() - DAY}, "day"),
        ({"day": lambda: today() + 91 * DAY}, "day"),
        ({"plate": "x" * 21}, "plate"),
    ],
)
def test_what_no_announcement_can_say(world: World, wrong: dict, field: str) -> None:
    given = {name: value() if callable(value) else value for name, value in wrong.items()}
    with pytest.raises(InvalidInput) as refused:
        announce(world, **given)
    assert refused.value.field == field
    with pytest.raises(InvalidInput):
        announce(world, booking=world.tenants[1].booking)


def test_who_came_is_forgotten_after_a_month(world: World) -> None:
    visit = announce(world)
    services.visit_arrive(actor=world.manager, visit=visit)
    with time_machine.travel(now() + 30 * DAY):
        services.studio_upkeep()
        visit.refresh_from_db()
        assert visit.name
    with time_machine.travel(now() + 31 * DAY):
        services.studio_upkeep()
        visit.refresh_from_db()
        assert (visit.name, visit.plate, visit.people) == ("", "", 3)
        assert visit.arrived_at is not None
    kept = str(list(AuditEntry.objects.values_list("object_label", "before", "after")))
    assert "王小明" not in kept
    assert "粤C12345" not in kept
