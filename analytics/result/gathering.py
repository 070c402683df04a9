"""What the result of a session is made of, read from the ledger, agreements, statements, bookings and ad spend."""

from __future__ import annotations

from collections.abc import Collection

from django.utils.translation import gettext as _

from analytics.choices import ResultPart, SourceKind
from analytics.result.account import Account, Source, line_of
from analytics.result.goods import goods_sold
from analytics.result.partners import dues_by_agreement
from analytics.shares.counting import facts_of, sums_of
from analytics.shares.split import Measures
from core.actors import Actor
from core.clock import local
from core.errors import NotFound
from core.money import allocate, to_units
from core.policy import VIEW_RESULT
from core.scoping import may
from livestreams.choices import BookingState
from livestreams.models import AdSpend, LiveSession
from livestreams.spending import spend_by_hour
from tenants.models import Tenant

STILL_OPEN = (BookingState.HELD, BookingState.CONFIRMED, BookingState.CHECKED_IN)


def may_see_result(actor: Actor, tenant_id: int) -> bool:
    """Whether somebody keeps the money of a firm: its owner and its finance, and no host among them."""
    return may(actor, VIEW_RESULT, Tenant, tenant_id)


def account_of(actor: Actor, session: LiveSession) -> Account:
    """The result of a session for the firm whose session it is, as its ledger is now. NotFound for all others."""
    if not may_see_result(actor, session.tenant_id):
        raise NotFound
    facts = [fact for fact in facts_of(session) if fact.seller_id == session.tenant_id]
    sums = sums_of(facts)
    parts = {
        ResultPart.NET: _net(sums.values()),
        ResultPart.GOODS: goods_sold(session, facts, sums),
        **dues_by_agreement(session, facts),
        ResultPart.ROOM: _room(session),
        ResultPart.AD_SPEND: _ad_spend(session),
        ResultPart.PARCELS: [unknown(_("What the parcels of the session cost is on no record."))],
    }
    return Account({part: line_of(part, parts[part]) for part in ResultPart})


def unknown(why: str) -> Source:
    return Source(SourceKind.NONE, why, None)


def _net(rows: Collection[Measures]) -> list[Source]:
    return [
        Source(SourceKind.ORDERS, _("paid by buyers"), sum(row[0] for row in rows)),
        Source(SourceKind.ORDERS, _("refunds and cancellations so far"), -sum(row[1] for row in rows)),
    ]


def _room(session: LiveSession) -> list[Source]:
    """The price of its booking; sessions of one booking share it by their length on air."""
    booking = session.booking
    if booking is None:
        return [unknown(_("The session has no booking, so no price of a room is on record."))]
    lasts = booking.state in STILL_OPEN
    amount = to_units(booking.price if lasts else booking.due)
    sessions = list(booking.sessions.filter(started_at__isnull=False).order_by("pk"))
    seconds = [
        int((each.ended_at - each.started_at).total_seconds()) if each.ended_at and each.started_at else 0
        for each in sessions
    ]
    places = [each.pk for each in sessions]
    if session.pk in places:
        amount = allocate(amount, seconds)[places.index(session.pk)]
    note = (
        _("its share by length of %(count)d sessions") % {"count": len(sessions)} if len(sessions) > 1 else ""
    )
    label = f"{booking.room} {local(booking.starts_at):%Y-%m-%d %H:%M}"
    return [Source(SourceKind.BOOKING, label, amount, note, str(booking.uid), provisional=lasts)]


def _ad_spend(session: LiveSession) -> list[Source]:
    spend = spend_by_hour(AdSpend.objects.filter(session=session))
    if not spend:
        return [unknown(_("Nobody told what was spent on traffic."))]
    return [
        Source(SourceKind.HOUR, f"{local(hour):%Y-%m-%d %H:%M}", to_units(amount))
        for hour, amount in spend.items()
    ]
