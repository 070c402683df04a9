"""What was short of goods is reported with whose show it was, and which of several goods of one name."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from core.clock import now
from supplychain.models import RunLine, Shortage
from tests.factories import make_world

pytestmark = pytest.mark.django_db


def test_a_shortage_says_whose_show_and_which_goods() -> None:
    world = make_world("alpha")
    mine = world.tenants[0]
    line = RunLine.objects.create(
        booking=mine.booking, product=mine.skus[0].product, position=1, price=9, pieces=40
    )
    Shortage.objects.create(line=line, at=now(), short_of="stock", planned=40, there=6)
    client = Client()
    client.force_login(world.users["park_manager"])
    (row,) = client.get(reverse("admin:supplychain_shortage_changelist")).text.split("<tbody")[1:]
    for told in (str(mine.tenant), str(mine.booking), line.product.code):
        assert told in row, told
