"""The report round: sessions whose report is missing, or due to be read again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery

from analytics.choices import ClaimSource
from analytics.models import ReportExpectation, SessionClaim, SessionReading
from core import clock
from core.actors import Actor
from core.choices import UnresolvedKind
from core.models import Unresolved
from core.scoping import visible_to
from livestreams.choices import SessionState
from livestreams.models import LiveSession
from parks.models import Park
from supplychain.importing import REPORT_PLATFORMS
from tenants.models import Tenant

# A session whose report nobody brought in so long is not asked for any more.
LOOK_BACK = timedelta(days=60)
MISSING = Count("pk", filter=Q(read=False))
DUE = Count("pk", filter=Q(read=True))


@dataclass(frozen=True)
class Waiting:
    """How many sessions of one tenant at one park wait for a report, and for another reading of it."""

    tenant: Tenant
    park: Park
    missing: int
    due: int


def sessions_waiting(sessions: QuerySet[LiveSession]) -> QuerySet[LiveSession]:
    """Those that ended and whose report is missing or due again, with `read` and `due_at` of the latest reading.

    The latest sessions first. `due_at` is null where the report is missing. Where somebody said that none will come,
    nothing waits; nor where people typed what the report of a platform says of which no file can be read.
    """
    now = clock.now()
    given_up = ReportExpectation.objects.none_comes().filter(session=OuterRef("pk"))
    readings = SessionReading.objects.standing().filter(session=OuterRef("pk"))
    typed = SessionClaim.objects.standing().filter(session=OuterRef("pk"), source=ClaimSource.REPORT)
    return (
        sessions.filter(state=SessionState.ENDED, ended_at__gte=now - LOOK_BACK)
        .annotate(read=Exists(readings), due_at=Subquery(readings.order_by("-pk").values("due_at")[:1]))
        .filter(Q(read=False) | Q(due_at__lte=now), ~Exists(given_up))
        .filter(Q(platform__in=REPORT_PLATFORMS) | ~Exists(typed))
        .order_by("-ended_at", "-pk")
    )


def round_counts(sessions: QuerySet[LiveSession]) -> dict[str, int]:
    """How many of these sessions wait for a report, and for another reading of it."""
    return sessions_waiting(sessions).order_by().aggregate(missing=MISSING, due=DUE)


def round_by_tenant(sessions: QuerySet[LiveSession]) -> list[Waiting]:
    """The same for each park and tenant of the sessions, by their codes."""
    rows = list(
        sessions_waiting(sessions)
        .order_by("park__code", "tenant__code")
        .values_list("park_id", "tenant_id")
        .annotate(missing=MISSING, due=DUE)
    )
    tenants = Tenant.objects.in_bulk({tenant_id for _park, tenant_id, _missing, _due in rows})
    parks = Park.objects.in_bulk({park_id for park_id, _tenant, _missing, _due in rows})
    return [
        Waiting(tenants[tenant_id], parks[park_id], missing, due) for park_id, tenant_id, missing, due in rows
    ]


def questions(actor: Actor, tenant_id: int) -> QuerySet[Unresolved]:
    """The rows of the tenant's reports that wait for an answer, the oldest first."""
    waiting = Unresolved.objects.filter(
        node_id=tenant_id, kind=UnresolvedKind.REPORT, resolved_at__isnull=True
    )
    return visible_to(waiting, actor).order_by("first_seen_at", "pk")


def left_out(actor: Actor, tenant_id: int) -> QuerySet[Unresolved]:
    """The rows of which somebody said that they are none of the tenant's, the latest first."""
    answered = Unresolved.objects.filter(
        node_id=tenant_id,
        kind=UnresolvedKind.REPORT,
        resolved_at__isnull=False,
        detail__answer={"session": None, "opened": False},
    )
    return visible_to(answered, actor).order_by("-resolved_at", "-pk")


def reports_given_up(actor: Actor, tenant_id: int) -> QuerySet[ReportExpectation]:
    """What stands of "no report will come" on sessions that would be asked for otherwise, the latest word first."""
    said = ReportExpectation.objects.none_comes().filter(
        session__tenant=tenant_id, session__ended_at__gte=clock.now() - LOOK_BACK
    )
    return visible_to(said.select_related("session", "made_by"), actor).order_by("-pk")


def report_given_up(actor: Actor, session: LiveSession) -> ReportExpectation | None:
    """What stands of "no report will come" on one session."""
    said = ReportExpectation.objects.none_comes().filter(session=session).select_related("made_by")
    return visible_to(said, actor).first()


def rows_read(actor: Actor, tenant_id: int) -> QuerySet[SessionReading]:
    """The latest reading that stands of each row and session, the latest first."""
    standing = SessionReading.objects.standing().filter(session__tenant=tenant_id)
    later = standing.filter(session=OuterRef("session"), key=OuterRef("key"), pk__gt=OuterRef("pk"))
    rows = standing.filter(~Exists(later)).select_related("session", "batch", "claim", "made_by")
    return visible_to(rows, actor).order_by("-pk")
