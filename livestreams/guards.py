"""What live streams have to say before a tenant leaves its park, or moves to another one."""

from __future__ import annotations

from datetime import date

from django.utils.translation import gettext as _

from core.clock import local, now
from core.guards import named
from core.locking import lock_rows
from livestreams.choices import SESSION_RUNNING
from livestreams.models import Booking, EquipmentLoan, Host, LiveRoom, LiveSession
from livestreams.querysets import BookingQuerySet
from livestreams.services.locks import revise
from tenants.guards import tenant_exit, tenant_move
from tenants.models import Tenant


@tenant_exit.guard
def booked_rooms(tenant: Tenant, day: date) -> str | None:
    """Bookings of the firm that run or lie ahead.

    Whoever books locks the room first, or for a loan the firm, and then asks whether the firm is still here, or whether
    the room is still at the revision at which they asked, so none is made after this question.
    """
    revise(lock_rows(LiveRoom.objects.filter(park=tenant.node.parent_id)))
    bookings = _ahead().filter(tenant=tenant).select_related("room")
    found = named(bookings.order_by("starts_at", "pk"))
    return _("It has booked rooms: %(bookings)s.") % {"bookings": found} if found else None


@tenant_exit.guard
def booked_hosts(tenant: Tenant, day: date) -> str | None:
    """Hosts of the firm whom others have booked, wherever that is: where is not the park's to know.

    Whoever books a host in a room of another park locks the host and then asks whether its firm is still here.
    """
    lock_rows(Host.objects.filter(tenant=tenant))
    bookings = _ahead().filter(host__tenant=tenant).exclude(tenant=tenant).select_related("host")
    found = named(
        f"{booking.host} {local(booking.starts_at):%Y-%m-%d %H:%M}"
        for booking in bookings.order_by("starts_at", "pk")
    )
    return _("Others have booked its hosts: %(bookings)s.") % {"bookings": found} if found else None


@tenant_exit.guard
def reserved_rooms(tenant: Tenant, day: date) -> str | None:
    """Rooms of the park that nobody but the firm may book."""
    rooms = LiveRoom.objects.open_on(day).filter(park=tenant.node.parent_id, dedicated_to=tenant)
    found = named(rooms.order_by("code"))
    return _("Rooms are reserved for it: %(rooms)s.") % {"rooms": found} if found else None


@tenant_move.guard
def rooms_kept_behind(tenant: Tenant, day: date) -> str | None:
    """The same before it moves: in another park it cannot book them, and nobody else could.

    Whoever reserves a room locks it, or for a new one the firm, and then asks where the firm is; whoever books it at
    once has asked before.
    """
    revise(lock_rows(LiveRoom.objects.filter(park=tenant.node.parent_id)))
    return reserved_rooms(tenant, day)


@tenant_exit.guard
def running_sessions(tenant: Tenant, day: date) -> str | None:
    """Sessions of the firm that are on air."""
    sessions = LiveSession.objects.filter(tenant=tenant, state__in=SESSION_RUNNING)
    found = named(sessions.order_by("started_at", "pk"))
    return _("It is on air: %(sessions)s.") % {"sessions": found} if found else None


@tenant_exit.guard
def lent_equipment(tenant: Tenant, day: date) -> str | None:
    """Items of the park in the firm's hands."""
    loans = EquipmentLoan.objects.out().filter(tenant=tenant, item__park=tenant.node.parent_id)
    found = named(loan.item for loan in loans.select_related("item").order_by("item__code"))
    return _("It has equipment of the park: %(items)s.") % {"items": found} if found else None


def _ahead() -> BookingQuerySet:
    at = now()
    return Booking.objects.ahead(at).without_expired_holds(at)
