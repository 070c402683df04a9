"""Agreements on the ledger: who may propose, sign and end what, and which are not in force beside each other."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from itertools import permutations
from typing import Any

import pytest
from django.utils import translation

from core.errors import InvalidInput, NotFound, Refused
from livestreams.errors import WrongState
from supplychain.choices import AgreementState
from supplychain.models import Agreement
from supplychain.services import (
    agreement_end,
    agreement_propose,
    agreement_sign,
    agreement_withdraw,
    statement_count,
)
from tests.factories import SYSTEM, make_host
from tests.supplychain.ledger import fact, record
from tests.supplychain.settling import (
    APRIL,
    FEB,
    HOUR,
    JAN,
    MAR,
    MAY,
    TEN,
    Firms,
    _in_april,
    firms,
)

__all__ = ["_in_april", "firms"]

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


def test_one_party_proposes_and_the_other_signs(firms: Firms) -> None:
    agreement = firms.agree(signed=False)
    for code, error in (("ming", Refused), ("hua", NotFound)):
        with pytest.raises(error):
            agreement_sign(actor=firms.money(code), agreement=agreement)
    assert agreement_sign(actor=firms.money("mcn"), agreement=agreement).state == AgreementState.SIGNED
    for step in (agreement_sign, agreement_withdraw):
        with pytest.raises(WrongState):
            step(actor=firms.money("mcn"), agreement=agreement)


def test_with_a_park_the_park_signs_and_nobody_else_of_it_sees_more(firms: Firms) -> None:
    agreement = firms.agree(partner=firms.park.code, kind="park", sales="all", signed=False)
    assert agreement_sign(actor=firms.park_finance, agreement=agreement).signed_by is not None
    foreign = firms.agree()
    with pytest.raises(NotFound):
        statement_count(actor=firms.park_finance, agreement=foreign, month=JAN)


def test_who_is_no_party_proposes_nothing(firms: Firms) -> None:
    with pytest.raises(Refused):
        agreement_propose(
            actor=firms.money("hua"),
            seller=firms.seller,
            partner=firms.agency.code,
            kind="agency",
            title="x",
            from_day=JAN,
            sales="all",
            tiers=[(Decimal(0), Decimal(1))],
        )


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("tiers", {"tiers": []}),
        ("tiers", {"tiers": [(Decimal(1), Decimal(20))]}),
        ("tiers", {"tiers": [(Decimal(0), Decimal(20)), (Decimal(0), Decimal(30))]}),
        ("tiers", {"tiers": [(Decimal(0), Decimal("100.01"))]}),
        ("tiers", {"tiers": [(Decimal(0), Decimal("0.001"))]}),
        ("guarantee", {"guarantee": Decimal("0.001")}),
        ("slot_fee", {"slot_fee": Decimal(-1)}),
        ("guaranteed_sales", {"guaranteed_sales": Decimal(1_000)}),
        ("guaranteed_sales", {"slot_fee": Decimal(1), "guaranteed_sales": Decimal(-1)}),
        ("deduction_rate", {"deduction_rate": Decimal(101)}),
        ("to_day", {"to_day": JAN}),
        ("partner", {"partner": ""}),
        ("partner", {"outside_name": "somebody"}),
        ("partner", {"partner": "nowhere"}),
        ("partner", {"partner": "east-city"}),
        ("partner", {"partner": "ming"}),
        ("outside_name", {"kind": "platform"}),
        ("platform", {"platform": "nowhere"}),
        ("outside_name", {"kind": "platform", "partner": "", "outside_name": "  ", "sales": "all"}),
        ("sales", {"sales": "outside"}),
        ("slot_fee_per", {"partner": "", "outside_name": "x", "outside_ref": "1", "sales": "outside"}
         | {"slot_fee": Decimal(1)}),
    ],
)  # fmt: skip
def test_terms_that_do_not_fit_are_refused_with_their_field(
    firms: Firms, field: str, values: dict[str, Any]
) -> None:
    with pytest.raises(InvalidInput) as refused:
        firms.agree(signed=False, **values)
    assert refused.value.field == field
    assert not Agreement.objects.exists()


def test_an_agreement_on_one_platform_is_about_its_sales(firms: Firms) -> None:
    """An order's platform is its source; of other sources that of its live session; of the rest none is known."""
    assert firms.session.platform == "douyin"
    firms.sell("A", "100.00")
    firms.refund("A", "30.00", TEN + HOUR, session_ref="")
    record(firms.seller, fact("T", amount="200.00", occurred_at=TEN), source="taobao")
    record(firms.seller, fact("N", amount="400.00", occurred_at=TEN))

    def total(platform: str) -> Decimal:
        terms = {"kind": "platform", "partner": "", "outside_name": platform or "all", "sales": "all"}
        agreement = firms.agree(platform=platform, tiers=[(Decimal(0), Decimal(5))], signed=False, **terms)
        agreement_sign(actor=SYSTEM, agreement=agreement)
        return statement_count(actor=SYSTEM, agreement=agreement, month=JAN).total

    found = {platform: total(platform) for platform in ("douyin", "taobao", "jd", "")}
    assert found == {
        "douyin": Decimal("3.50"),
        "taobao": Decimal("10.00"),
        "jd": Decimal(0),
        "": Decimal("33.50"),
    }


def test_a_slot_fee_on_one_platform_is_for_its_sessions(firms: Firms) -> None:
    firms.session.state, firms.session.ended_at = "ended", TEN + 4 * HOUR
    firms.session.save()
    for platform, due in (("douyin", Decimal(25)), ("taobao", Decimal(0))):
        agreement = firms.agree(platform=platform, slot_fee=Decimal(25), sales="sessions")
        assert statement_count(actor=SYSTEM, agreement=agreement, month=JAN).total == due


def test_a_signed_agreement_is_followed_by_another(firms: Firms) -> None:
    first = firms.agree()
    second = firms.agree(from_day=FEB, tiers=[(Decimal(0), Decimal(10))], follows=first)
    first.refresh_from_db()
    assert (first.to_day, second.follows) == (FEB, first)
    with pytest.raises(WrongState):
        firms.agree(from_day=MAR, follows=first)
    firms.sell("A", "100.00", 1)  # January
    firms.sell("B", "100.00", 3)  # February
    firms.refund("A", "50.00", APRIL - 50 * 24 * HOUR)
    assert statement_count(actor=SYSTEM, agreement=first, month=JAN).total == Decimal(20)
    assert statement_count(actor=SYSTEM, agreement=first, month=FEB).total == Decimal(-10)
    assert statement_count(actor=SYSTEM, agreement=second, month=FEB).total == Decimal(10)


@pytest.mark.parametrize(
    "monthly",
    [
        {"guarantee": Decimal(500)},
        {"deduction": Decimal(5)},
        {"slot_fee": Decimal(50), "slot_fee_per": "month"},
    ],
    ids=["guarantee", "deduction", "slot fee"],
)
def test_what_is_due_once_a_month_changes_with_the_month(firms: Firms, monthly: dict[str, Any]) -> None:
    """Both would charge the month in which one follows the other."""
    first, middle = firms.agree(**monthly), FEB.replace(day=15)
    for sales in ("hosts", "all"):
        with pytest.raises(InvalidInput) as refused:
            firms.agree(from_day=middle, follows=first, sales=sales, **monthly)
        assert (refused.value.code, refused.value.field) == ("monthly", "from_day")
    second = firms.agree(from_day=FEB, follows=first, **monthly)
    without = firms.agree(from_day=middle, follows=second)
    assert (without.follows, without.guarantee) == (second, 0)


@pytest.mark.parametrize(
    ("one", "other", "field"),
    [
        ({"to_day": FEB.replace(day=15)}, {"from_day": FEB.replace(day=20)}, "from_day"),
        ({"from_day": FEB.replace(day=20)}, {"to_day": FEB.replace(day=15)}, "to_day"),
    ],
    ids=["the later", "the earlier"],
)
def test_no_month_is_charged_its_amount_by_two_that_do_not_follow(
    firms: Firms, one: dict[str, Any], other: dict[str, Any], field: str
) -> None:
    guarantee = {"guarantee": Decimal(10_000)}
    waiting = firms.agree(signed=False, **other, **guarantee)
    firms.agree(title="frame of February", **one, **guarantee)
    for step in (
        lambda: firms.agree(signed=False, **other, **guarantee),
        lambda: agreement_sign(actor=SYSTEM, agreement=waiting),
    ):
        with pytest.raises(InvalidInput, match="frame of February") as refused:
            step()
        assert (refused.value.code, refused.value.field) == ("monthly", field)
    assert firms.agree(**other).state == AgreementState.SIGNED


def test_two_agreements_on_the_same_sales_are_not_in_force_at_once(firms: Firms) -> None:
    waiting = firms.agree(signed=False)
    first = firms.agree(title="frame of January")
    for step in (
        lambda: firms.agree(from_day=FEB, signed=False),
        lambda: agreement_sign(actor=SYSTEM, agreement=waiting),
    ):
        with pytest.raises(InvalidInput, match="frame of January"):
            step()
    assert firms.agree(sales="owned").state == AgreementState.SIGNED
    agreement_end(actor=firms.money(), agreement=first, to_day=MAY)
    assert firms.agree(from_day=MAY).state == AgreementState.SIGNED


@pytest.mark.parametrize(
    "parts",
    [
        lambda _firms: ({"platform": "douyin"}, {"platform": "kuaishou"}),
        lambda firms: ({"host": firms.host}, {"host": make_host(firms.agency, "moon")}),
    ],
    ids=["platform", "host"],
)
def test_sales_of_one_part_are_not_charged_by_the_whole_again(firms: Firms, parts: Any) -> None:
    """An agreement on all platforms charges those of each, one with an agency the shifts of each of its hosts."""
    one, other = parts(firms)
    on_one = firms.agree(**one)
    assert firms.agree(**other).state == AgreementState.SIGNED
    with pytest.raises(InvalidInput, match="frame contract"):
        firms.agree()
    for each in Agreement.objects.all():
        agreement_end(actor=firms.money(), agreement=each, to_day=MAY)
    assert firms.agree(from_day=MAY).state == AgreementState.SIGNED
    with pytest.raises(InvalidInput, match="frame contract"):
        firms.agree(from_day=MAY, **one)
    assert on_one.platform == one.get("platform", "")


@pytest.mark.parametrize("with_whom", ["firm", "host of the firm", "own host"])
@pytest.mark.parametrize("sales", list(permutations(("all", "sessions", "hosts"), 2)), ids="-".join)
def test_a_line_is_not_charged_by_agreements_on_more_and_on_less(
    firms: Firms, sales: tuple[str, str], with_whom: str
) -> None:
    """All sales hold those in live sessions, and these what hosts sell on their shifts. Of another kind both may be."""
    one, other = (dict[str, Any](sales=each, title=each) for each in sales)
    for each in (one, other):
        if with_whom == "own host":
            each |= {"partner": "", "kind": "host", "host": firms.own_host}
        elif with_whom == "host of the firm" and each["sales"] == "hosts":
            each["host"] = firms.host

    def agree(**values: Any) -> Agreement:
        return agreement_sign(actor=SYSTEM, agreement=firms.agree(signed=False, **values))

    waiting = firms.agree(signed=False, **other)
    agree(**one)
    for step in (
        lambda: firms.agree(signed=False, **other),
        lambda: agreement_sign(actor=SYSTEM, agreement=waiting),
    ):
        with pytest.raises(InvalidInput, match=f"“{sales[0]}”") as refused:
            step()
        assert refused.value.code == "in_force"
    assert agree(**other | {"kind": "service"}).state == AgreementState.SIGNED


def test_one_account_is_charged_once_whatever_name_stands_beside_it(firms: Firms) -> None:
    def agree(name: str, account: str, sales: str = "outside") -> Agreement:
        party = {"partner": "", "kind": "outside_host", "outside_name": name, "outside_ref": account}
        return agreement_sign(
            actor=firms.money(), agreement=firms.agree(**party, sales=sales, title=name, signed=False)
        )

    agree("Lin", "9988")
    with pytest.raises(InvalidInput, match="Lin"):
        agree("Lin live", "9988")
    assert agree("Lin", "1177").state == AgreementState.SIGNED
    agree("Hua", "2211", "all")
    with pytest.raises(InvalidInput, match="Hua"):
        agree("Hua", "3322", "all")
    assert agree("Mei", "2211", "all").state == AgreementState.SIGNED


@pytest.mark.parametrize(
    "other",
    [
        {"kind": "outside_host", "outside_name": "Douyin"},
        {"kind": "platform", "outside_name": "Kuaishou"},
        {"kind": "platform", "partner": "mcn"},
        {"kind": "host"},
    ],
    ids=["kind", "name", "partner", "host"],
)
def test_what_follows_is_of_the_same_kind_and_with_the_same_partner(
    firms: Firms, other: dict[str, Any]
) -> None:
    def agree(**values: Any) -> Agreement:
        proposed = firms.agree(signed=False, **{"partner": "", "sales": "all", **values})
        return agreement_sign(
            actor=firms.people["mcn" if values.get("partner") else "ming"], agreement=proposed
        )

    if other["kind"] == "host":
        other = {**other, "host": firms.own_host}
    elif "partner" in other:
        other = {**other, "kind": "service"}
    first = agree(kind="platform", outside_name=" Douyin ")
    assert first.outside_name == "Douyin"
    with pytest.raises(InvalidInput, match="same kind"), translation.override("en"):
        agree(from_day=FEB, follows=first, **other)
    assert agree(kind="platform", outside_name="Douyin ", from_day=FEB, follows=first).follows == first


def test_what_follows_the_agreement_of_a_host_is_of_the_same_host(firms: Firms) -> None:
    values: dict[str, Any] = {"partner": "", "kind": "host", "signed": False}
    proposed = firms.agree(host=firms.own_host, **values)
    first = agreement_sign(actor=firms.money(), agreement=proposed)
    with pytest.raises(InvalidInput, match="same kind"), translation.override("en"):
        firms.agree(host=make_host(firms.seller, "second"), from_day=FEB, follows=first, **values)


def test_one_party_ends_an_agreement_on_a_day_to_come(firms: Firms) -> None:
    agreement = firms.agree()
    for sold_by_then in (MAR, APRIL.date()):
        with pytest.raises(InvalidInput, match="day to come"), translation.override("en"):
            agreement_end(actor=firms.money(), agreement=agreement, to_day=sold_by_then)
    assert agreement_end(actor=firms.money(), agreement=agreement, to_day=MAY).to_day == MAY
    with pytest.raises(InvalidInput, match="only end earlier"), translation.override("en"):
        agreement_end(actor=firms.money(), agreement=agreement, to_day=dt.date(2025, 5, 2))
