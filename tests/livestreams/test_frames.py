"""Frames that an encoder lost, from counters that begin anew as the program does."""

from __future__ import annotations

from decimal import Decimal

import pytest

from livestreams.choices import FrameLoss
from livestreams.frames import Frames, Loss, loss_of


def frames(
    sent: int = 0, dropped: int = 0, encoded: int = 0, skipped: int = 0, rendered: int = 0, missed: int = 0
) -> Frames:
    return Frames(
        sent=sent, dropped=dropped, encoded=encoded, skipped=skipped, rendered=rendered, missed=missed
    )


@pytest.mark.parametrize(
    ("counted", "percent", "cause"),
    [
        ([frames(100, 50), frames(400, 53)], "1", FrameLoss.NETWORK),
        # the worst of three, each of its own whole
        ([frames(), frames(300, 3, 600, 12, 600, 6)], "2", FrameLoss.ENCODING),
        ([frames(), frames(300, 3, 600, 12, 600, 60)], "10", FrameLoss.RENDERING),
        # the stream was begun anew: what it shows then is all since
        ([frames(9000, 900), frames(200, 4)], "2", FrameLoss.NETWORK),
        ([frames(100, 90), frames(300, 3)], "1", FrameLoss.NETWORK),
        ([frames(0, 0), frames(300, 30), frames(100, 0), frames(400, 0)], "4.286", FrameLoss.NETWORK),
        # no more is lost than was due meanwhile, whatever is told of it
        ([frames(100, 0), frames(101, 90)], "100", FrameLoss.NETWORK),
        ([frames(100, 0), frames(101, 90), frames(200, 90)], "1", FrameLoss.NETWORK),
    ],
)
def test_what_was_lost(counted: list[Frames], percent: str, cause: FrameLoss) -> None:
    assert loss_of(counted) == Loss(Decimal(percent), cause)


@pytest.mark.parametrize("counted", [[], [frames(100, 50)], [frames(100, 50), frames(100, 50)]])
def test_nothing_is_known_while_no_frame_was_due(counted: list[Frames]) -> None:
    assert loss_of(counted) is None
