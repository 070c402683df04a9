"""Live streams' models, one file per aggregate."""

from __future__ import annotations

from livestreams.models.broadcast import Broadcast, ScreenToken
from livestreams.models.host import Host
from livestreams.models.plan import BookingSeries, WaitlistEntry
from livestreams.models.room import Booking, LiveRoom, Maintenance
from livestreams.models.schedule import PlannedSlot, SchedulePlan, SlotRequest
from livestreams.models.session import AudienceSample, HostShift, LiveSession, SessionTenant
from livestreams.models.spend import AdSpend
from livestreams.models.stream import MediaNode, Publish, PublishDecision, StreamKey

__all__ = [
    "AdSpend",
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
    "ScreenToken",
    "SessionTenant",
    "SlotRequest",
    "StreamKey",
    "WaitlistEntry",
]
