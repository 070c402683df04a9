"""The standing verdict beside a session where sessions are listed."""

from __future__ import annotations

from django.db.models import OuterRef, QuerySet, Subquery

from analytics.models import TrustVerdict
from livestreams.labels import labels_sessions
from livestreams.models import LiveSession


@labels_sessions
def with_verdict(sessions: QuerySet[LiveSession]) -> QuerySet[LiveSession]:
    """Add `trust` and `trust_reasons`; both are null before the first verdict."""
    standing = TrustVerdict.objects.filter(session=OuterRef("pk")).order_by("-version")
    return sessions.annotate(
        trust=Subquery(standing.values("verdict")[:1]), trust_reasons=Subquery(standing.values("reasons")[:1])
    )
