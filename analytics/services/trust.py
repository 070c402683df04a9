"""What is stated of a session, and what its people reply to the verdict on it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, OuterRef
from django.utils.translation import gettext as _

from analytics.choices import ClaimSource, Witness
from analytics.models import SessionClaim, TrustReply, TrustVerdict
from analytics.trust.thresholds import PARCEL_DAYS
from core import audit, buckets
from core.actors import Actor
from core.clock import DAY, HOUR, now
from core.errors import Conflict, InvalidInput
from core.locking import lock_row, retried
from core.policy import ADD
from core.scoping import get_visible, require_of
from livestreams.models import LiveSession
from supplychain.choices import TailWindow
from supplychain.models import Reservation, Warehouse

# More than anybody ever said of one session: what is beyond was typed wrongly.
MOST = {
    "sales": 10**12,
    "viewers": 10**10,
    "stay_seconds": 24 * 60 * 60,
    "minutes": 7 * 24 * 60,
    "peak": 10**10,
    "orders": 10**9,
}
FIGURES = tuple(MOST)
# A site that stood still so long catches up; parcels later than that have been forgotten.
LATE, LATEST = 2 * DAY, 60 * DAY


@retried
def session_claim(
    *,
    actor: Actor,
    session: LiveSession,
    source: str = ClaimSource.TENANT,
    sales: Decimal | None = None,
    viewers: int | None = None,
    stay_seconds: int | None = None,
    minutes: int | None = None,
    peak: int | None = None,
    orders: int | None = None,
) -> SessionClaim:
    """Keep the figures stated of a session that has begun; they replace those stated before, the same ones once.

    Sales in CNY, the mean stay of a viewer in seconds. Raises InvalidInput when nothing is stated or a figure is out
    of all reason, Conflict before the session has begun.
    """
    require_of(actor, ADD, SessionClaim, session)
    figures: dict[str, Any] = {
        "sales": sales,
        "viewers": viewers,
        "stay_seconds": stay_seconds,
        "minutes": minutes,
        "peak": peak,
        "orders": orders,
    }
    if (sales, viewers, minutes) == (None, None, None):
        raise InvalidInput(
            _("State the sales, the viewers or the time on air."), code="required", field="sales"
        )
    for name, value in figures.items():
        if value is not None and not 0 <= value <= MOST[name]:
            message = _("This must lie between 0 and %(most)s.") % {"most": f"{MOST[name]:,}"}
            raise InvalidInput(message, code="range", field=name)
    with transaction.atomic():
        held = get_visible(LiveSession, actor, pk=session.pk)
        lock_row(LiveSession, held.pk)
        if held.started_at is None:
            raise Conflict(_("The session has not begun."), code="not_begun")
        known = held.claims.standing().order_by("-version").first()
        if known is not None and (known.source, *(getattr(known, name) for name in FIGURES)) == (
            source,
            *figures.values(),
        ):
            return known
        claim = SessionClaim.objects.create(
            session=held,
            version=held.claims.count() + 1,
            source=source,
            made_by_id=actor.user_id,
            **figures,
        )
        buckets.mark(buckets.TRUST, [(held.tenant_id, held.pk)])
        audit.record(
            actor=actor,
            verb="session.claim",
            obj=held,
            node_id=held.tenant_id,
            after=audit.snapshot(claim, ("version", "source", *FIGURES)),
        )
    return claim


@retried
def verdict_reply(*, actor: Actor, session: LiveSession, text: str) -> TrustReply:
    """Reply to the verdict that stands on a session. Raises InvalidInput without words, Conflict without a verdict."""
    require_of(actor, ADD, TrustReply, session)
    if not text.strip():
        raise InvalidInput(_("Write what you want to say."), code="required", field="text")
    with transaction.atomic():
        held = get_visible(LiveSession, actor, pk=session.pk)
        verdict = TrustVerdict.objects.filter(session=held).order_by("-version").first()
        if verdict is None:
            raise Conflict(_("There is no verdict on this session yet."), code="not_judged")
        reply = TrustReply.objects.create(verdict=verdict, text=text.strip(), made_by_id=actor.user_id)
        audit.record(
            actor=actor,
            verb="verdict.reply",
            obj=held,
            node_id=held.tenant_id,
            after={"verdict": verdict.version, "text": reply.text},
        )
    return reply


def parcels_judge() -> int:
    """Have sessions judged again whose parcels ought to have left by now; returns how many. Safe to run twice.

    That is once the days of their orders are over and once those of the longest tail are, by the time that each
    warehouse has, and for as long as a verdict rests on parcels that may still leave.
    """
    at, ended = now(), F("session__ended_at")
    longer = Warehouse.objects.filter(packs_orders=True).values_list("ship_within_hours", flat=True)
    first = PARCEL_DAYS * DAY
    days = {first, *(max(first, hours * HOUR) for hours in longer.order_by().distinct())}
    packed = Reservation.objects.filter(
        seller=OuterRef("session__tenant"), paid_at__gte=OuterRef("session__started_at")
    )
    judged = TrustVerdict.objects.current().filter(Exists(packed), claim__isnull=False)
    asked = [
        judged.filter(
            session__ended_at__gt=at - wait - LATE,
            session__ended_at__lte=at - wait,
            judged_at__lt=ended + wait,
        )
        for end in sorted(days)
        for wait in (end, end + TailWindow.WEEK * HOUR)
    ]
    asked.append(
        judged.because_of(Witness.PARCELS.value).filter(
            session__ended_at__gt=at - LATEST, session__ended_at__lte=at - first
        )
    )
    return buckets.mark(
        buckets.TRUST,
        [place for rows in asked for place in rows.values_list("session__tenant", "session")],
    )
