"""What every write of this app locks and checks first. The order is room, booking, session, offer or request, host."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import TypeVar

from django.db.models import F, Model, Q
from django.utils.translation import gettext as _

from core.actors import Actor
from core.clock import latest, today
from core.errors import Conflict, InvalidInput, Refused
from core.locking import lock_row
from core.models import ScopeNode
from core.policy import CHANGE
from core.scoping import get_visible
from livestreams.errors import BadTime
from livestreams.models import ExchangeRequest, Host, LiveRoom
from livestreams.terms import Terms
from parks.models import ParkSettings
from tenants.models import Tenant

M = TypeVar("M", bound=Model)


def lock_visible(model: type[M], actor: Actor, pk: int, verb: str = CHANGE) -> M:
    """Lock a row on which the actor holds the verb; NotFound when there is none.

    What takes place in a room is Refused to a key that is limited to others. Locked first and read afterwards:
    PostgreSQL would drop a row from a join whose key changed while it waited.
    """
    locked = lock_row(model, pk)
    if actor.unrestricted:
        return locked
    held = get_visible(model, actor, verb, pk=pk)
    if actor.rooms and hasattr(held, "room_id"):
        check_key_allows(actor, held.room)  # type: ignore[attr-defined]
    return held


def lock_room(actor: Actor, room_id: int) -> LiveRoom:
    """Lock a live room. Refused when the actor's key is limited to other rooms."""
    room = lock_row(LiveRoom, room_id)
    check_key_allows(actor, room)
    return room


def revise(rooms: Collection[LiveRoom]) -> None:
    """Say of locked rooms that something was decided about their bookings: a repair, a firm that leaves.

    Whoever stores a booking at once has looked at it all before, and when the lock is theirs at the revision alone.
    """
    LiveRoom.objects.filter(pk__in=[room.pk for room in rooms]).update(revision=F("revision") + 1)


def check_key_allows(actor: Actor, room: LiveRoom | None) -> None:
    """Refused when the actor's key is limited to rooms of which this is none."""
    if actor.rooms and (room is None or room.code not in actor.rooms):
        raise Refused(_("This key may not be used for this room."), code="key_room")


def moved() -> Conflict:
    """For whoever saw a booking in another room, which alone is locked: only they know whether they still want it."""
    return Conflict(_("The booking was moved a moment ago. Please try again."), code="moved")


def lock_host(host: Host, park_id: int, loan: ExchangeRequest | None = None) -> Host:
    """Lock a host who works in the park, or who comes by a loan: lent by it, or of the guest's own park.

    InvalidInput for others, whether they or their firm left or they never came.
    """
    works_here = Q(tenant__node__parent=park_id)
    if loan is not None:
        works_here |= Q(tenant__node__parent=loan.park_id) | Q(pk=loan.offer.host_id)
    held = lock_row(Host, host.pk)
    # Asked with the lock: a firm that leaves meanwhile changes no row of its hosts, it only holds them.
    if not Host.objects.working_on(today()).filter(works_here, pk=host.pk).exists():
        raise InvalidInput(_("The host does not work in this park."), code="host", field="host")
    return held


def check_here(closed_on: date | None, field: str = "tenant") -> None:
    """InvalidInput for a tenant that has left on such a day."""
    if closed_on is not None and closed_on <= today():
        raise InvalidInput(_("The tenant has left the park."), code="tenant", field=field)


def park_of(tenant: Tenant, field: str = "tenant") -> int:
    """The id of the park a tenant is in now. InvalidInput when it has left, whatever was read of it before."""
    park_id, closed_on = ScopeNode.objects.values_list("parent_id", "tenant__closed_on").get(pk=tenant.pk)
    check_here(closed_on, field)
    return int(park_id or 0)


def settings_of(park_id: int) -> ParkSettings:
    """What a park decided for itself, or the defaults."""
    return ParkSettings.objects.filter(pk=park_id).first() or ParkSettings(park_id=park_id)


def terms_of(park_id: int) -> Terms:
    """What a park asks for rooms that were given back late, or that nobody came to."""
    found = settings_of(park_id)
    return Terms(found.late_cancel_percent, found.no_show_percent)


def check_not_future(instant: datetime, field: str) -> None:
    """BadTime for an instant that has not come yet."""
    if instant > latest():
        raise BadTime(_("This time has not come yet."), code="future", field=field)
