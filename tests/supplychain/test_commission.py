"""The commission of goods of the pool as an agreement on one product: proposed by a yes, exact to the cent."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
import time_machine

from core.actors import user_actor
from core.choices import Role
from core.errors import InvalidInput, Refused
from livestreams.errors import WrongState
from livestreams.models import HostShift
from supplychain.choices import AgreementState, SettledSales
from supplychain.models import Agreement, GoodsOffer, OfferAnswer
from supplychain.services import (
    agreement_sign,
    commission_propose,
    goods_offer,
    goods_offer_withdraw,
    offer_answer,
    statement_count,
)
from tests.factories import SYSTEM, make_sku, make_user
from tests.supplychain.ledger import fact, record
from tests.supplychain.settling import APRIL, FEB, HOUR, JAN, TEN, Firms, lines_of

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.fixture(autouse=True)
def _in_april() -> Iterator[None]:
    with time_machine.travel(APRIL, tick=False):
        yield


@pytest.fixture
def firms() -> Firms:
    return Firms()


def offered(firms: Firms, rate: str = "17.50") -> GoodsOffer:
    sku = firms.seller.skus.first() or make_sku(firms.seller, "coat")
    return goods_offer(
        actor=SYSTEM,
        product=sku.product,
        floor_price=Decimal(10),
        commission_rate=Decimal(rate),
        pieces=100,
    )


def yes(firms: Firms, offer: GoodsOffer, sells: bool = True, role: Role = Role.TENANT_OWNER) -> OfferAnswer:
    name = f"mcn-{role}"
    user = firms.agency.node.memberships.filter(user__username=name).first()
    actor = user_actor(user.user if user else make_user(name, role, firms.agency.node))
    reason = "" if sells else "too dear"
    return offer_answer(actor=actor, offer=offer, tenant=firms.agency, sells=sells, reason=reason)


def terms() -> list[tuple[Any, ...]]:
    rows = Agreement.objects.order_by("pk")
    return [(row.product.code if row.product else None, row.tiers[0]["rate"], row.state) for row in rows]


def test_a_yes_proposes_what_the_owner_signs(firms: Firms) -> None:
    offer = offered(firms)
    yes(firms, offer)
    yes(firms, offer)
    agreement = Agreement.objects.get()
    assert terms() == [("P-coat", "17.50", AgreementState.PROPOSED)]
    assert (agreement.seller, agreement.partner) == (firms.seller, firms.agency.node)
    assert (agreement.sales, agreement.seller_pays) == (SettledSales.HOSTS, True)
    agreement_sign(actor=firms.money(), agreement=agreement)
    yes(firms, offer, sells=False)
    assert terms() == [("P-coat", "17.50", AgreementState.SIGNED)]


def test_a_no_takes_back_what_is_not_signed(firms: Firms) -> None:
    offer = offered(firms)
    yes(firms, offer)
    yes(firms, offer, sells=False)
    assert terms() == [("P-coat", "17.50", AgreementState.WITHDRAWN)]


def test_another_rate_follows_the_signed_one(firms: Firms) -> None:
    offer = offered(firms)
    yes(firms, offer)
    agreement_sign(actor=firms.money(), agreement=Agreement.objects.get())
    goods_offer_withdraw(actor=SYSTEM, offer=offer)
    with time_machine.travel(APRIL + 24 * HOUR, tick=False):
        yes(firms, offered(firms, "20"))
        last = Agreement.objects.latest("pk")
        agreement_sign(actor=firms.money(), agreement=last)
    assert terms() == [
        ("P-coat", "17.50", AgreementState.SIGNED),
        ("P-coat", "20.00", AgreementState.SIGNED),
    ]
    assert last.follows is not None
    assert last.follows.from_day < last.from_day == Agreement.objects.earliest("pk").to_day


def test_rates_that_change_twice_a_day_follow_each_other(firms: Firms) -> None:
    for rate in ("17.50", "20", "25"):
        GoodsOffer.objects.update(withdrawn_at=APRIL)
        yes(firms, offered(firms, rate))
        agreement_sign(actor=firms.money(), agreement=Agreement.objects.latest("pk"))
    rows = Agreement.objects.order_by("pk")
    assert [row.tiers[0]["rate"] for row in rows] == ["17.50", "20.00", "25.00"]
    assert [row.to_day for row in rows] == [rows[1].from_day, rows[2].from_day, None]


def test_an_agreement_on_all_goods_stands(firms: Firms) -> None:
    whole = firms.agree()
    yes(firms, offered(firms))
    assert Agreement.objects.get() == whole
    product = make_sku(firms.seller, "hat").product
    with pytest.raises(InvalidInput) as refused:
        firms.agree(product=product)
    assert refused.value.code == "in_force"


def test_on_other_goods_both_are_in_force(firms: Firms) -> None:
    coat, hat = (make_sku(firms.seller, code).product for code in ("coat", "hat"))
    firms.agree(product=coat)
    assert firms.agree(product=hat).state == AgreementState.SIGNED
    for same in ({"product": coat}, {}):
        with pytest.raises(InvalidInput):
            firms.agree(**same)


@pytest.mark.parametrize("foreign", [True, False])
def test_only_goods_of_the_seller(firms: Firms, foreign: bool) -> None:
    product = make_sku(firms.agency if foreign else firms.seller, "coat").product
    with pytest.raises(InvalidInput) as refused:
        firms.agree(product=product, sales="hosts" if foreign else "owned")
    assert refused.value.code == "product"


def test_who_may_not_agree_leaves_it_to_either_side(firms: Firms) -> None:
    offer = offered(firms)
    answer = yes(firms, offer, role=Role.TENANT_STAFF)
    assert not Agreement.objects.exists()
    staff = user_actor(answer.tenant.node.memberships.get(role=Role.TENANT_STAFF).user)
    with pytest.raises(Refused):
        commission_propose(actor=staff, answer=answer)
    agreement = commission_propose(actor=firms.money(), answer=answer)
    assert agreement_sign(actor=firms.money("mcn"), agreement=agreement).signed_at is not None
    yes(firms, offer, sells=False, role=Role.TENANT_STAFF)
    with pytest.raises(WrongState):
        commission_propose(actor=firms.money(), answer=answer)


def test_the_share_is_of_the_goods_to_the_cent(firms: Firms) -> None:
    """Coat and hat in one order: only the coat counts, on the host's shift, and of what comes back of the whole order
    its part alone."""
    coat, _hat = (make_sku(firms.seller, code) for code in ("coat", "hat"))
    HostShift.objects.filter(session=firms.session).update(ends_at=TEN + HOUR)
    agreement = firms.agree(product=coat.product)
    told = {"session_ref": str(firms.session.uid)}
    record(
        firms.seller,
        fact("A", amount="70.00", occurred_at=TEN + 0.5 * HOUR, sku_code="coat", **told),
        fact("A", amount="30.00", occurred_at=TEN + 0.5 * HOUR, sku_code="hat", line_no="2", **told),
        fact("B", amount="10.10", occurred_at=TEN + 0.5 * HOUR, sku_code="coat", **told),
        fact("C", amount="99.00", occurred_at=TEN + 1.5 * HOUR, sku_code="coat", **told),
        fact("R1", "refunded", "20.00", ref_order_no="A", occurred_at=TEN + 0.9 * HOUR, **told),
        fact("R2", "refunded", "5.00", ref_order_no="A", ref_line="2", occurred_at=TEN + 3 * HOUR, **told),
    )
    # 5 are of the hat first, so 20 are cut over 70 and 25: 14.7368 of the coat; 70 + 10.10 - 14.7368.
    january = statement_count(actor=SYSTEM, agreement=agreement, month=JAN)
    assert lines_of(january) == [("01", "share", Decimal("65.3632"), Decimal("13.07"))]
    february = statement_count(actor=SYSTEM, agreement=agreement, month=FEB)
    assert lines_of(february) == []
