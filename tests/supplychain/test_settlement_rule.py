"""Dues by the pure rule: parts add up, and statements together say what one at the end would."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supplychain.choices import DueKind, SettledBase, SlotFeeBack, SlotFeePer
from supplychain.settlement import (
    Due,
    Key,
    Part,
    Sale,
    Slot,
    Terms,
    apportion,
    cut,
    difference,
    dues_of,
    total,
)

YUAN, CENT = 10_000, 100
JAN, FEB, MAR = date(2025, 1, 1), date(2025, 2, 1), date(2025, 3, 1)
MONTHS = (JAN, FEB, MAR)
SHARE, GUARANTEE, SLOT_FEE, DEDUCTION, BACK = (
    DueKind.SHARE,
    DueKind.GUARANTEE,
    DueKind.SLOT_FEE,
    DueKind.DEDUCTION,
    DueKind.SLOT_FEE_BACK,
)


def sale(paid: float = 0, refunds: float = 0, **values: Any) -> Sale:
    defaults = {"month": JAN, "session": 1, "order": ("test", "A")}
    return Sale(**{**defaults, **values}, paid=round(paid * YUAN), refunds=round(refunds * YUAN))


def amounts(dues: dict[Key, Due]) -> dict[Key, float]:
    return {key: due.amount / YUAN for key, due in dues.items()}


def test_a_share_is_of_the_net_or_of_what_was_paid() -> None:
    sold = [sale(100, 30), sale(50, session=0, order=("test", "B"))]
    net = dues_of(Terms(tiers=((0, 2_000),)), sold, (), ())
    assert amounts(net) == {Key(JAN, SHARE, 0): 10, Key(JAN, SHARE, 1): 14}
    assert net[Key(JAN, SHARE, 1)].parts == {("test", "A"): Part(100 * YUAN, 30 * YUAN, 14 * YUAN)}
    paid = dues_of(Terms(base=SettledBase.GROSS_PAID, tiers=((0, 2_000),)), sold, (), ())
    assert amounts(paid) == {Key(JAN, SHARE, 0): 10, Key(JAN, SHARE, 1): 20}


def test_each_slice_of_a_month_has_its_own_rate() -> None:
    terms = Terms(tiers=((0, 1_000), (1_000 * YUAN, 2_000), (5_000 * YUAN, 3_000)))
    for base, share in ((0, 0), (1_000, 100), (1_000.01, 100), (3_000, 500), (6_000, 1_200), (-100, -10)):
        assert total(dues_of(terms, [sale(base)], (), ())) == share * YUAN


def test_what_is_taken_off_first_is_not_shared() -> None:
    terms = Terms(tiers=((0, 5_000),), deduction_rate=1_000, deduction=7 * YUAN)
    assert amounts(dues_of(terms, [sale(100)], (), MONTHS[:1])) == {
        Key(JAN, SHARE, 1): 45,
        Key(JAN, DEDUCTION): -7,
    }


def test_a_guarantee_fills_up_months_in_force_only() -> None:
    terms = Terms(tiers=((0, 1_000),), guarantee=30 * YUAN)
    dues = dues_of(terms, [sale(100), sale(500, month=FEB), sale(10, month=MAR)], (), (JAN, FEB))
    assert amounts(dues) == {
        Key(JAN, SHARE, 1): 10,
        Key(JAN, GUARANTEE): 20,
        Key(FEB, SHARE, 1): 50,
        Key(MAR, SHARE, 1): 1,
    }


def test_slot_fees_are_for_sessions_products_or_months() -> None:
    slots = [Slot(JAN, 1, 3), Slot(JAN, 2, 0), Slot(MAR, 3, 1)]
    found = {
        per: amounts(dues_of(Terms(slot_fee=100 * YUAN, slot_fee_per=per), (), slots, (JAN, FEB)))
        for per in SlotFeePer.values
    }
    assert found == {
        "session": {Key(JAN, SLOT_FEE, 1): 100, Key(JAN, SLOT_FEE, 2): 100},
        "product": {Key(JAN, SLOT_FEE, 1): 300},
        "month": {Key(JAN, SLOT_FEE): 100, Key(FEB, SLOT_FEE): 100},
    }


PER_MONTH = {"slot_fee": 100 * YUAN, "slot_fee_per": SlotFeePer.MONTH, "guaranteed_sales": 1_000 * YUAN}


@pytest.mark.parametrize(
    ("net", "pro_rata", "whole"),
    [(1_000, 0, 0), (999.99, 0, 100), (750, 25, 100), (333.33, 66.67, 100), (0, 100, 100), (-50, 100, 100)],
)
def test_slot_fees_come_back_when_guaranteed_sales_are_not_met(
    net: float, pro_rata: float, whole: float
) -> None:
    for how, back in ((SlotFeeBack.PRO_RATA, pro_rata), (SlotFeeBack.WHOLE, whole)):
        dues = dues_of(Terms(**PER_MONTH, slot_fee_back=how), [sale(1_200, 1_200 - net)], (), (JAN,))
        found = dues.get(Key(JAN, BACK), Due())
        assert (found.amount, found.base) == (-back * YUAN, round(net * YUAN) if back else 0)


def test_guaranteed_sales_are_judged_after_the_refunds_that_count() -> None:
    """The refund of February is of what was paid in January; thirty days after its end it is March."""
    sold = [sale(1_000), sale(0, 500, month=FEB, paid_in=JAN), sale(2_000, month=FEB)]
    for days, month in ((None, JAN), (0, JAN), (1, FEB), (30, MAR)):
        dues = dues_of(Terms(**PER_MONTH, clawback_days=days), sold, (), (JAN, FEB))
        back = {key: due.amount for key, due in dues.items() if key.kind == BACK}
        assert back == {Key(month, BACK): -50 * YUAN}


def test_months_that_are_judged_together_are_one_line() -> None:
    """Thirty days after the ends of January and of February it is March."""
    sold = [sale(250), sale(500, month=FEB)]
    dues = dues_of(Terms(**PER_MONTH, clawback_days=30), sold, (), (JAN, FEB))
    assert dues[Key(MAR, BACK)] == Due(2, 750 * YUAN, -125 * YUAN)


def test_a_late_refund_is_a_correction_of_its_order() -> None:
    terms = Terms(tiers=((0, 2_000),))
    told = [sale(100), sale(40, order=("test", "B"))]
    stated = dues_of(terms, told, (), ())
    now = dues_of(terms, [*told, sale(0, 40, order=("test", "B"))], (), ())
    assert difference(now, now) == {}
    assert difference(now, stated) == {
        Key(JAN, SHARE, 1): Due(1, -40 * YUAN, -8 * YUAN, {("test", "B"): Part(0, 40 * YUAN, -8 * YUAN)})
    }


def test_a_whole_is_cut_by_the_largest_remainder_whatever_the_sign() -> None:
    assert apportion(1, [Fraction(1, 3)] * 3) == [1, 0, 0]
    assert apportion(-1, [Fraction(-1, 2), Fraction(-1, 2)]) == [0, -1]
    assert apportion(0, [Fraction(7, 10), Fraction(-7, 10)]) == [1, -1]
    with pytest.raises(ValueError, match="rounded sum"):
        apportion(5, [Fraction(1)])


def test_what_rounding_adds_does_not_swell_the_orders_of_a_small_net() -> None:
    told = [sale(10_000, 0, order=("test", "A")), Sale(JAN, 1, ("test", "B"), 0, 9_999 * YUAN + 9_700)]
    (due,) = dues_of(Terms(tiers=((0, 2_000),)), told, (), ()).values()
    assert (due.base, due.amount) == (300, CENT)
    assert abs(due.parts["test", "A"].amount - 2_000 * YUAN) < CENT


# --- whatever is told, in whatever order

money = st.integers(0, 3_000_000)
sales_told = st.lists(
    st.builds(
        Sale,
        month=st.sampled_from(MONTHS),
        session=st.integers(0, 3),
        order=st.tuples(st.just("test"), st.sampled_from("ABCDE")),
        paid=money,
        refunds=money,
        paid_in=st.sampled_from((None, *MONTHS)),
        earned=st.integers(-1_000_000, 1_000_000),
    ),
    max_size=12,
)
rates = st.integers(0, 10_000)
all_terms = st.builds(
    Terms,
    base=st.sampled_from(SettledBase.values),
    tiers=st.tuples(rates, rates, rates).map(
        lambda three: tuple(zip((0, 777_777, 2_000_000), three, strict=True))
    ),
    guarantee=st.integers(0, 20_000).map(lambda cents: cents * CENT),
    slot_fee=st.integers(0, 500).map(lambda cents: cents * CENT),
    slot_fee_per=st.sampled_from(SlotFeePer.values),
    deduction_rate=rates,
    deduction=st.integers(0, 500).map(lambda cents: cents * CENT),
    guaranteed_sales=st.integers(0, 60_000).map(lambda cents: cents * CENT),
    slot_fee_back=st.sampled_from(SlotFeeBack.values),
    clawback_days=st.none() | st.integers(0, 60),
)
all_slots = st.lists(
    st.builds(Slot, st.sampled_from(MONTHS), st.integers(1, 3), st.integers(0, 4)), max_size=4
)


@given(all_terms, sales_told, all_slots)
def test_parts_add_up_to_the_whole_to_the_cent(terms: Terms, sold: list[Sale], slots: list[Slot]) -> None:
    dues = dues_of(terms, sold, slots, MONTHS)
    for month in MONTHS:
        shares = {key: due for key, due in dues.items() if key.kind == SHARE and key.month == month}
        base = sum(
            terms.base_of(each.paid, each.refunds, each.earned) for each in sold if each.month == month
        )
        assert sum(due.base for due in shares.values()) == base
        exact = terms.share_of(base)
        assert abs(total(shares) - exact) <= Fraction(CENT, 2)
    for key, due in dues.items():
        assert due.amount % CENT == 0
        if key.kind == BACK:
            assert due.amount < 0
        if key.kind == SHARE:
            assert sum(part.amount for part in due.parts.values()) == due.amount
            bases = (terms.base_of(part.paid, part.refunds, part.earned) for part in due.parts.values())
            assert sum(bases) == due.base


@given(all_terms, sales_told, all_slots)
def test_what_comes_back_is_a_part_of_the_slot_fees(
    terms: Terms, sold: list[Sale], slots: list[Slot]
) -> None:
    dues = dues_of(terms, sold, slots, MONTHS)
    back = sum(due.amount for key, due in dues.items() if key.kind == BACK)
    recounted = 0
    for month in MONTHS:
        fees = sum(due.amount for key, due in dues.items() if (key.month, key.kind) == (month, SLOT_FEE))
        net = sum(each.paid - each.refunds for each in sold if (each.paid_in or each.month) == month)
        if not terms.guaranteed_sales or net >= terms.guaranteed_sales or not fees:
            continue
        whole = terms.slot_fee_back == SlotFeeBack.WHOLE
        part = 1 if whole else 1 - Fraction(max(net, 0), terms.guaranteed_sales)
        cents = Fraction(fees) * part / CENT + Fraction(1, 2)
        recounted += cents.numerator // cents.denominator * CENT
        assert recounted <= sum(due.amount for key, due in dues.items() if key.kind == SLOT_FEE)
    assert -back == recounted


@given(all_terms, sales_told, st.lists(st.tuples(money, money), min_size=1, max_size=4))
def test_an_order_is_cut_by_who_sold_it_to_the_unit(
    terms: Terms, sold: list[Sale], sellers: list[tuple[int, int]]
) -> None:
    """Whatever else the month has, and whatever rounding did to the order."""
    theirs = [Sale(JAN, 1, ("test", "Z"), *sums) for sums in sellers]
    dues = dues_of(terms, [*sold, *theirs], (), ())
    month = sum(due.base for key, due in dues.items() if key.month == JAN)
    part = dues[Key(JAN, SHARE, 1)].parts["test", "Z"]
    pieces = dict(enumerate(sellers))
    base = sum(terms.base_of(*sums) for sums in sellers)
    parts = cut(terms, pieces, base, part.amount, terms.rate_of(month))
    assert {name: (each.paid, each.refunds) for name, each in parts.items()} == pieces
    assert sum(each.amount for each in parts.values()) == part.amount


@given(all_terms, sales_told, all_slots, st.randoms(use_true_random=False))
def test_the_order_of_facts_does_not_matter(
    terms: Terms, sold: list[Sale], slots: list[Slot], chance: Any
) -> None:
    shuffled = chance.sample(sold, len(sold))
    assert dues_of(terms, shuffled, slots, MONTHS) == dues_of(terms, sold, slots, MONTHS)


@given(all_terms, sales_told, all_slots, st.data())
def test_statements_together_say_what_one_at_the_end_would(
    terms: Terms, sold: list[Sale], slots: list[Slot], data: Any
) -> None:
    """Every fact comes in some month, its own or later; the statement of each month corrects those before."""
    known_in = [data.draw(st.sampled_from(MONTHS[MONTHS.index(each.month) :]), str(each)) for each in sold]
    stated: dict[Key, Due] = {}
    due = 0
    for month in MONTHS:
        known = [each for each, since in zip(sold, known_in, strict=True) if since <= month]
        so_far = MONTHS[: MONTHS.index(month) + 1]
        now = dues_of(terms, known, [slot for slot in slots if slot.month <= month], so_far)
        lines = difference(now, stated)
        due += total(lines)
        stated = {
            key: each
            for key in {*stated, *lines}
            if (each := stated.get(key, Due()).less(Due().less(lines.get(key, Due())))) != Due()
        }
        assert total(stated) == due
    at_the_end = dues_of(terms, sold, slots, MONTHS)
    assert due == total(at_the_end)
    assert difference(at_the_end, stated) == {}
