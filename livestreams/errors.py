"""What may go wrong with rooms, bookings and sessions."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from core.errors import Conflict, InvalidInput


class Overlap(Conflict):
    """The room or the host is taken then; `alternatives` names windows that are free."""

    code = "overlap"
    title = _("Room or host are taken at that time")


class RoomUnavailable(Conflict):
    """The room cannot be had then, whoever asks: closed, under maintenance, somebody's own, or on air."""

    code = "room_unavailable"
    title = _("The room is not available")


class HostAway(Conflict):
    """The host cannot be booked then: outside of the weekly hours, or absent."""

    code = "host_away"
    title = _("The host is not available at that time")


class OverQuota(Conflict):
    """The firm would have more hours of the day or the week than the park gives it; the park may go beyond."""

    code = "quota"
    title = _("More hours than the firm may have")


class GivesUp(Conflict):
    """Leaving the place costs more than was agreed to: `gives_up` says how much, in CNY."""

    code = "gives_up"
    title = _("The booking can no longer be moved for nothing")


class GateNotMet(Conflict):
    """A host cannot enter the next stage of incubation yet; `missing` says what it takes."""

    code = "gate_not_met"
    title = _("The gate of the next stage is not met")


class SlotTaken(Conflict):
    """A schedule cannot be published as it stands; `rows` name the slots that were taken meanwhile."""

    code = "slot_taken"
    title = _("Slots of the schedule were taken meanwhile")


class ItemUnavailable(Conflict):
    """An item of equipment cannot be lent: somebody has it, it is broken, or it was given up."""

    code = "item_unavailable"
    title = _("The item is not available")


class WrongState(Conflict):
    """What was asked for cannot follow the present state."""

    code = "wrong_state"
    title = _("This cannot follow the present state")


class LiveIdTaken(Conflict):
    """Another session already carries this live id of the platform."""

    code = "live_id_taken"
    title = _("The platform's live id is already in use")


class BadTime(InvalidInput):
    """A time that lies in the past, in the future, or in the wrong order."""

    code = "time"
    title = _("The time is not possible")
