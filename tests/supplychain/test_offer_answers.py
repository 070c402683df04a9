"""Whether firms sell goods of the pool: the latest answer counts, a no has a reason and keeps them off the run."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db import DatabaseError, transaction

from analytics.obs import products_of
from core.actors import user_actor
from core.choices import Role, WebhookEvent
from core.clock import now
from core.errors import InvalidInput, NotFound, Refused
from core.models import WebhookDelivery
from core.scoping import visible_to
from core.webhooks.endpoints import webhook_create
from livestreams.errors import WrongState
from livestreams.models import Booking, PlannedShift
from supplychain.models import GoodsOffer, OfferAnswer
from supplychain.services import goods_offer, goods_offer_withdraw, offer_answer, run_line_drop, run_line_put
from supplychain.showcase import outcomes
from tests.api.conftest import Caller
from tests.factories import SYSTEM, TenantWorld, World, make_host, make_user, make_world

pytestmark = pytest.mark.both_databases


@pytest.fixture
def offer(theirs: TenantWorld) -> GoodsOffer:
    return goods_offer(
        actor=theirs.owner,
        product=theirs.skus[0].product,
        floor_price=Decimal(59),
        commission_rate=Decimal(20),
        pieces=100,
    )


def say(firm: TenantWorld, offer: GoodsOffer, sells: bool = True, **values: Any) -> OfferAnswer:
    given: dict[str, Any] = {"actor": firm.owner, "tenant": firm.tenant, "sells": sells, **values}
    return offer_answer(offer=offer, **given)


def plan(firm: TenantWorld, offer: GoodsOffer) -> Any:
    return run_line_put(actor=firm.owner, booking=firm.booking, offer=offer, price=Decimal(69), pieces=5)


def refused_by(firm: TenantWorld) -> list[Any]:
    """What the API says of each line on the run of the firm's booking."""
    lines = Caller(user=firm.users["tenant_owner"]).get("run-lines", booking=str(firm.booking.uid)).json()
    return [line["refused_by"] for line in lines["results"]]


def test_the_latest_answer_counts(mine: TenantWorld, offer: GoodsOffer) -> None:
    host = make_host(mine.tenant, "second")
    first = say(mine, offer, False, reason="commission too low")
    of_host = say(mine, offer, False, reason="not my style", host=host)
    assert say(mine, offer, False, reason=" commission too low ") == first
    last = say(mine, offer)

    assert set(OfferAnswer.objects.current()) == {of_host, last}
    assert OfferAnswer.objects.count() == 3
    with pytest.raises(DatabaseError), transaction.atomic():
        OfferAnswer.objects.filter(pk=first.pk).update(sells=True)


def test_a_no_says_why(mine: TenantWorld, offer: GoodsOffer) -> None:
    with pytest.raises(InvalidInput) as refused:
        say(mine, offer, False, reason="  ")
    assert refused.value.code == "required"


def test_what_was_refused_is_on_no_run(mine: TenantWorld, offer: GoodsOffer) -> None:
    say(mine, offer, False, reason="price too high")
    with pytest.raises(InvalidInput, match="price too high") as refused:
        plan(mine, offer)
    assert refused.value.code == "refused"
    say(mine, offer)
    line = plan(mine, offer)
    with pytest.raises(WrongState):
        say(mine, offer, False, reason="sold out")
    run_line_drop(actor=mine.owner, line=line)
    assert not say(mine, offer, False, reason="sold out").sells


def test_a_host_says_no_for_their_own_shows_only(mine: TenantWorld, offer: GoodsOffer) -> None:
    other = make_host(mine.tenant, "second")
    say(mine, offer, False, reason="not my style", host=other)
    line = plan(mine, offer)
    run_line_drop(actor=mine.owner, line=line)
    say(mine, offer, False, reason="not mine either", host=mine.booking.host)
    with pytest.raises(InvalidInput, match="not mine either"):
        plan(mine, offer)


def test_who_answers_and_who_sees_it(
    world: World, mine: TenantWorld, theirs: TenantWorld, offer: GoodsOffer
) -> None:
    user = make_user("speaker", Role.HOST, mine.tenant.node)
    host = make_host(mine.tenant, "speaker")
    host.user = user
    host.save()
    said = offer_answer(actor=user_actor(user), offer=offer, tenant=mine.tenant, sells=True)
    assert said.host == host
    with pytest.raises(Refused):
        offer_answer(actor=user_actor(user), offer=offer, tenant=mine.tenant, sells=True, host=mine.host)
    with pytest.raises(InvalidInput):
        say(theirs, offer)
    third = make_world("third").tenants[0]
    with pytest.raises((InvalidInput, NotFound)):
        say(third, offer)
    for actor in (mine.owner, theirs.owner, user_actor(user)):
        assert visible_to(OfferAnswer.objects.all(), actor).count() == 1
    assert not visible_to(OfferAnswer.objects.all(), third.owner).exists()

    goods_offer_withdraw(actor=theirs.owner, offer=offer)
    with pytest.raises(InvalidInput):
        say(mine, offer)


def test_the_owner_is_told(mine: TenantWorld, theirs: TenantWorld, offer: GoodsOffer) -> None:
    erp, _secret = webhook_create(
        actor=SYSTEM,
        node=theirs.tenant.node,
        name="erp",
        url="https://erp.example/",
        events=[WebhookEvent.OFFER_ANSWERED],
    )
    say(mine, offer, False, reason="too dear")
    told = json.loads(WebhookDelivery.objects.get(endpoint=erp).body)
    assert told["type"] == "offer.answered"
    assert told["data"]["tenant"] == mine.tenant.code
    assert (told["data"]["sells"], told["data"]["reason"]) == (False, "too dear")


def test_a_no_of_who_comes_later_or_from_elsewhere_marks_the_run(
    mine: TenantWorld, theirs: TenantWorld, offer: GoodsOffer
) -> None:
    """A second host, planned once the goods stand on the run, and one of another firm: a warning, and no new line."""
    booking, second = mine.booking, make_host(mine.tenant, "second")
    say(mine, offer, False, reason="not my style", host=second)
    plan(mine, offer)
    assert [one.refused_by for one in outcomes(mine.owner, booking)] == [None]
    assert refused_by(mine) == [None]
    shift = PlannedShift.objects.create(
        booking=booking, host=second, starts_at=booking.starts_at, ends_at=booking.ends_at
    )
    assert [one.refused_by for one in outcomes(mine.owner, booking)] == [second]
    assert refused_by(mine) == [{"tenant": mine.tenant.code, "host": second.code}]
    assert [str(second) in row["warning"] for row in products_of(booking, mine.owner)] == [True]
    with pytest.raises(InvalidInput, match="not my style"):
        plan(mine, offer)
    PlannedShift.objects.filter(pk=shift.pk).update(released=True)
    say(mine, offer, host=second)

    agency = make_host(theirs.tenant, "lent")
    OfferAnswer.objects.create(
        offer=offer, tenant=theirs.tenant, host=agency, sells=False, reason="a secret", at=now()
    )
    Booking.objects.filter(pk=booking.pk).update(host=agency)
    booking.refresh_from_db()
    assert [one.refused_by for one in outcomes(mine.owner, booking)] == [agency]
    assert refused_by(mine) == [{"tenant": theirs.tenant.code, "host": agency.code}]
    with time_machine.travel(booking.ends_at, tick=False):
        assert [one.refused_by for one in outcomes(mine.owner, booking)] == [None], (
            "a show that is over stands"
        )
        assert refused_by(mine) == [None]
    with pytest.raises(InvalidInput, match=str(agency)) as refused:
        plan(mine, offer)
    assert "a secret" not in str(refused.value.detail)
