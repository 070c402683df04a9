"""What the result of a session is made of, read from the ledger, agreements, statements, bookings and ad spend."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence

from django.utils.translation import gettext as _

from analytics.choices import ResultPart, SourceKind
from analytics.result.account import Account, Source, line_of
from analytics.result.goods import goods_sold, skus_of
from analytics.result.parcels import parcels_of
from analytics.result.partners import agreements_over, dues_of_sessions, in_force
from analytics.settlement import book_of
from analytics.shares.facts import Fact, facts_in
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
    return accounts_of(actor, session.tenant_id, [session])[session.pk]


def accounts_of(actor: Actor, tenant_id: int, sessions: Sequence[LiveSession]) -> dict[int, Account]:
    """The results of some sessions of a firm by id; with `booking__room` at hand in as many statements as of one."""
    if not may_see_result(actor, tenant_id):
        raise NotFound
    if not sessions:
        return {}
    told = [(fact, place) for fact, place in facts_in(sessions) if fact.seller_id == tenant_id]
    by_session: dict[int, list[Fact]] = defaultdict(list)
    for fact, place in told:
        by_session[place].append(fact)
    book = book_of(
        [fact for fact, _place in told], {fact.id: (fact.business_day, place) for fact, place in told}
    )
    agreements = agreements_over(tenant_id, sessions)
    dues = dues_of_sessions(sessions, agreements, book)
    skus = skus_of(book.facts)
    rooms, spend = _rooms(sessions), _ad_spend(sessions)
    parcels = parcels_of(tenant_id, {session.pk: by_session[session.pk] for session in sessions})
    found = {}
    for session in sessions:
        facts = by_session[session.pk]
        held = [agreement for agreement in agreements if in_force(agreement, session)]
        parts = {
            ResultPart.NET: _net([book.sums[fact.id] for fact in facts]),
            ResultPart.GOODS: goods_sold(tenant_id, facts, book.sums, skus, held),
            **dues[session.pk],
            ResultPart.ROOM: rooms[session.pk],
            ResultPart.AD_SPEND: spend[session.pk],
            ResultPart.PARCELS: parcels[session.pk],
        }
        found[session.pk] = Account({part: line_of(part, parts[part]) for part in ResultPart})
    return found


def unknown(why: str) -> Source:
    return Source(SourceKind.NONE, why, None)


def _net(rows: Collection[Measures]) -> list[Source]:
    return [
        Source(SourceKind.ORDERS, _("paid by buyers"), sum(row[0] for row in rows)),
        Source(SourceKind.ORDERS, _("refunds and cancellations so far"), -sum(row[1] for row in rows)),
    ]


def _rooms(sessions: Sequence[LiveSession]) -> dict[int, list[Source]]:
    """The price of each booking; its sessions share it by their length on air."""
    beside: dict[int | None, list[LiveSession]] = defaultdict(list)
    bookings = {session.booking_id for session in sessions if session.booking_id}
    for session in LiveSession.objects.filter(booking__in=bookings, started_at__isnull=False).order_by("pk"):
        beside[session.booking_id].append(session)
    return {session.pk: [_room(session, beside[session.booking_id])] for session in sessions}


def _room(session: LiveSession, sharing: list[LiveSession]) -> Source:
    booking = session.booking
    if booking is None:
        return unknown(_("The session has no booking, so no price of a room is on record."))
    still_open = booking.state in STILL_OPEN
    amount = to_units(booking.price if still_open else booking.due)
    places = [each.pk for each in sharing]
    if session.pk in places:
        amount = allocate(amount, list(map(_seconds, sharing)))[places.index(session.pk)]
    label = f"{booking.room} {local(booking.starts_at):%Y-%m-%d %H:%M}"
    note = (
        _("its share by length of %(count)d sessions") % {"count": len(sharing)} if len(sharing) > 1 else ""
    )
    return Source(SourceKind.BOOKING, label, amount, note, str(booking.uid), provisional=still_open)


def _seconds(session: LiveSession) -> int:
    if session.started_at is None or session.ended_at is None:
        return 0
    return int((session.ended_at - session.started_at).total_seconds())


def _ad_spend(sessions: Sequence[LiveSession]) -> dict[int, list[Source]]:
    told: dict[int, list[AdSpend]] = defaultdict(list)
    for fact in AdSpend.objects.filter(session__in=sessions):
        told[fact.session_id].append(fact)
    return {
        session.pk: [
            Source(SourceKind.HOUR, f"{local(hour):%Y-%m-%d %H:%M}", to_units(amount))
            for hour, amount in spend_by_hour(told[session.pk]).items()
        ]
        or [unknown(_("Nobody told what was spent on traffic."))]
        for session in sessions
    }
