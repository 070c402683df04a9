"""The exchange between parks: rooms and hosts are offered, asked for, and lent by a booking like any other.

An accepted request is the grant on which its booking rests: it is accepted and booked in one transaction, or neither.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from core import audit
from core.actors import Actor, system_actor
from core.choices import NodeKind
from core.clock import DAY, now, today
from core.days import in_force_on
from core.errors import InvalidInput, NotFound, Refused
from core.locking import lock_row, lock_rows, retried
from core.models import ScopeNode
from core.policy import ADD, CHANGE
from core.scoping import get_visible, may, require
from livestreams.choices import EXCHANGE_TRANSITIONS, EngagementKind, ExchangeState
from livestreams.conflicts import Span
from livestreams.errors import BadTime, Overlap, WrongState
from livestreams.exchange import free_times, loan_windows
from livestreams.models import Engagement, ExchangeOffer, ExchangeRequest, Host, LiveRoom
from livestreams.quotas import leaves
from livestreams.services.bookings import booking_lend
from livestreams.services.locks import check_key_allows, lock_host, lock_room, lock_visible, park_of
from livestreams.services.placing import FURTHEST, check_room, checked_span, over_quota, price_of
from tenants.models import Tenant

PLACES = (NodeKind.PARK, NodeKind.TOWN, NodeKind.CITY, NodeKind.PROVINCE)
MOST_PLACES = 50
ANSWER_WITHIN = 2 * DAY
SYSTEM = system_actor("exchange")
OFFER_AUDITED = ("room_id", "host_id", "starts_at", "ends_at", "hourly_rate", "is_instant", "withdrawn_at")
AUDITED = ("state", "offer_id", "room_id", "host_id", "starts_at", "ends_at", "price", "answer")


@retried
def exchange_offer_make(
    *,
    actor: Actor,
    starts_at: datetime,
    ends_at: datetime,
    hourly_rate: Decimal,
    places: Sequence[str],
    room: LiveRoom | None = None,
    host: Host | None = None,
    is_instant: bool = False,
    note: str = "",
) -> ExchangeOffer:
    """Offer the free times of a room or a host to other parks: those named, and all of the places named, by code.

    A room is offered by its park; a host by its firm, or by the park whose own host it is. Raises InvalidInput for what
    cannot be lent and for codes that nobody has, BadTime for a time that is over or too far.
    """
    if (room is None) == (host is None):
        raise InvalidInput(_("Offer a room or a host."), code="one_thing", field="room")
    giver = room.park.node if room is not None else _giver_of(host)  # type: ignore[arg-type]
    park_id = giver.pk if giver.kind == NodeKind.PARK else giver.parent_id
    require(actor, ADD, ExchangeOffer, giver.pk)
    check_key_allows(actor, room)
    if room is not None and (room.dedicated_to_id is not None or room.is_closed_by(today())):
        raise InvalidInput(_("Only a shared room that is open can be lent."), code="room", field="room")
    if host is not None and not Host.objects.working_on(today()).filter(pk=host.pk).exists():
        raise InvalidInput(_("This host works no more."), code="host", field="host")
    if ends_at <= starts_at:
        raise BadTime(_("An offer must end after it starts."), code="order", field="ends_at")
    if not now() < ends_at <= now() + FURTHEST:
        raise BadTime(
            _("An offer ends in the future, and within %(days)d days.") % {"days": FURTHEST.days},
            field="ends_at",
        )
    if hourly_rate < 0:
        raise InvalidInput(_("A rate is not negative."), code="range", field="hourly_rate")
    told = _nodes_of(places)
    with transaction.atomic():
        offer = ExchangeOffer.objects.create(
            giver=giver,
            park_id=park_id,
            room=room,
            host=host,
            starts_at=starts_at,
            ends_at=ends_at,
            hourly_rate=hourly_rate,
            is_instant=is_instant,
            note=note,
        )
        offer.places.set(told)
        _record_offer(actor, "exchange_offer.make", offer, sorted(node.code for node in told))
    return offer


def _giver_of(host: Host) -> ScopeNode:
    engaged = Engagement.objects.filter(in_force_on(today()), host=host, kind=EngagementKind.PARK)
    own = engaged.select_related("park__node").first()
    return own.park.node if own is not None and own.park is not None else host.tenant.node


def _nodes_of(codes: Sequence[str]) -> list[ScopeNode]:
    """The parks and places of these codes, as everybody knows them. InvalidInput for any other."""
    wanted = list(dict.fromkeys(codes))
    if not 0 < len(wanted) <= MOST_PLACES:
        message = _("Name from 1 to %(most)d parks or places.") % {"most": MOST_PLACES}
        raise InvalidInput(message, code="count", field="places")
    return known_places(wanted)


def known_places(codes: Sequence[str], field: str = "places") -> list[ScopeNode]:
    """The parks and places of these codes. InvalidInput, of `field`, for a code that none of them has."""
    known = {node.code: node for node in ScopeNode.objects.filter(code__in=codes, kind__in=PLACES)}
    if absent := [code for code in codes if code not in known]:
        message = _("There is no park or place “%(code)s”.") % {"code": absent[0]}
        raise InvalidInput(message, code="absent", field=field)
    return [known[code] for code in codes]


@retried
def exchange_offer_withdraw(*, actor: Actor, offer: ExchangeOffer) -> ExchangeOffer:
    """Offer it no longer: who waits for an answer is told so. What was lent stays booked."""
    with transaction.atomic():
        held = lock_visible(ExchangeOffer, actor, offer.pk)
        if held.withdrawn_at is not None:
            raise WrongState(_("This offer is withdrawn already."), code="withdrawn")
        held.withdrawn_at = now()
        held.save(update_fields=["withdrawn_at", "updated_at"])
        _record_offer(actor, "exchange_offer.withdraw", held)
        for request in lock_rows(held.requests.filter(state=ExchangeState.REQUESTED)):
            _turn(actor, "decline", request, ExchangeState.DECLINED, _("The offer was withdrawn."))
    return held


@retried
def exchange_request_make(
    *,
    actor: Actor,
    offer: ExchangeOffer,
    tenant: Tenant,
    starts_at: datetime,
    ends_at: datetime,
    room: LiveRoom | None = None,
    host: Host | None = None,
    note: str = "",
) -> ExchangeRequest:
    """Ask for [starts_at, ends_at) of an offer on behalf of a tenant; an offer that says so is booked at once.

    Who borrows a host names a `room` of the tenant's park; who borrows a room may bring a `host` of that park. Nothing
    is held until it is accepted. Raises NotFound for an offer that the tenant's park is not told of, Overlap with
    `alternatives` for a time that cannot be had, OverQuota for hours in the own room that the firm has not, BadTime,
    InvalidInput.
    """
    require(actor, ADD, ExchangeRequest, tenant.pk)
    with transaction.atomic():
        if offer.is_instant:
            _lock_place(actor, offer, tenant.pk, room)
        lock_row(ExchangeOffer, offer.pk)
        held = get_visible(ExchangeOffer, actor, pk=offer.pk)
        park_id, span = park_of(tenant), checked_span(starts_at, ends_at)
        if held.park_id == park_id:
            message = _("This is an offer of the tenant's own park: book it there.")
            raise InvalidInput(message, code="own_park", field="offer")
        if not held.places.filter(pk__in=tenant.node.ancestors().values("pk")).exists():
            raise NotFound
        check_key_allows(actor, held.room or room)
        _check_can_be_had(held, tenant, park_id, _place_of(held, tenant, park_id, room, host), span, host)
        request = ExchangeRequest.objects.create(
            offer=held,
            park_id=park_id,
            tenant=tenant,
            room=room,
            host=host,
            starts_at=starts_at,
            ends_at=ends_at,
            hourly_rate=held.hourly_rate,
            price=price_of(held.hourly_rate, span),
            note=note,
            expires_at=min(starts_at, now() + ANSWER_WITHIN),
        )
        _record(actor, "make", request)
        if held.is_instant:
            _accept(actor, request)
    return request


def _place_of(
    offer: ExchangeOffer, tenant: Tenant, park_id: int, room: LiveRoom | None, host: Host | None
) -> LiveRoom:
    """Where the loan is to be. InvalidInput when what the guest brings does not go with what is lent."""
    if offer.room is not None:
        if room is not None:
            raise InvalidInput(_("The room is the one that is lent."), code="room", field="room")
        if host is not None:
            lock_host(host, park_id)
        return offer.room
    if host is not None:
        raise InvalidInput(_("The host is the one who is lent."), code="host", field="host")
    if room is None:
        raise InvalidInput(_("Name the room in which the host is to work."), code="room", field="room")
    check_room(room, tenant)
    return room


def _check_can_be_had(
    offer: ExchangeOffer, tenant: Tenant, park_id: int, place: LiveRoom, span: Span, host: Host | None
) -> None:
    """Overlap where the offer is not free then; OverQuota where the firm has no hours left in its own room."""
    own_room = offer.room is None
    if not any(window.contains(span) for window in free_times([offer], span)[offer.pk]):
        lent = loan_windows(offer, place, span, host=host, limited=tenant if own_room else None)
        raise Overlap(
            _("The offer is not free at that time."),
            field="starts_at",
            alternatives=[window.as_dict() for window in lent],
        )
    if own_room and not leaves(park_id, tenant, span)(span):
        raise over_quota(park_id, tenant, "starts_at")


@retried
def exchange_request_accept(*, actor: Actor, request: ExchangeRequest) -> ExchangeRequest:
    """Lend what is asked for: it is booked for the guest, or nothing happens. Refused to all but the giver.

    Raises Overlap and HostAway with `alternatives` when it was taken meanwhile, WrongState when it was answered.
    """
    with transaction.atomic():
        _lock_place(actor, request.offer, request.tenant_id, request.room)
        held = _held(actor, request, giver=True)
        _accept(actor, held)
    return held


def _lock_place(actor: Actor, offer: ExchangeOffer, tenant_id: int, room: LiveRoom | None) -> None:
    """Lock the guest, who may be leaving its park, and the room of a loan, before offer, request and host: nobody
    keeps those while waiting for a room.
    """
    lock_row(Tenant, tenant_id)
    if room_id := offer.room_id or (room.pk if room is not None else None):
        lock_room(actor, room_id)


def _accept(actor: Actor, request: ExchangeRequest) -> None:
    _turn(actor, "accept", request, ExchangeState.ACCEPTED)
    booking_lend(actor=actor, loan=request)


@retried
def exchange_request_decline(*, actor: Actor, request: ExchangeRequest, reason: str) -> ExchangeRequest:
    """Say no, and why. Refused to all but the giver."""
    if not reason.strip():
        raise InvalidInput(_("Say why."), code="required", field="reason")
    with transaction.atomic():
        held = _held(actor, request, giver=True)
        _turn(actor, "decline", held, ExchangeState.DECLINED, reason)
    return held


@retried
def exchange_request_withdraw(*, actor: Actor, request: ExchangeRequest) -> ExchangeRequest:
    """Ask no longer. Refused to all but the guest; what was accepted is given back as a booking."""
    with transaction.atomic():
        held = _held(actor, request, giver=False)
        _turn(actor, "withdraw", held, ExchangeState.WITHDRAWN)
    return held


def expire_exchange() -> int:
    """Let go of requests that nobody answered in time; returns how many."""
    overdue = ExchangeRequest.objects.overdue(now()).values_list("pk", flat=True)
    return sum(map(_expire, list(overdue)))


@retried
def _expire(pk: int) -> int:
    with transaction.atomic():
        rows = lock_rows(ExchangeRequest.objects.overdue(now()).filter(pk=pk))
        for request in rows:
            _turn(SYSTEM, "expire", request, ExchangeState.EXPIRED)
    return len(rows)


def answers(actor: Actor, request: ExchangeRequest) -> bool:
    """Whether the actor decides for the giving side: the giver, or the park it sat in then."""
    return _decides(actor, request.offer.giver_id, request.offer.park_id)


def asks(actor: Actor, request: ExchangeRequest) -> bool:
    """Whether the actor decides for the side that asked: the tenant, or the park it sat in then."""
    return _decides(actor, request.tenant_id, request.park_id)


def _decides(actor: Actor, *nodes: int) -> bool:
    return any(may(actor, CHANGE, ExchangeRequest, node) for node in nodes)


def _held(actor: Actor, request: ExchangeRequest, *, giver: bool) -> ExchangeRequest:
    """Lock a request on which the actor's side decides what is to be done."""
    held = lock_visible(ExchangeRequest, actor, request.pk)
    if not (answers if giver else asks)(actor, held):
        raise Refused(_("This is for the other side to say."))
    return held


def _turn(actor: Actor, verb: str, request: ExchangeRequest, state: ExchangeState, answer: str = "") -> None:
    """Take a locked request to its next state. WrongState when that cannot follow, or comes too late."""
    late = request.expires_at <= now() and state in (ExchangeState.ACCEPTED, ExchangeState.DECLINED)
    if state not in EXCHANGE_TRANSITIONS[request.state] or (
        late and request.state == ExchangeState.REQUESTED
    ):
        raise WrongState(
            _("A request in state “%(state)s” cannot become “%(next)s”.")
            % {
                "state": ExchangeState.EXPIRED.label if late else request.get_state_display(),
                "next": state.label,
            }
        )
    before = audit.snapshot(request, AUDITED)
    request.state, request.answer = state, answer
    request.save(update_fields=["state", "answer", "updated_at"])
    _record(actor, verb, request, before)


def _record(
    actor: Actor, verb: str, request: ExchangeRequest, before: dict[str, object] | None = None
) -> None:
    audit.record(
        actor=actor,
        verb=f"exchange_request.{verb}",
        obj=request,
        node_id=request.tenant_id,
        before=before,
        after=audit.snapshot(request, AUDITED),
    )


def _record_offer(actor: Actor, verb: str, offer: ExchangeOffer, places: Sequence[str] = ()) -> None:
    audit.record(
        actor=actor,
        verb=verb,
        obj=offer,
        node_id=offer.giver_id,
        after={**audit.snapshot(offer, OFFER_AUDITED), **({"places": places} if places else {})},
    )
