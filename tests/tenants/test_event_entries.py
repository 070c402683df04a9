"""Tenants take part in festivals with their goods: whose park is a venue, while it lasts, and who sees it."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine

from core.actors import user_actor
from core.choices import Role
from core.clock import DAY, now, today
from core.errors import Conflict, InvalidInput, NotFound, Refused
from core.records import record_close
from core.scoping import visible_to
from parks.models import Event, EventVenue
from parks.services import venue_add
from supplychain.models import EventItem
from supplychain.services import item_enter, item_withdraw
from tenants.models import EventEntry, Tenancy
from tenants.services import entry_readmit, entry_send_away, entry_withdraw, event_enter, tenancy_move
from tests.factories import SYSTEM, World, make_park, make_tenant, make_world

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


def joint(alpha: World, beta: World) -> Event:
    """The event of the first world, with the second one's park as a sub venue."""
    venue_add(actor=alpha.manager, event=alpha.event, park_code=beta.park.code)
    return alpha.event


def test_a_tenant_enters_where_it_sits_and_venue_and_organiser_see_it() -> None:
    alpha, beta, gamma = make_world("alpha"), make_world("beta"), make_world("gamma")
    owner, guest = beta.tenants[0].owner, beta.tenants[0].tenant
    with pytest.raises(NotFound):
        event_enter(actor=owner, event=alpha.event, tenant=guest)
    entry = event_enter(actor=owner, event=joint(alpha, beta), tenant=guest)
    assert entry.park == beta.park
    item = item_enter(
        actor=owner, entry=entry, product=beta.tenants[0].skus[0].product, price=Decimal("9.90"), quantity=5
    )
    for actor in (alpha.manager, beta.manager, owner):
        assert entry in visible_to(EventEntry.objects.all(), actor)
        assert item in visible_to(EventItem.objects.all(), actor)
    for stranger in (gamma.manager, beta.tenants[1].owner, alpha.tenants[0].owner):
        assert entry not in visible_to(EventEntry.objects.all(), stranger)
        assert item not in visible_to(EventItem.objects.all(), stranger)
    with pytest.raises(Conflict):
        event_enter(actor=owner, event=alpha.event, tenant=guest)
    neighbour = beta.tenants[1]
    for other in (gamma.manager, beta.manager, alpha.manager, user_actor(neighbour.users[Role.TENANT_STAFF])):
        with pytest.raises(Refused):
            event_enter(actor=other, event=alpha.event, tenant=neighbour.tenant)


def test_the_organiser_may_send_an_entrant_away_and_not_bring_its_goods() -> None:
    alpha, beta = make_world("alpha"), make_world("beta")
    mine = beta.tenants[0]
    entry = event_enter(actor=mine.owner, event=joint(alpha, beta), tenant=mine.tenant)
    product = mine.skus[0].product
    for other in (alpha.manager, beta.manager):
        with pytest.raises(Refused):
            item_enter(actor=other, entry=entry, product=product, price=Decimal(1))
    assert entry_send_away(actor=alpha.manager, entry=entry).closed_on == today()
    with pytest.raises(Conflict):
        item_enter(actor=mine.owner, entry=entry, product=product, price=Decimal(1))
    with pytest.raises(Conflict) as refusal:
        event_enter(actor=mine.owner, event=alpha.event, tenant=mine.tenant)
    assert refusal.value.code == "sent_away"
    for write in (entry_readmit, entry_send_away):
        with pytest.raises(Refused):
            write(actor=mine.owner, entry=entry)
    entry_readmit(actor=beta.manager, entry=entry)
    assert event_enter(actor=mine.owner, event=alpha.event, tenant=mine.tenant).closed_on is None


def test_who_withdrew_by_itself_comes_back_by_itself() -> None:
    alpha = make_world("alpha")
    mine = alpha.tenants[0]
    assert entry_withdraw(actor=mine.owner, entry=mine.entry).closed_on == today()
    assert event_enter(actor=mine.owner, event=alpha.event, tenant=mine.tenant).closed_on is None


def test_goods_are_one_s_own_and_entered_once() -> None:
    alpha = make_world("alpha")
    mine, other = alpha.tenants
    with pytest.raises(InvalidInput):
        item_enter(actor=mine.owner, entry=mine.entry, product=other.skus[0].product, price=Decimal(1))
    product = mine.skus[0].product
    again = item_enter(actor=mine.owner, entry=mine.entry, product=product, price=Decimal("5.50"))
    assert (again.price, again.quantity) == (Decimal("5.50"), None)
    assert EventItem.objects.filter(entry=mine.entry).count() == 1
    item_withdraw(actor=mine.owner, item=again)
    assert item_enter(actor=mine.owner, entry=mine.entry, product=product, price=Decimal(6)).closed_on is None
    with pytest.raises(InvalidInput):
        item_enter(actor=mine.owner, entry=mine.entry, product=product, price=Decimal(-1))


def test_nobody_enters_after_the_end_or_where_no_venue_is() -> None:
    alpha, beta = make_world("alpha"), make_world("beta")
    event, mine = joint(alpha, beta), beta.tenants[0]
    entry = event_enter(actor=mine.owner, event=event, tenant=mine.tenant)
    late = make_tenant(beta.park, "late")
    record_close(actor=alpha.manager, row=EventVenue.objects.get(event=event, park=beta.park))
    with pytest.raises(Conflict):
        event_enter(actor=SYSTEM, event=event, tenant=late)
    with time_machine.travel(now() + timedelta(days=3), tick=False):
        own = make_tenant(alpha.park, "own")
        for write in (
            lambda: event_enter(actor=SYSTEM, event=event, tenant=own),
            lambda: entry_withdraw(actor=SYSTEM, entry=entry),
            lambda: item_enter(actor=SYSTEM, entry=entry, product=mine.skus[0].product, price=Decimal(1)),
        ):
            with pytest.raises(Conflict):
                write()
    record_close(actor=alpha.manager, row=event)
    with pytest.raises(Conflict):
        event_enter(actor=SYSTEM, event=event, tenant=make_tenant(alpha.park, "other"))


def test_an_entry_stays_at_its_venue_when_the_tenant_moves() -> None:
    alpha = make_world("alpha")
    mine, elsewhere = alpha.tenants[0], make_park("elsewhere")
    tenancy_move(actor=SYSTEM, tenant=mine.tenant, park=elsewhere, from_day=today())
    mine.entry.refresh_from_db()
    assert mine.entry.park == alpha.park
    assert Tenancy.objects.on(today() - DAY).filter(tenant=mine.tenant, park=alpha.park).exists()
    assert mine.entry in visible_to(EventEntry.objects.all(), alpha.manager)
