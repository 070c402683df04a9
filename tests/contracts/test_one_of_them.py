"""Sentences with a number and a noun: of one thing they do not speak as of several."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import pytest
from django.template import engines
from django.utils.translation import override

from analytics.matching.ranking import Reason, Why
from analytics.matching.words import sentence
from livestreams.answers import crews_of
from livestreams.incubation import missing
from supplychain.services.lines import REJECTED, LineResult
from supplychain.services.loading import read_so_far, stored_so_far, taken_back_so_far, taken_so_far
from supplychain.services.sales import refusal


def _gate(number: int) -> str:
    stage = SimpleNamespace(
        needs_course=None, needs_sessions=number, needs_hours=number, needs_followers=number
    )
    record = SimpleNamespace(sessions=0, hours=0, followers=0, courses=())
    return " ".join(missing(stage, record))  # type: ignore[arg-type]  # what it reads of them


def _crew(number: int) -> str:
    wish = {"crew": "camera", "people": 9, "minutes": number}
    return crews_of(SimpleNamespace(crews=[wish]))[0].partition("(")[2]  # type: ignore[arg-type]


def _template(name: str) -> Callable[[int], str]:
    def told(number: int) -> str:
        shown = engines["django"].get_template(name)
        return shown.render(
            {
                "room": SimpleNamespace(setup_minutes=number, opens_at=1, closes_at=1),
            }
        )

    return told


@pytest.mark.parametrize(
    ("told", "one", "two"),
    [
        (read_so_far, "Read 1 row.", "Read 2 rows."),
        (taken_so_far, "Read and stored 1 row.", "Read and stored 2 rows."),
        (lambda n: stored_so_far(1, n), "Stored 1 of 1 line.", "Stored 1 of 2 lines."),
        (lambda n: taken_back_so_far(1, n), "Taken back 1 of 1 line.", "Taken back 1 of 2 lines."),
        (
            lambda n: str(refusal([LineResult(index, REJECTED, "future", "-") for index in range(n)])),
            "1 line is refused, so nothing is stored.",
            "2 lines are refused, so nothing is stored.",
        ),
        (
            lambda n: sentence(Reason(Why.FOLLOWERS, {"followers": n}), with_rates=False),
            "1 follower.",
            "2 followers.",
        ),
        (
            _gate,
            "1 session held; there are 0. 1 hour worked; there are 0. 1 follower of one account; there are 0.",
            "2 sessions held; there are 0. 2 hours worked; there are 0. 2 followers of one account; there are 0.",
        ),
        (_crew, "1 minute)", "2 minutes)"),
        (_template("portal/partials/room_facts.html"), "set-up 1 minute</span>", "set-up 2 minutes</span>"),
    ],
)
def test_one_is_not_told_of_as_several(told: Callable[[int], str], one: str, two: str) -> None:
    with override("en"):
        assert one in told(1)
        assert two in told(2)
