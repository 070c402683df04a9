"""What is closed from a day to come on is offered until then, at every door, and from that day on at none."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from analytics.parkday import rooms_at
from analytics.wall import air, subjects
from analytics.wall.memory import Memory
from core.choices import Role
from core.clock import DAY, now, today
from core.models import User
from livestreams.models import Host, LiveRoom
from parks.models import Event, Park
from parks.selectors import parks_of
from supplychain.doors.shelfwork import ShelfWork, Task
from supplychain.models import GoodsOffer, Product, Sku, Warehouse
from supplychain.services import goods_offer
from tenants.models import Tenant
from tests.factories import SYSTEM, World

pytestmark = pytest.mark.both_databases


class Doors:
    """A world with the browsers of a firm's owner and of the park's manager."""

    def __init__(self, world: World, owner: Client, manager: Client) -> None:
        self.world, self.firm, self.owner, self.manager = world, world.tenants[0], owner, manager

    def page(self, name: str) -> Any:
        return self.owner.get(reverse(name, args=[self.firm.tenant.code]))

    def choices(self, page: str, field: str) -> Any:
        return self.page(page).context["form"].fields[field].queryset

    def targets(self) -> Any:
        """Where goods of another warehouse may be brought."""
        work = ShelfWork(
            actor=self.world.manager, warehouse=Warehouse(pk=0), task=Task.TRANSFER, goods=Sku.objects.all()
        )
        target: Any = work.head.fields["target"]
        return target.queryset

    def found(self, **asked: str) -> list[Any]:
        return list(self.manager.get("/admin/autocomplete/", asked).json()["results"])

    def listed(self, model: str, closed: str) -> int:
        page = self.manager.get(reverse(f"admin:{model}_changelist"), {"closed": closed})
        return int(page.context["cl"].result_count)


@pytest.fixture
def doors(world: World, owner: Client, browser_of: Callable[[User], Client]) -> Doors:
    return Doors(world, owner, browser_of(world.users[Role.PARK_MANAGER]))


PLACES: dict[str, tuple[type[Model], Callable[[Doors], Any]]] = {
    "hosts of a booking": (Host, lambda doors: doors.choices("portal-booking-new", "host")),
    "rooms of a booking": (LiveRoom, lambda doors: doors.choices("portal-booking-new", "room")),
    "rooms on the wall": (
        LiveRoom,
        lambda doors: air.rooms_of([doors.world.park], [], [], now(), Memory()).states,
    ),
    "rooms of the dashboard": (LiveRoom, lambda doors: rooms_at(SYSTEM, [doors.world.park], now()).total),
    "rooms found by typing": (
        LiveRoom,
        lambda doors: doors.found(app_label="livestreams", model_name="booking", field_name="room"),
    ),
    "rooms in use": (LiveRoom, lambda doors: doors.listed("livestreams_liveroom", "no")),
    "rooms but closed ones": (LiveRoom, lambda doors: not doors.listed("livestreams_liveroom", "yes")),
    "the portal of a firm": (Tenant, lambda doors: doors.page("portal-today").status_code == 200),
    "offers of goods": (Product, lambda doors: GoodsOffer.objects.standing()),
    "offers of a firm": (Tenant, lambda doors: GoodsOffer.objects.standing()),
    "warehouses that goods are sent to": (
        Warehouse,
        lambda doors: doors.choices("portal-inbound-new", "warehouse"),
    ),
    "warehouses that goods move to": (Warehouse, lambda doors: doors.targets()),
    "goods that are sent": (Sku, lambda doors: doors.choices("portal-inbound-new", "sku")),
    "events ahead": (Event, lambda doors: doors.page("portal-events").context["ahead"]),
    "the wall of a park": (Park, lambda doors: subjects.find(doors.world.park.code)),
    "parks": (Park, lambda doors: parks_of(doors.world.manager)),
}


@pytest.mark.parametrize("place", PLACES)
def test_what_is_closed_from_a_day_to_come_on_is_there_until_then(doors: Doors, place: str) -> None:
    model, seen = PLACES[place]
    terms = {"floor_price": Decimal(1), "commission_rate": Decimal(10), "pieces": 5}
    goods_offer(actor=SYSTEM, product=doors.firm.skus[1].product, **terms)

    def closing(day: date) -> bool:
        model._default_manager.update(closed_on=day)
        return bool(seen(doors))

    assert closing(today() + DAY)
    assert not closing(today())
