"""Festivals in the portal: a firm takes part, brings goods, sees the board, and leaves again."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from analytics.models import DaySales
from core.clock import today
from parks.models import Event
from supplychain.models import EventItem
from tenants.choices import WallVisibility
from tenants.services import entry_withdraw
from tests.factories import SYSTEM, World, make_world

pytestmark = pytest.mark.django_db


def address(world: World, event: Event, name: str = "portal-event") -> str:
    return reverse(name, args=[world.tenants[0].tenant.code, event.uid])


def test_a_firm_takes_part_brings_goods_and_leaves(world: World, owner: Client) -> None:
    mine = world.tenants[0]
    entry_withdraw(actor=SYSTEM, entry=mine.entry)
    page = address(world, world.event)
    assert world.event.name in owner.get(reverse("portal-events", args=[mine.tenant.code])).content.decode()
    item = {"product": mine.skus[1].product.code, "price": "19.90", "quantity": "7"}
    assert owner.post(page, item).status_code == 404
    assert owner.post(address(world, world.event, "portal-event-enter")).url == page  # type: ignore[attr-defined]
    for wrong in ({"price": "-1"}, {"price": "1e3"}, {"quantity": "many"}, {"product": "nothing"}):
        assert owner.post(page, {**item, **wrong}).status_code == 400
    assert owner.post(page, item).status_code == 302
    brought = EventItem.objects.get(product=mine.skus[1].product)
    assert (brought.price, brought.quantity) == (Decimal("19.90"), 7)
    assert "19.90" in owner.get(page).content.decode()
    owner.post(reverse("portal-item-withdraw", args=[mine.tenant.code, brought.uid]))
    assert "19.90" not in owner.get(page).content.decode()
    owner.post(address(world, world.event, "portal-event-withdraw"))
    mine.entry.refresh_from_db()
    assert mine.entry.closed_on == today()


def test_goods_of_a_neighbour_are_no_choice(world: World, owner: Client) -> None:
    theirs = world.tenants[1].skus[0].product
    item = {"product": theirs.code, "price": "1", "quantity": ""}
    assert owner.post(address(world, world.event), item).status_code == 400


def test_a_foreign_event_is_as_absent_as_one_that_is_not_there(world: World, owner: Client) -> None:
    other = make_world("beta")
    for name in ("portal-event", "portal-event-enter", "portal-event-withdraw"):
        answer = owner.post(address(world, other.event, name), {"product": "x"})
        assert answer.status_code in (400, 404)
        assert other.canary not in answer.content.decode()
    assert owner.get(address(world, other.event)).status_code == 404
    assert owner.get(reverse("festival", args=[other.event.uid])).status_code == 404


def test_board_and_report_show_each_firm_by_its_choice(world: World, owner: Client) -> None:
    mine, neighbour = (each.tenant for each in world.tenants)
    for tenant, paid in ((mine, "111.11"), (neighbour, "222.22")):
        DaySales.objects.create(tenant=tenant, day=today(), gmv_paid=Decimal(paid), orders=1, units_paid=1)
    pages = (
        address(world, world.event),
        reverse("festival", args=[world.event.uid]),
        reverse("api-event-report", args=[world.event.uid]),
    )
    for page in pages:
        shown = owner.get(page).content.decode()
        assert "222.22" in shown
        assert "333.33" in shown
    for choice, named in ((WallVisibility.RANK, True), (WallVisibility.HIDDEN, False)):
        neighbour.wall_visibility = choice
        neighbour.save()
        for page in pages:
            shown = owner.get(page).content.decode()
            assert (neighbour.name_zh in shown) is named
            assert "222.22" not in shown
            assert "333.33" not in shown
            assert "111.11" in shown


def test_the_table_has_each_figure_with_its_definition(world: World, owner: Client) -> None:
    answer = owner.get(reverse("festival-table", args=[world.event.uid, "csv"]))
    lines = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()  # type: ignore[attr-defined]
    codes = [line.split(",")[1] for line in lines if line.startswith("figure")]
    assert {"gmv_paid", "event_entries", "unit_price", "paid_per_thousand_entries"} <= set(codes)
    assert all(line.count(",") >= 5 for line in lines)
    assert owner.get(reverse("festival-table", args=[world.event.uid, "exe"])).status_code == 404
