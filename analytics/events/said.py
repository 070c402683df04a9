"""What was said of an event's sales, each with the verdict that stands on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from analytics.models import EventClaim, EventVerdict
from analytics.trust.words import WitnessLine, lines_of, reasons_of
from core.actors import Actor
from core.scoping import visible_to
from parks.models import Event


@dataclass(frozen=True)
class Said:
    """A statement, its verdict, the reasons in sentences and the witnesses that were heard."""

    claim: EventClaim
    verdict: EventVerdict
    reasons: list[Any]
    lines: list[WitnessLine]


def said_of(event: Event, actor: Actor) -> list[Said]:
    """Everything that was stated of an event, the newest first; a statement is judged as it is made."""
    verdicts = EventVerdict.objects.current().filter(claim__event=event).select_related("claim")
    return [
        Said(verdict.claim, verdict, reasons_of(verdict), lines_of(verdict))
        for verdict in visible_to(verdicts, actor).order_by("-claim")
    ]
