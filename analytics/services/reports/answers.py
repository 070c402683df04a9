"""Answers of people to rows that found no session by themselves."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
from django.db import transaction
from django.utils.translation import gettext as _

from analytics.choices import ReadBy
from analytics.models import SessionReading
from analytics.services.reports.files import Stated
from analytics.services.reports.writing import Writer, lock_reports
from core import audit, clock
from core.actors import Actor
from core.choices import UnresolvedKind
from core.errors import Conflict, InvalidInput, NotFound
from core.locking import lock_rows, retried
from core.models import Unresolved
from core.policy import ADD
from core.scoping import require, visible_to
from livestreams.models import LiveSession
from supplychain.importing import SessionRow
from supplychain.models import ImportBatch
from tenants.models import Tenant


def stated_by(question: Unresolved) -> Stated:
    """The row that a question is about."""
    sales = question.detail["sales"]
    row = msgspec.convert(question.detail["row"], SessionRow, strict=False)
    return Stated(0, question.detail["line"], row, Decimal(sales) if sales is not None else None)


@retried
def report_answer(
    *, actor: Actor, question: Unresolved, session: LiveSession | None = None, opens: bool = False
) -> LiveSession | None:
    """Say which session a row is about; or that it is one that nobody knew (`opens`); or, without either, none.

    The next report on the same session finds it by this answer, and its host is known to be on air with the
    account. Raises Conflict for a question that is answered, NotFound for a session that is not the tenant's.
    """
    require(actor, ADD, SessionReading, question.node_id)
    with transaction.atomic():
        lock_reports(question.node_id)
        (held,) = lock_rows(Unresolved.objects.filter(pk=question.pk, kind=UnresolvedKind.REPORT))
        if held.resolved_at is not None:
            raise Conflict(_("This was answered already."), code="answered")
        tenant = Tenant.objects.get(pk=held.node_id)
        stated, batch = stated_by(held), ImportBatch.objects.get(pk=held.detail["batch"])
        writer = Writer(actor, tenant)
        if opens:
            if stated.row.ended_at is None:
                raise InvalidInput(_("The report does not say when the session ended."), code="no_end")
            session = writer.open(stated)
        elif session is not None:
            own = LiveSession.objects.filter(pk=session.pk, tenant=tenant, platform=stated.row.platform)
            if not visible_to(own, actor).filter(started_at__isnull=False).exists():
                raise NotFound
        if session is not None:
            writer.read(stated, session, ReadBy.OPENED if opens else ReadBy.CHOSEN, batch)
        held.resolved_at = clock.now()
        held.detail = {**held.detail, "answer": _answer(session, opens)}
        held.save(update_fields=["resolved_at", "detail"])
        audit.record(
            actor=actor,
            verb="report.answer",
            obj=held,
            node_id=tenant.pk,
            before={"candidates": held.detail["candidates"]},
            after={"row": held.reference, **_answer(session, opens)},
        )
    return session


def _answer(session: LiveSession | None, opens: bool) -> dict[str, Any]:
    return {"session": str(session.uid) if session else None, "opened": opens}
