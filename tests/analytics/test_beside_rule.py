"""From our figure to the platform's: every part has a name or is told as unexplained, and they add up to the cent."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.beside.bridge import Bridge, Piece, SessionSides, Side, bridge_of, named_of, session_bridge
from analytics.choices import BesidePart

AMOUNT = st.integers(0, 10_000_000)
SIDE = st.builds(Side, AMOUNT, AMOUNT)
PIECE = st.builds(
    Piece, st.just("A"), st.none() | SIDE, st.none() | SIDE, late=AMOUNT, freight=AMOUNT, coupons=AMOUNT
)


def ends_at(bridge: Bridge) -> Side:
    """Ours with every part added."""
    total = bridge.ours
    for side in bridge.parts.values():
        total = total.plus(side)
    return total


@given(st.lists(PIECE, max_size=12))
def test_ours_and_all_parts_are_theirs(pieces: list[Piece]) -> None:
    bridge = bridge_of(pieces)
    assert ends_at(bridge) == bridge.theirs
    assert bridge.theirs == Side(
        sum(piece.theirs.paid for piece in pieces if piece.theirs),
        sum(piece.theirs.refunds for piece in pieces if piece.theirs),
    )
    assert ends_at(bridge).net == bridge.theirs.net


@given(AMOUNT, AMOUNT, AMOUNT, AMOUNT, AMOUNT, AMOUNT)
def test_a_session_adds_up_too(
    paid: int, stated: int, outside: int, elsewhere: int, freight: int, coupons: int
) -> None:
    sides = SessionSides(Side(paid), stated, outside, elsewhere, freight, coupons)
    bridge = session_bridge(sides)
    assert ends_at(bridge) == bridge.theirs == Side(stated)


@given(st.lists(PIECE, max_size=6))
def test_nothing_that_agrees_is_explained(pieces: list[Piece]) -> None:
    agreed = [
        Piece("A", side, side, piece.late, piece.freight, piece.coupons)
        for piece in pieces
        if (side := piece.ours)
    ]
    assert bridge_of(agreed).parts == {}


def only(piece: Piece) -> tuple[BesidePart, Side]:
    """The single part of one order's difference."""
    (found,) = bridge_of([piece]).parts.items()
    return found


@pytest.mark.parametrize(
    ("piece", "part", "side"),
    [
        (Piece("A", Side(100), None), BesidePart.NOT_SETTLED, Side(-100)),
        (Piece("A", Side(100, 100), None), BesidePart.GIVEN_BACK, Side(-100, -100)),
        (Piece("A", None, Side(100, 20)), BesidePart.NOT_IMPORTED, Side(100, 20)),
        (Piece("A", Side(100), Side(90), coupons=10), BesidePart.COUPONS, Side(-10)),
        (Piece("A", Side(100), Side(94), freight=6), BesidePart.FREIGHT, Side(-6)),
        (Piece("A", Side(100), Side(94), freight=7), BesidePart.UNEXPLAINED, Side(-6)),
        (Piece("A", Side(100, 30), Side(100), late=30), BesidePart.LATE_REFUNDS, Side(0, -30)),
        (Piece("A", Side(100, 30), Side(100)), BesidePart.UNEXPLAINED, Side(0, -30)),
        (Piece("A", Side(100), Side(100, 30)), BesidePart.REFUNDS_MISSING, Side(0, 30)),
    ],
)
def test_each_cause_has_its_name(piece: Piece, part: BesidePart, side: Side) -> None:
    assert only(piece) == (part, side)


def test_freight_and_coupons_at_once() -> None:
    assert dict(named_of(-4, 6, 10)) in (
        {BesidePart.FREIGHT: 6, BesidePart.COUPONS: -10},
        {BesidePart.FREIGHT: -6, BesidePart.COUPONS: -10},
    )
    assert dict(named_of(16, 6, 10)) == {BesidePart.FREIGHT: 6, BesidePart.COUPONS: 10}


def test_what_is_left_of_a_session_is_not_explained() -> None:
    assert session_bridge(SessionSides(Side(100), 130)).parts == {BesidePart.UNEXPLAINED: Side(30)}
    bridge = session_bridge(SessionSides(Side(130), 100, outside=20))
    assert bridge.parts == {BesidePart.TAIL: Side(-20), BesidePart.UNEXPLAINED: Side(-10)}
    assert not bridge.explained
