"""The packing table: what waits is listed, what has to leave first at the head, and a tap opens it."""

from __future__ import annotations

import datetime as dt
import html
import re
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from core.clock import HOUR, now
from supplychain.models import Parcel, Reservation, Warehouse, Wave
from tests.factories import World, make_parcels, make_user, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def keeper(world: World) -> Client:
    client = Client()
    client.force_login(make_user("keeper", "park_warehouse", world.park.node))
    client.cookies["django_language"] = "en"
    return client


def wait_for(
    warehouse: Warehouse, world: World, order: str, paid: dt.datetime, pieces: int = 1, source: str = "tool"
) -> Parcel:
    """A parcel that waits, its order paid at an instant."""
    mine = world.tenants[0]
    wave = Wave.objects.filter(warehouse=warehouse).first() or Wave.objects.create(
        warehouse=warehouse, number=1
    )
    parcel = Parcel.objects.create(
        warehouse=warehouse, wave=wave, seller=mine.tenant, source=source, order_no=order
    )
    for number in range(pieces):
        Reservation.objects.create(
            warehouse=warehouse, seller=mine.tenant, owner=mine.tenant, sku=mine.skus[0], event_id=900 + number,
            line=f"{source}:{order}:{number}", source_key=f"{source}-{order}-{number}", order_no=order, quantity=1,
            state="in_wave", parcel=parcel, paid_at=paid,
        )  # fmt: skip
    return parcel


def table(keeper: Client, **asked: str) -> Any:
    return keeper.get(reverse("admin:warehouse_packing"), asked)


def test_the_first_page_says_what_has_to_leave(world: World, keeper: Client) -> None:
    Warehouse.objects.filter(pk=world.warehouse.pk).update(ship_within_hours=48)
    foreign = make_world("beta")

    def told() -> tuple[int, int, Any]:
        """Orders that are held, those of them that are overdue, and the number as it is shown."""
        (number,) = keeper.get("/admin/").context["shipping"]
        (late,) = re.findall(r"(\d+) overdue", number.note)
        return int(number.value), int(late), number

    orders, overdue, _number = told()
    wait_for(world.warehouse, world, "O-late", now() - 49 * HOUR, pieces=2)
    wait_for(foreign.warehouse, foreign, "O-far", now() - 49 * HOUR)
    unpacked = Warehouse.objects.get(pk=world.warehouse.pk)
    unpacked.pk, unpacked.code, unpacked.packs_orders = None, "alpha-unpacked", False
    unpacked.uid, unpacked._state.adding = uuid4(), True
    unpacked.save()
    wait_for(unpacked, world, "O-elsewhere", now() - 49 * HOUR)
    held, late, shown = told()
    assert (held, late, shown.tone) == (orders + 1, overdue + 1, "warn")
    assert shown.url == f"{reverse('admin:warehouse_day')}?park={world.park.code}"
    assert keeper.get(shown.url).context["warehouses"][0]["unshipped"].orders == held
    Warehouse.objects.update(packs_orders=False)
    assert keeper.get("/admin/").context["shipping"] == []


def test_parcels_wait_in_the_order_of_their_deadlines(world: World, keeper: Client) -> None:
    house = world.warehouse
    Warehouse.objects.filter(pk=house.pk).update(packs_orders=True, ship_within_hours=48)
    Parcel.objects.exclude(state="dispatched").update(state="cancelled")
    other = Warehouse.objects.create(park=world.park, code="z-other", name_zh="二仓", packs_orders=True)
    soon = wait_for(house, world, "O-soon", now() - 47 * HOUR, pieces=3)
    late = wait_for(house, world, "O-late", now() - 49 * HOUR)
    fresh = wait_for(house, world, "O-fresh", now())
    wait_for(other, world, "O-elsewhere", now() - 60 * HOUR)
    page = table(keeper, warehouse=house.code)
    assert [(each.parcel, each.pieces, each.is_late) for each in page.context["parcels"]] == [
        (late, 1, True),
        (soon, 3, False),
        (fresh, 1, False),
    ]
    assert page.context["waiting"] == 3
    assert "O-elsewhere" not in page.text
    assert page.text.count('class="lp-late"') == 1
    address = f"?warehouse={house.code}&amp;parcel={soon.uid}"
    assert f'href="{address}"' in page.text.replace("&parcel", "&amp;parcel")
    opened = table(keeper, warehouse=house.code, parcel=str(soon.uid))
    assert opened.context["parcel"] == soon
    assert "O-late" not in opened.text, "at work on one parcel, the others are out of the way"


def test_a_parcel_of_which_everything_was_taken_out_has_no_pieces(world: World, keeper: Client) -> None:
    Warehouse.objects.update(packs_orders=True)
    Parcel.objects.exclude(state="dispatched").update(state="cancelled")
    empty = wait_for(world.warehouse, world, "O-empty", now(), pieces=0)
    page = table(keeper, warehouse=world.warehouse.code)
    assert page.status_code == 200
    assert [(each.parcel, each.pieces, each.is_late) for each in page.context["parcels"]] == [
        (empty, 0, False)
    ]


def test_what_is_not_on_its_shelf_is_said_at_the_table(world: World, keeper: Client) -> None:
    """A tap on the line, which leaves its parcel; then one is at the table again."""
    house, mine = world.warehouse, world.tenants[0]
    Warehouse.objects.filter(pk=house.pk).update(packs_orders=True)
    parcel = Parcel.objects.get(seller=mine.tenant, state="waiting")
    here = {"warehouse": house.code, "parcel": str(parcel.uid)}
    (link,) = re.findall(r'href="([^"]+/do/missing/[^"]+)"', table(keeper, **here).text)
    asked = keeper.get(html.unescape(link))
    assert f"<strong>{parcel.lines.get()}</strong>" in asked.text, (
        "which line it is, also where the path is cut off"
    )
    back = asked.context["back"]
    assert back == f"{reverse('admin:warehouse_packing')}?{urlencode(here)}"
    answer = keeper.post(html.unescape(link), {"back": back})
    assert (answer.status_code, answer["Location"]) == (302, back)
    assert mine.tenant.backorders.get(order_no=parcel.order_no).quantity == 1


def test_of_a_number_that_two_shops_gave_both_orders_are_shown_to_tap_the_right_one(
    world: World, keeper: Client
) -> None:
    Warehouse.objects.update(packs_orders=True)
    first, second = (
        wait_for(world.warehouse, world, "1001", now(), source=source)
        for source in ("first-shop", "other-shop")
    )
    wait_for(world.warehouse, world, "1002", now())
    address = f"{reverse('admin:warehouse_packing')}?{urlencode({'warehouse': world.warehouse.code})}"
    answer = keeper.post(address, {"code": " 1001 "}, follow=True)
    assert [each.parcel for each in answer.context["parcels"]] == [first, second]
    assert "first-shop" in answer.text
    assert "Several shops have an order “1001”" in answer.text
    opened = table(keeper, warehouse=world.warehouse.code, parcel=str(second.uid))
    assert "other-shop" in opened.text
    assert "first-shop" not in opened.text
    alone = keeper.post(address, {"code": "1002"}, follow=True)
    assert alone.context["parcel"].order_no == "1002"


def test_the_days_buttons_come_back_to_it(world: World, keeper: Client) -> None:
    Warehouse.objects.update(packs_orders=True)
    day = reverse("admin:warehouse_day")
    page = keeper.get(day, {"park": world.park.code})
    make = re.findall(r'href="([^"]+/do/wave/[^"]+)"', page.text)
    assert [keeper.get(html.unescape(link)).context["back"] for link in make] == [
        f"{day}?park={world.park.code}"
    ]


def test_nobody_elses_parcels_are_listed(world: World, keeper: Client) -> None:
    beta = make_world("beta")
    make_parcels(beta.warehouse, beta.tenants[0].tenant, beta.tenants[0].skus[0], "FOREIGN")
    Warehouse.objects.update(packs_orders=True)
    page = table(keeper, warehouse=beta.warehouse.code)
    assert page.context["warehouse"] == world.warehouse
    assert beta.canary not in page.text
    assert "FOREIGN" not in page.text
