"""Live streams' models, one file per aggregate."""

from __future__ import annotations

from livestreams.models.booking import Booking
from livestreams.models.broadcast import Broadcast, ScreenToken
from livestreams.models.exchange import ExchangeOffer, ExchangeRequest
from livestreams.models.fault import Fault, FaultStep
from livestreams.models.frames import EncoderSample
from livestreams.models.host import Engagement, FollowerReading, Host, HostAbsence, HostAccount
from livestreams.models.proof import ProvenMixin
from livestreams.models.quota import SlotQuota
from livestreams.models.room import LiveRoom, Maintenance
from livestreams.models.schedule import PlannedSlot, SchedulePlan, SlotRequest
from livestreams.models.series import BookingSeries
from livestreams.models.session import AudienceSample, HostShift, LiveSession, SessionTenant
from livestreams.models.shift import PlannedShift
from livestreams.models.spend import AdSpend
from livestreams.models.stream import MediaNode, Publish, PublishDecision, StreamKey
from livestreams.models.studio import Cleaning, CleaningDuty, Equipment, EquipmentLoan, RoomCheck, Visit
from livestreams.models.training import (
    Certificate,
    Course,
    CourseRun,
    Enrolment,
    HostStage,
    IncubationStage,
)
from livestreams.models.waitlist import WaitlistEntry

__all__ = [
    "AdSpend",
    "AudienceSample",
    "Booking",
    "BookingSeries",
    "Broadcast",
    "Certificate",
    "Cleaning",
    "CleaningDuty",
    "Course",
    "CourseRun",
    "EncoderSample",
    "Engagement",
    "Enrolment",
    "Equipment",
    "EquipmentLoan",
    "ExchangeOffer",
    "ExchangeRequest",
    "Fault",
    "FaultStep",
    "FollowerReading",
    "Host",
    "HostAbsence",
    "HostAccount",
    "HostShift",
    "HostStage",
    "IncubationStage",
    "LiveRoom",
    "LiveSession",
    "Maintenance",
    "MediaNode",
    "PlannedShift",
    "PlannedSlot",
    "ProvenMixin",
    "Publish",
    "PublishDecision",
    "RoomCheck",
    "SchedulePlan",
    "ScreenToken",
    "SessionTenant",
    "SlotQuota",
    "SlotRequest",
    "StreamKey",
    "Visit",
    "WaitlistEntry",
]
