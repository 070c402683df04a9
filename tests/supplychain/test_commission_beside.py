"""A yes beside what the owner and the firm agreed on, or negotiate, by hand."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from core.actors import user_actor
from core.choices import Role
from core.errors import InvalidInput, Refused
from livestreams.errors import WrongState
from supplychain.choices import AgreementState
from supplychain.models import Agreement, OfferAnswer
from supplychain.services import agreement_sign, commission_propose, goods_offer_withdraw
from tests.factories import SYSTEM, make_sku, make_user
from tests.supplychain.settling import APRIL, Firms, _in_april
from tests.supplychain.test_commission import firms, offered, terms, yes

__all__ = ["_in_april", "firms"]

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

OFFERED = [(Decimal(0), Decimal("17.50"))]
NEGOTIATED: dict[str, dict[str, Any]] = {
    "platform": {"platform": "douyin"},
    "slot fee": {"slot_fee": Decimal(100)},
    "tiers": {"tiers": [*OFFERED, (Decimal(10_000), Decimal(20))]},
    "host": {},
    "all sales": {"sales": "all"},
    "sessions": {"sales": "sessions"},
}


@pytest.mark.parametrize("name", NEGOTIATED)
def test_what_is_negotiated_stays_and_nothing_is_proposed_beside_it(firms: Firms, name: str) -> None:
    offer = offered(firms)
    values = {"tiers": OFFERED, **NEGOTIATED[name], **({"host": firms.host} if name == "host" else {})}
    proposed = firms.agree(signed=False, product=offer.product, **values)
    answer = yes(firms, offer)
    assert commission_propose(actor=firms.money(), answer=answer) == proposed
    yes(firms, offer, sells=False)
    assert terms() == [("P-coat", "17.50", AgreementState.PROPOSED)]


@pytest.mark.parametrize("name", NEGOTIATED)
@pytest.mark.parametrize("whole", [True, False], ids=["all goods", "these"])
def test_sales_that_are_charged_are_not_charged_again(firms: Firms, name: str, whole: bool) -> None:
    offer = offered(firms)
    values = {**NEGOTIATED[name], **({"host": firms.host} if name == "host" else {})}
    signed = firms.agree(product=None if whole else offer.product, **values)
    answer = yes(firms, offer)
    assert commission_propose(actor=firms.money(), answer=answer) == signed == Agreement.objects.get()


def test_an_answer_stands_whatever_becomes_of_its_agreement(firms: Firms) -> None:
    """Another rate cannot follow: something else is proposed to follow the agreement."""
    offer = offered(firms)
    hat = make_sku(firms.seller, "hat").product
    signed = firms.agree(product=offer.product)
    firms.agree(signed=False, product=hat, from_day=APRIL.date(), follows=signed)
    answer = yes(firms, offer)
    assert OfferAnswer.objects.current().get() == answer
    assert Agreement.objects.count() == 2
    with pytest.raises(WrongState):
        commission_propose(actor=firms.money(), answer=answer)


def test_nothing_is_proposed_for_an_offer_that_is_withdrawn_or_by_others(firms: Firms) -> None:
    offer = offered(firms)
    answer = yes(firms, offer)
    agreement_sign(actor=firms.money(), agreement=Agreement.objects.get())
    staff = user_actor(make_user("desk", Role.TENANT_STAFF, firms.agency.node))
    with pytest.raises(Refused):
        commission_propose(actor=staff, answer=answer)
    goods_offer_withdraw(actor=SYSTEM, offer=offer)
    with pytest.raises(InvalidInput) as refused:
        commission_propose(actor=firms.money("mcn"), answer=answer)
    assert refused.value.code == "withdrawn"
