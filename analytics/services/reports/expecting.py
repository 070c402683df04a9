"""What people say of reports that have not come: none will, or one is expected after all."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from analytics.models import ReportExpectation
from analytics.services.reports.writing import lock_reports
from core import audit, clock
from core.actors import Actor
from core.errors import Conflict, InvalidInput
from core.locking import retried
from core.policy import ADD
from core.scoping import get_visible, require_of
from livestreams.choices import SessionState
from livestreams.models import LiveSession


@retried
def report_expect(
    *, actor: Actor, session: LiveSession, expected: bool, reason: str = ""
) -> ReportExpectation:
    """Say that no report will come on a session (any more), with the reason; or that one is expected after all.

    The session leaves the report round until a report on it is read or somebody expects one. Raises InvalidInput
    without a reason why none will come, Conflict where the session has not ended or this is how it stands already.
    """
    require_of(actor, ADD, ReportExpectation, session)
    reason = reason.strip()
    if not expected and not reason:
        raise InvalidInput(_("Write why no report will come."), code="required", field="reason")
    with transaction.atomic():
        lock_reports(session.tenant_id)
        held = get_visible(LiveSession, actor, pk=session.pk)
        if held.state != SessionState.ENDED:
            raise Conflict(_("Reports are asked for once a session has ended."), code="not_ended")
        standing = ReportExpectation.objects.none_comes().filter(session=held).first()
        if expected and standing is None:
            raise Conflict(_("A report is expected already."), code="expected")
        if not expected and standing is not None:
            raise Conflict(_("It was said already that no report will come."), code="not_expected")
        said = ReportExpectation.objects.create(
            session=held, expected=expected, reason=reason, made_by_id=actor.user_id, made_at=clock.now()
        )
        audit.record(
            actor=actor,
            verb="report.expect",
            obj=held,
            node_id=held.tenant_id,
            before={"expected": not expected, "reason": standing.reason if standing else ""},
            after={"expected": expected, "reason": reason},
        )
    return said
