"""What a factory still has room for in the next days is the same on its page, in the API and by hand."""

from __future__ import annotations

import pytest

from core.clock import DAY, today
from supplychain.models import FactoryDay, FactoryStep
from tests.api.conftest import Caller
from tests.factories import World, make_world

pytestmark = pytest.mark.django_db


def test_room_is_counted_day_by_day() -> None:
    world: World = make_world("alpha")
    mine = world.tenants[0]
    step = FactoryStep.objects.get(factory__tenant=mine.tenant)
    FactoryDay.objects.filter(step=step).delete()
    for after, taken in ((0, 100), (1, 100), (3, 30), (8, 100)):
        FactoryDay.objects.create(step=step, day=today() + after * DAY, capacity=100, taken=taken)
    # The day that was full can make half as many now; what it holds takes nothing from the other six.
    FactoryStep.objects.filter(pk=step.pk).update(pieces_per_day=50)
    owner = Caller(user=mine.users["tenant_owner"])
    (told,) = owner.get("factories").json()["results"][0]["steps"]
    assert (told["pieces_per_day"], told["free_in_7_days"]) == (50, 6 * 50 - 30)
    page = owner.client.get(f"/portal/{mine.tenant.code}/factories/", headers={"accept-language": "en"})
    assert "<strong>270</strong> / 350" in page.text
