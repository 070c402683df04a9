"""What people take back: that a row is about the session that it was read for, or that it is none of theirs."""

from __future__ import annotations

import msgspec
from django.db import transaction
from django.utils.translation import gettext as _

from analytics.models import ReadingWithdrawal, SessionClaim, SessionReading, TrustVerdict
from analytics.selectors.reports import left_out
from analytics.services.reports.files import Stated
from analytics.services.reports.placing import place_rows
from analytics.services.reports.writing import Writer, lock_reports, reference
from core import audit, buckets
from core.actors import Actor
from core.choices import UnresolvedKind
from core.errors import Conflict
from core.locking import lock_rows, retried
from core.models import Unresolved
from core.policy import ADD
from core.scoping import get_visible, require, require_of
from livestreams.choices import Delivery
from livestreams.models import LiveSession, SessionTenant
from livestreams.services import session_unname_live_id, session_untell
from supplychain.importing import SessionRow

# What a report brings to the session that it opens.
BROUGHT = (SessionReading, SessionClaim, TrustVerdict, SessionTenant)


@retried
def report_take_back(*, actor: Actor, reading: SessionReading, reason: str = "") -> Unresolved:
    """Say that a row is not about the session that it was read for; returns the question that it is from now on.

    Every reading of the row for the session goes, and what they alone stated. So does the live id that the row names;
    a session that nothing else speaks of is void. Raises Conflict where the reading is taken back already, or was
    made before rows were kept with their readings.
    """
    require_of(actor, ADD, ReadingWithdrawal, reading.session)
    with transaction.atomic():
        lock_reports(reading.session.tenant_id)
        held = get_visible(SessionReading, actor, pk=reading.pk)
        readings = SessionReading.objects.standing().filter(session=held.session, key=held.key)
        of_row = list(readings.select_related("claim", "batch").order_by("pk"))
        if held not in of_row:
            raise Conflict(_("This was taken back already."), code="taken_back")
        last = of_row[-1]
        if not last.row:
            raise Conflict(
                _("This was read before rows were kept: what the platform said is not known any more."),
                code="row_not_kept",
            )
        session = held.session
        ReadingWithdrawal.objects.bulk_create(
            ReadingWithdrawal(reading=each, reason=reason, made_by_id=actor.user_id) for each in of_row
        )
        row = msgspec.convert(last.row, SessionRow, strict=False)
        session_unname_live_id(actor=actor, session=session, platform_live_id=row.live_id)
        if session.delivery == Delivery.REPORT and not _spoken_of(session):
            session_untell(actor=actor, session=session)
        buckets.mark(buckets.TRUST, [(session.tenant_id, session.pk)])
        question = _asked(actor, session, Stated(0, last.line_no, row, last.claim.sales), last)
        audit.record(
            actor=actor,
            verb="report.take_back",
            obj=question,
            node_id=session.tenant_id,
            before={"session": str(session.uid), "readings": len(of_row)},
            after={"row": question.reference, "reason": reason},
        )
    return question


def _spoken_of(session: LiveSession) -> bool:
    """Whether anything but the readings that were taken back speaks of a session."""
    standing = (SessionReading.objects.standing(), SessionClaim.objects.standing())
    others = (
        relation.related_model._base_manager.filter(**{relation.field.name: session})
        for relation in LiveSession._meta.related_objects
        if relation.related_model not in BROUGHT
    )
    return any(rows.filter(session=session).exists() for rows in standing) or any(
        rows.exists() for rows in others
    )


def _asked(actor: Actor, session: LiveSession, stated: Stated, reading: SessionReading) -> Unresolved:
    """Put the question about a row, again where it was put before."""
    tenant, row = session.tenant, stated.row
    Unresolved.objects.filter(
        node_id=tenant.pk, kind=UnresolvedKind.REPORT, reference=reference(row.platform, row.key)
    ).update(resolved_at=None)
    (placed,) = place_rows(tenant, [stated])
    return Writer(actor, tenant).ask(placed, reading.batch)


@retried
def report_ask_again(*, actor: Actor, question: Unresolved) -> Unresolved:
    """Put a question again whose answer was that the row is none of the tenant's. Conflict for any other answer."""
    require(actor, ADD, ReadingWithdrawal, question.node_id)
    with transaction.atomic():
        lock_reports(question.node_id)
        found = lock_rows(left_out(actor, question.node_id).filter(pk=question.pk))
        if not found:
            raise Conflict(_("This row was not left out."), code="not_left_out")
        held = found[0]
        before = held.detail.pop("answer")
        held.resolved_at = None
        held.save(update_fields=["resolved_at", "detail"])
        audit.record(
            actor=actor,
            verb="report.ask_again",
            obj=held,
            node_id=held.node_id,
            before=before,
            after={"row": held.reference},
        )
    return held
