"""What stands of a session's verdict: read by its page and by the API."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from analytics.models import SessionClaim, TrustReply, TrustVerdict
from analytics.trust.words import WitnessLine, lines_of, reasons_of
from core.actors import Actor
from core.scoping import visible_to
from livestreams.models import LiveSession


@dataclass(frozen=True)
class Trust:
    """The standing verdict on a session, and what was said before and after it."""

    claim: SessionClaim | None
    verdict: TrustVerdict | None
    reasons: list[Any]
    lines: list[WitnessLine]
    replies: list[TrustReply]


def trust_of(actor: Actor, session: LiveSession) -> Trust:
    """The standing verdict with its reasons and witnesses, what was stated, and every reply so far."""
    claims = visible_to(SessionClaim.objects.standing().filter(session=session), actor)
    verdicts = visible_to(TrustVerdict.objects.filter(session=session), actor)
    replies = visible_to(TrustReply.objects.filter(verdict__session=session), actor)
    verdict = verdicts.order_by("-version").first()
    return Trust(
        claims.order_by("-version").first(),
        verdict,
        reasons_of(verdict) if verdict else [],
        lines_of(verdict) if verdict else [],
        list(replies.select_related("made_by", "verdict").order_by("pk")),
    )
