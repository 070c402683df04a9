"""Loans of equipment: handed out by the studio, due at a time, looked at on return."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from core import audit
from core.actors import Actor
from core.clock import now, today
from core.errors import InvalidInput
from core.locking import lock_row, retried
from core.policy import ADD, CHANGE
from core.scoping import require
from livestreams.choices import BOOKING_BLOCKING, BROKEN, Condition, FaultKind
from livestreams.errors import BadTime, ItemUnavailable, WrongState
from livestreams.models import Booking, Equipment, EquipmentLoan, Fault
from livestreams.services.faults import fault_report
from livestreams.services.locks import check_key_allows, lock_visible, park_of
from tenants.models import Tenant

AUDITED = ("item_id", "tenant_id", "booking_id", "out_at", "due_at", "back_at", "condition")
KINDS = set(FaultKind.values)


@retried
def loan_begin(
    *,
    actor: Actor,
    item: Equipment,
    tenant: Tenant | None = None,
    booking: Booking | None = None,
    due_at: datetime | None = None,
    note: str = "",
) -> EquipmentLoan:
    """Hand an item out to a firm, or for a booking, after whose end it is due unless another time is given.

    ItemUnavailable when somebody has it, or when it is broken or given up; the database has the last word.
    """
    require(actor, ADD, EquipmentLoan, item.park_id)
    with transaction.atomic():
        held = lock_row(Equipment, item.pk)
        check_key_allows(actor, held.room)
        loan = EquipmentLoan(
            item=held,
            tenant=_borrower(held, tenant, booking),
            booking=booking,
            out_at=now(),
            due_at=_due(due_at, booking),
            note=note,
        )
        _check_can_be_had(held)
        try:
            with transaction.atomic():
                loan.save()
        except IntegrityError as error:
            if "livestreams_loan_item" in str(error):
                raise _taken(held) from error
            raise
        _record(actor, "loan.begin", loan)
    return loan


def _borrower(item: Equipment, tenant: Tenant | None, booking: Booking | None) -> Tenant:
    """InvalidInput unless it is a firm of the item's park, and the firm of the booking."""
    if booking is not None:
        if tenant is not None and tenant.pk != booking.tenant_id:
            raise InvalidInput(_("The booking is another firm's."), code="other_tenant", field="booking")
        if booking.state not in BOOKING_BLOCKING:
            raise InvalidInput(_("The booking was given back."), code="given_back", field="booking")
        tenant = booking.tenant
    if tenant is None:
        raise InvalidInput(_("Say who takes it."), code="tenant", field="tenant")
    if park_of(tenant) != item.park_id:
        raise InvalidInput(_("The tenant is not in the item's park."), code="other_park", field="tenant")
    return tenant


def _due(due_at: datetime | None, booking: Booking | None) -> datetime:
    due_at = due_at or (booking.ends_at if booking is not None else None)
    if due_at is None:
        raise InvalidInput(_("Say when it is due back."), code="due", field="due_at")
    if due_at <= now():
        raise BadTime(_("This time is over: give one that lies ahead."), code="past", field="due_at")
    return due_at


def _check_can_be_had(item: Equipment) -> None:
    if item.is_closed_by(today()):
        raise ItemUnavailable(_("The item was given up."), code="item_closed", field="item")
    if Fault.objects.open().filter(item=item).exists():
        raise ItemUnavailable(
            _("The item is broken: its fault is still open."), code="item_faulty", field="item"
        )
    if EquipmentLoan.objects.out().filter(item=item).exists():
        raise _taken(item)


def _taken(item: Equipment) -> ItemUnavailable:
    return ItemUnavailable(_("Somebody has the item already."), code="item_out", field="item")


@retried
def loan_return(
    *, actor: Actor, loan: EquipmentLoan, condition: str = Condition.GOOD, note: str = ""
) -> EquipmentLoan:
    """Take an item back. One that comes back damaged or incomplete gets an open fault, and is not lent meanwhile."""
    if condition not in Condition.values:
        raise InvalidInput(_("Say in which condition it came back."), code="condition", field="condition")
    with transaction.atomic():
        lock_row(Equipment, loan.item_id)
        held = lock_visible(EquipmentLoan, actor, loan.pk)
        require(actor, CHANGE, EquipmentLoan, held.item.park_id)
        if held.back_at is not None:
            raise WrongState(_("The item is back already."), code="returned")
        held.back_at, held.condition, held.note = max(now(), held.out_at), condition, note or held.note
        held.save()
        _record(actor, "loan.return", held)
        if condition in BROKEN:
            kind = held.item.kind if held.item.kind in KINDS else FaultKind.OTHER
            fault_report(actor=actor, item=held.item, kind=kind, text=note or held.get_condition_display())
    return held


def _record(actor: Actor, verb: str, loan: EquipmentLoan) -> None:
    audit.record(
        actor=actor, verb=verb, obj=loan, node_id=loan.tenant_id, after=audit.snapshot(loan, AUDITED)
    )
