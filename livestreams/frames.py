"""Frames that an encoder's program lost, by cause, from its counters. No database, no present time.

A program counts from when it began to send, or from its own start, and begins anew with a restart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise

from core.clock import HOUR
from livestreams.choices import FrameLoss

# Over so long frames are counted for the alarm.
WINDOW = HOUR / 60
# Encoders are asked every ten seconds: three times nothing is silence, and sooner than this nothing new.
HEARD_WITHIN, APART = timedelta(seconds=30), timedelta(seconds=3)
# A booking has an encoder and its spare, and each time their pages are opened anew is another run of whoever asks.
MOST_SOURCES = 8
# A word each ten seconds: after so many days nobody asks for more than the worst.
KEPT_DAYS = 90


@dataclass(frozen=True, kw_only=True)
class Frames:
    """Counters at one instant: frames that were to be sent, encoded and rendered, and of each those that were not."""

    sent: int
    dropped: int
    encoded: int
    skipped: int
    rendered: int
    missed: int


COUNTERS = tuple(field.name for field in fields(Frames))
PARTS = {
    FrameLoss.NETWORK: ("dropped", "sent"),
    FrameLoss.ENCODING: ("skipped", "encoded"),
    FrameLoss.RENDERING: ("missed", "rendered"),
}


@dataclass(frozen=True)
class Loss:
    """The worst share of frames lost, in percent, and by what."""

    percent: Decimal
    cause: FrameLoss


# What a program without a connection loses.
ALL = Loss(Decimal(100), FrameLoss.NETWORK)


def loss_of(counted: Sequence[Frames]) -> Loss | None:
    """What was lost between the first and the last of these instants; None while no frame was due."""
    found = [
        Loss((Decimal(100 * lost) / due).quantize(Decimal("0.001")), cause)
        for cause, (part, whole) in PARTS.items()
        for lost, due in [_grown(counted, part, whole)]
        if due
    ]
    return max(found, key=lambda loss: loss.percent, default=None)


def _grown(counted: Sequence[Frames], part: str, whole: str) -> tuple[int, int]:
    """By how much a part and its whole grew, the part by no more than that.

    Where either fell the program began anew: all it shows is growth.
    """
    lost = due = 0
    for before, after in pairwise(counted):
        past, now = (
            (getattr(before, part), getattr(before, whole)),
            (getattr(after, part), getattr(after, whole)),
        )
        if now[0] < past[0] or now[1] < past[1]:
            past = (0, 0)
        grown = now[1] - past[1]
        lost, due = lost + min(now[0] - past[0], grown), due + grown
    return lost, due
