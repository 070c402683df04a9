"""Live streams' models, one file per aggregate."""

from __future__ import annotations

from livestreams.models.broadcast import Broadcast
from livestreams.models.host import Host
from livestreams.models.plan import BookingSeries, WaitlistEntry
from livestreams.models.room import Booking, LiveRoom, Maintenance
from livestreams.models.schedule import PlannedSlot, SchedulePlan, SlotRequest
from livestreams.models.session import AudienceSample, HostShift, LiveSession, SessionTenant
from livestreams.models.stream import MediaNode, Publish, PublishDecision, StreamKey

__all__ = [
    "AudienceSample",
    "Booking",
    "BookingSeries",
    "Broadcast",
    "Host",
    "HostShift",
    "LiveRoom",
    "LiveSession",
    "Maintenance",
    "MediaNode",
    "PlannedSlot",
    "Publish",
    "PublishDecision",
    "SchedulePlan",
    "SessionTenant",
    "SlotRequest",
    "StreamKey",
    "WaitlistEntry",
]
