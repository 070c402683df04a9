"""What placed rows leave behind: sessions that nobody knew, figures stated, readings, and questions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from analytics.choices import ClaimSource, ReadBy
from analytics.models import SessionClaim, SessionReading
from analytics.reports.due import due_again
from analytics.services.reports.files import Stated
from analytics.services.reports.placing import Placed
from analytics.services.trust import FIGURES, session_claim
from core import clock
from core.actors import Actor
from core.choices import UnresolvedKind
from core.locking import advisory_lock, lock_rows
from core.models import Unresolved
from livestreams.choices import SESSION_OPEN, Delivery
from livestreams.models import Booking, LiveSession
from livestreams.services import session_end, session_name_live_id, session_tell
from supplychain.models import ImportBatch
from tenants.models import Tenant

READ, SAME, OPENED, ASKED = "read", "same", "opened", "asked"


def lock_reports(tenant_id: int) -> None:
    """Wait for whoever else writes what reports say of the tenant's sessions; to be held before any row of them."""
    advisory_lock(f"session-reports:{tenant_id}")


@dataclass
class Writer:
    """Writes the rows of one tenant, inside the caller's transaction; `counts` says what became of them."""

    actor: Actor
    tenant: Tenant
    counts: Counter[str] = field(default_factory=Counter)
    opened: dict[tuple[str, str], LiveSession] = field(default_factory=dict)

    def write(self, placed: Sequence[Placed], batches: Sequence[ImportBatch]) -> None:
        """Write all rows, the final ones last; those that mean a session which the same drop opens find it."""
        by_id = LiveSession.objects.in_bulk({one.match.session for one in placed if one.match.session})
        lock_rows(Booking.objects.filter(sessions__in=by_id))  # bookings before sessions, as everywhere
        for one in sorted(placed, key=lambda one: not one.stated.row.provisional):
            row, how = one.stated.row, one.match.how
            if how is None:
                self.ask(one, batches[one.stated.file])
                continue
            if how != ReadBy.OPENED:
                session = by_id[one.match.session]
            elif (row.platform, row.key) in self.opened:
                session, how = self.opened[row.platform, row.key], ReadBy.KNOWN
            else:
                session = self.opened[row.platform, row.key] = self.open(one.stated)
            self.read(one.stated, session, how, batches[one.stated.file])

    def open(self, stated: Stated) -> LiveSession:
        """The session that only the report knows."""
        row = stated.row
        self.counts[OPENED] += 1
        return session_tell(
            actor=self.actor,
            tenant=self.tenant,
            platform=row.platform,
            platform_live_id=row.live_id,
            started_at=row.occurred_at,
            ended_at=row.ended_at or row.occurred_at,
            title=row.title,
        )

    def read(self, stated: Stated, session: LiveSession, how: ReadBy, batch: ImportBatch) -> None:
        """Keep what a row states of a session, once; a session that nobody ended ends as the platform says.

        The same as the latest is kept as a reading where the report was due again. What is not final changes nothing
        after what is, nor does a file that was read for the session before the latest figures.
        """
        row, now = stated.row, clock.now()
        session = self._confirmed(stated, session)
        self._answered(row.platform, row.key)
        claims = SessionClaim.objects.standing().filter(session=session, source=ClaimSource.REPORT)
        claim = claims.order_by("-version").first()
        same = claim is not None and _figures(claim) == stated.figures
        readings = SessionReading.objects.standing().filter(session=session)
        last = readings.order_by("-pk").first()
        if last is not None:
            if same:
                due = last.due_at is not None and last.due_at <= now
                stale = not due and last.provisional == row.provisional
            else:
                stale = readings.filter(batch__file_hash=batch.file_hash).exclude(claim=claim).exists()
            if stale or (row.provisional and not last.provisional):
                self.counts[SAME] += 1
                return
        if claim is None or not same:
            claim = session_claim(
                actor=self.actor, session=session, source=ClaimSource.REPORT, **stated.figures
            )
        SessionReading.objects.create(
            session=session,
            claim=claim,
            batch=batch,
            line_no=stated.line_no,
            row=msgspec.to_builtins(row),
            key=row.key,
            account=row.account,
            how=how,
            provisional=row.provisional,
            due_at=due_again(session.ended_at or row.occurred_at, now, provisional=row.provisional),
            read_at=now,
            made_by_id=self.actor.user_id,
        )
        self.counts[READ] += 1

    def _confirmed(self, stated: Stated, session: LiveSession) -> LiveSession:
        row = stated.row
        if row.live_id and not session.platform_live_id:
            session = session_name_live_id(actor=self.actor, session=session, platform_live_id=row.live_id)
        seen = session.delivery != Delivery.NODE and session.state in SESSION_OPEN
        # An end before the beginning that the house knows is none: the figures count, and the session stays open.
        if seen and session.started_at and row.ended_at and session.started_at <= row.ended_at:
            session = session_end(actor=self.actor, session=session, ended_at=row.ended_at)
        return session

    def ask(self, one: Placed, batch: ImportBatch) -> Unresolved:
        """Put a question about a row; asked already, it names the latest file. What was answered by "none" stays so."""
        row = one.stated.row
        detail = {
            "row": msgspec.to_builtins(row),
            "sales": str(one.stated.sales) if one.stated.sales is not None else None,
            "batch": batch.pk,
            "file": batch.file_name,
            "line": one.stated.line_no,
            "candidates": list(one.match.candidates),
        }
        question, _new = Unresolved.objects.get_or_create(
            node_id=self.tenant.pk,
            kind=UnresolvedKind.REPORT,
            reference=reference(row.platform, row.key),
            defaults={"detail": detail},
        )
        if question.resolved_at is not None:
            self.counts[SAME] += 1
            return question
        question.detail = detail
        question.save(update_fields=["detail"])
        self.counts[ASKED] += 1
        return question

    def _answered(self, platform: str, key: str) -> None:
        waiting = Unresolved.objects.filter(
            node_id=self.tenant.pk,
            kind=UnresolvedKind.REPORT,
            reference=reference(platform, key),
            resolved_at__isnull=True,
        )
        for row in lock_rows(waiting):
            row.resolved_at = clock.now()
            row.save(update_fields=["resolved_at"])


def reference(platform: str, key: str) -> str:
    """How a question names its row."""
    return f"{platform}:{key}"


def _figures(claim: SessionClaim) -> dict[str, Any]:
    return {name: getattr(claim, name) for name in FIGURES}
