"""Visitors: announced by a tenant, let in and out at the gate. Who they were is forgotten after a month."""

from __future__ import annotations

from datetime import date

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from core import audit
from core.actors import Actor
from core.clock import DAY, business_day, now, today
from core.errors import InvalidInput
from core.locking import retried
from core.policy import ADD, CHANGE
from core.records import save_clean
from core.scoping import require
from livestreams.errors import BadTime, WrongState
from livestreams.models import Booking, Visit
from livestreams.services.locks import check_key_allows, lock_visible, park_of
from livestreams.services.steps import SYSTEM
from tenants.models import Tenant

# The audit is never changed: no names and plates in it.
AUDITED = ("day", "people", "booking_id", "arrived_at", "left_at", "withdrawn_at")
FURTHEST = 90 * DAY
NAMES_KEPT_FOR = 30 * DAY


@retried
def visit_announce(
    *,
    actor: Actor,
    tenant: Tenant,
    name: str,
    people: int = 1,
    day: date | None = None,
    booking: Booking | None = None,
    company: str = "",
    plate: str = "",
) -> Visit:
    """Announce visitors for a day, or for a booking: for its day, at the gate of the park that its room is in.

    BadTime for days that are over or far ahead.
    """
    require(actor, ADD, Visit, tenant.pk)
    check_key_allows(actor, booking.room if booking is not None else None)
    if booking is not None:
        if booking.tenant_id != tenant.pk:
            raise InvalidInput(_("The booking is another firm's."), code="other_tenant", field="booking")
        day = business_day(booking.starts_at)
    day = day or today()
    if not today() <= day <= today() + FURTHEST:
        raise BadTime(
            _("Visitors are announced from today on, %(days)d days ahead at most.") % {"days": FURTHEST.days},
            field="day",
        )
    if not name.strip():
        raise InvalidInput(_("Say who comes."), code="name", field="name")
    with transaction.atomic():
        here = park_of(tenant)
        visit = Visit(
            park_id=here if booking is None else booking.room.park_id,
            tenant=tenant,
            booking=booking,
            day=day,
            name=name,
            people=people,
            company=company,
            plate=plate,
        )
        save_clean(visit)
        _record(actor, "visit.announce", visit)
    return visit


@retried
def visit_arrive(*, actor: Actor, visit: Visit) -> Visit:
    """Let visitors in, on their day and once."""
    with transaction.atomic():
        held = _at_the_gate(actor, visit)
        if held.day != today():
            raise BadTime(_("They are announced for %(day)s.") % {"day": held.day}, code="other_day")
        if held.arrived_at is not None:
            raise WrongState(_("They have arrived already."), code="arrived")
        held.arrived_at = now()
        _store(actor, "visit.arrive", held)
    return held


@retried
def visit_leave(*, actor: Actor, visit: Visit) -> Visit:
    """See visitors out, once."""
    with transaction.atomic():
        held = _at_the_gate(actor, visit)
        if held.arrived_at is None or held.left_at is not None:
            raise WrongState(_("They are not in the park."), code="not_here")
        held.left_at = max(now(), held.arrived_at)
        _store(actor, "visit.leave", held)
    return held


@retried
def visit_withdraw(*, actor: Actor, visit: Visit) -> Visit:
    """Take an announcement back, as long as nobody has come."""
    with transaction.atomic():
        held = lock_visible(Visit, actor, visit.pk)
        if held.arrived_at is not None or held.withdrawn_at is not None:
            raise WrongState(
                _("Only an announcement of visitors who have not come is withdrawn."), code="closed"
            )
        held.withdrawn_at = now()
        _store(actor, "visit.withdraw", held)
    return held


def _at_the_gate(actor: Actor, visit: Visit) -> Visit:
    """Lock a visit for the park, which alone says who has come and gone."""
    held = lock_visible(Visit, actor, visit.pk)
    require(actor, CHANGE, Visit, held.park_id)
    if held.withdrawn_at is not None:
        raise WrongState(_("The announcement was withdrawn."), code="withdrawn")
    return held


@retried
@transaction.atomic
def visits_forget() -> int:
    """Drop names and plates of visitors whose day is a month ago; counts and firms stay. Returns how many."""
    old = Visit.objects.filter(day__lt=today() - NAMES_KEPT_FOR).filter(~Q(name="") | ~Q(plate=""))
    forgotten = old.update(name="", plate="", updated_at=now())
    if forgotten:
        audit.record(
            actor=SYSTEM, verb="visit.forget", object_type=Visit._meta.label, after={"visits": forgotten}
        )
    return forgotten


def _store(actor: Actor, verb: str, visit: Visit) -> None:
    visit.save()
    _record(actor, verb, visit)


def _record(actor: Actor, verb: str, visit: Visit) -> None:
    audit.record(
        actor=actor, verb=verb, obj=visit, node_id=visit.tenant_id, after=audit.snapshot(visit, AUDITED)
    )
