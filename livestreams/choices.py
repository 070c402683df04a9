"""States of rooms, bookings and sessions, and what may follow what."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class BookingState(models.TextChoices):
    HELD = "held", _("held")
    CONFIRMED = "confirmed", _("confirmed")
    CHECKED_IN = "checked_in", _("checked in")
    COMPLETED = "completed", _("completed")
    CANCELLED = "cancelled", _("cancelled")
    NO_SHOW = "no_show", _("no-show")


# These hold the room and the host; the database refuses a second one.
BOOKING_BLOCKING = (
    BookingState.HELD,
    BookingState.CONFIRMED,
    BookingState.CHECKED_IN,
    BookingState.COMPLETED,
)
# These run or are still to come: whoever ended early is over, and keeps the room until the end of the slot.
BOOKING_AHEAD = (BookingState.HELD, BookingState.CONFIRMED, BookingState.CHECKED_IN)
# Here it comes to rest, and something may be due for it.
BOOKING_AT_REST = (BookingState.COMPLETED, BookingState.CANCELLED, BookingState.NO_SHOW)
# These can still change their place.
BOOKING_MOVABLE = (BookingState.HELD, BookingState.CONFIRMED)
BOOKING_TRANSITIONS: dict[str, tuple[str, ...]] = {
    BookingState.HELD: (BookingState.CONFIRMED, BookingState.CANCELLED),
    BookingState.CONFIRMED: (BookingState.CHECKED_IN, BookingState.CANCELLED, BookingState.NO_SHOW),
    BookingState.CHECKED_IN: (BookingState.COMPLETED,),
    BookingState.COMPLETED: (),
    BookingState.CANCELLED: (),
    # Somebody was there after all and only the word of it came late.
    BookingState.NO_SHOW: (BookingState.CHECKED_IN,),
}


class WaitState(models.TextChoices):
    """How an entry of the waitlist stands."""

    WAITING = "waiting", _("waiting")
    OFFERED = "offered", _("offered: please confirm")
    TAKEN = "taken", _("confirmed")
    LAPSED = "lapsed", _("not confirmed in time")
    WITHDRAWN = "withdrawn", _("withdrawn")


class ExchangeState(models.TextChoices):
    """How a request to another park stands."""

    REQUESTED = "requested", _("waits for an answer")
    ACCEPTED = "accepted", _("accepted and booked")
    DECLINED = "declined", _("declined")
    WITHDRAWN = "withdrawn", _("withdrawn")
    EXPIRED = "expired", _("not answered in time")


EXCHANGE_TRANSITIONS: dict[str, tuple[str, ...]] = {
    ExchangeState.REQUESTED: (
        ExchangeState.ACCEPTED,
        ExchangeState.DECLINED,
        ExchangeState.WITHDRAWN,
        ExchangeState.EXPIRED,
    ),
    ExchangeState.ACCEPTED: (),
    ExchangeState.DECLINED: (),
    ExchangeState.WITHDRAWN: (),
    ExchangeState.EXPIRED: (),
}


class PlanKind(models.TextChoices):
    PLAN = "plan", _("schedule")
    WHAT_IF = "what_if", _("what if")
    REPAIR = "repair", _("repair")


class PlanState(models.TextChoices):
    """How a schedule stands; only a proposal can be published."""

    RUNNING = "running", _("being made")
    PROPOSED = "proposed", _("proposal")
    PUBLISHED = "published", _("published")
    STOPPED = "stopped", _("stopped")
    DISCARDED = "discarded", _("discarded")


class ProofKind(models.TextChoices):
    """What is known of a schedule's worth."""

    OPTIMAL = "optimal", _("nothing is better")
    BOUNDED = "bounded", _("within the gap")
    NONE = "none", _("no proof")


class SessionState(models.TextChoices):
    SCHEDULED = "scheduled", _("scheduled")
    LIVE = "live", _("live")
    LOST = "lost", _("connection lost")
    ENDED = "ended", _("ended")
    # Only a report told of it, and that was about another session. It has no times.
    VOID = "void", _("void")


SESSION_RUNNING = (SessionState.LIVE, SessionState.LOST)
SESSION_OPEN = (SessionState.SCHEDULED, *SESSION_RUNNING)


class Delivery(models.TextChoices):
    """How the picture reaches the platform."""

    NODE = "node", _("through our media node")
    DIRECT = "direct", _("encoder straight to the platform")
    PHONE = "phone", _("phone or the platform's own tool")
    REPORT = "report", _("only known from the platform's report")


# What people and tools say of a session that they begin.
DELIVERIES_TOLD = tuple(choice for choice in Delivery.choices if choice[0] != Delivery.REPORT)


# Nobody sees these pictures on their way: check-in opens the session, and the platform's report has to confirm it.
UNSEEN = (Delivery.DIRECT, Delivery.PHONE)


class ScreenKind(models.TextChoices):
    """What an encoder's program shows of a booking."""

    OVERLAY = "overlay", _("overlay of the picture")
    DOCK = "dock", _("dock beside the picture")


class MediaServer(models.TextChoices):
    """The programs that take encoders in; the names are those of the programs."""

    NGINX_RTMP = "nginx-rtmp", "nginx-rtmp"
    SRS = "srs", "SRS"
    MEDIAMTX = "mediamtx", "MediaMTX"


class FrameLoss(models.TextChoices):
    """Why frames of an encoder's program never left it."""

    NETWORK = "network", _("network")
    ENCODING = "encoding", _("encoding")
    RENDERING = "rendering", _("rendering")


class PublishReason(models.TextChoices):
    """Why an encoder was let in, or not."""

    ACCEPTED = "accepted", _("accepted")
    RECONNECT = "reconnect", _("accepted again")
    TEST = "test", _("accepted as a test")
    CONTINUED = "continued", _("goes on")
    MALFORMED = "malformed", _("this is no stream key")
    REPEATED = "repeated", _("a field of the request stands in it twice")
    NOT_RTMP = "not_rtmp", _("this media node takes encoders by RTMP only")
    UNKNOWN_KEY = "unknown_key", _("nobody has this key")
    REPLACED_KEY = "replaced_key", _("the key was replaced by a newer one")
    NOT_CONFIRMED = "not_confirmed", _("the booking is only held")
    CANCELLED = "cancelled", _("the booking was cancelled")
    NO_SHOW = "no_show", _("nobody came, the room was released")
    COMPLETED = "completed", _("the booking is completed")
    TENANT_LEFT = "tenant_left", _("the tenant has left the park")
    WRONG_ROOM = "wrong_room", _("the room is not served there")
    ROOM_CLOSED = "room_closed", _("the room is closed or under maintenance")
    CUT = "cut", _("cut by the park")
    TOO_EARLY = "too_early", _("too early")
    TOO_LATE = "too_late", _("the slot is over")
    TEST_OVER = "test_over", _("the test has lasted long enough")
    ROOM_BUSY = "room_busy", _("the room is on air")
    NO_SESSION = "no_session", _("the session cannot open")


LET_IN = (PublishReason.ACCEPTED, PublishReason.RECONNECT, PublishReason.TEST, PublishReason.CONTINUED)


class PublishEnd(models.TextChoices):
    """How a stream ended."""

    STOPPED = "stopped", _("stopped by the encoder")
    LOST = "lost", _("connection lost")
    REFUSED = "refused", _("ended by the park")


class ShiftRole(models.TextChoices):
    HOST = "host", _("host")
    CONTROLLER = "controller", _("controller")


class EngagementKind(models.TextChoices):
    """Whose host somebody is for a time."""

    AGENCY = "agency", _("under contract with an agency")
    EMPLOYEE = "employee", _("employee of the firm")
    PARK = "park", _("the park's own host")


class AbsenceKind(models.TextChoices):
    LEAVE = "leave", _("leave")
    ILLNESS = "illness", _("illness")
    OTHER = "other", _("other reason")


class CourseResult(models.TextChoices):
    ENROLLED = "enrolled", _("enrolled")
    PASSED = "passed", _("passed")
    FAILED = "failed", _("not passed")
    ABSENT = "absent", _("did not come")


class Validity(models.TextChoices):
    """How a certificate stands."""

    VALID = "valid", _("valid")
    EXPIRING = "expiring", _("expires within 30 days")
    EXPIRED = "expired", _("expired")


class CrewKind(models.TextChoices):
    """Shared people of a park who are there while a session is on the air."""

    CAMERA = "camera", _("camera crew")
    LIGHTING = "lighting", _("lighting crew")
    CONTROL = "control", _("control crew")


class EquipmentKind(models.TextChoices):
    CAMERA = "camera", _("camera")
    LIGHT = "light", _("light")
    SOUND = "sound", _("microphone or mixer")
    SCREEN = "screen", _("screen or prompter")
    COMPUTER = "computer", _("computer or encoder")
    SET = "set", _("scenery")
    OTHER = "other", _("other")


class Condition(models.TextChoices):
    """How an item came back from a loan."""

    GOOD = "good", _("in order")
    WORN = "worn", _("worn")
    DAMAGED = "damaged", _("damaged")
    INCOMPLETE = "incomplete", _("incomplete")


# Such an item cannot be lent again before somebody has looked at it.
BROKEN = (Condition.DAMAGED, Condition.INCOMPLETE)


class FaultKind(models.TextChoices):
    """What is wrong, as one tap says it."""

    LIGHT = "light", _("light")
    SOUND = "sound", _("sound")
    CAMERA = "camera", _("camera")
    NETWORK = "network", _("network")
    COMPUTER = "computer", _("computer or encoder")
    ROOM = "room", _("power, air or furniture")
    OTHER = "other", _("other")


class FaultState(models.TextChoices):
    OPEN = "open", _("open")
    IN_REPAIR = "in_repair", _("in repair")
    REPAIRED = "repaired", _("repaired")
    CLOSED = "closed", _("closed without repair")


FAULT_OPEN = (FaultState.OPEN, FaultState.IN_REPAIR)
FAULT_TRANSITIONS: dict[str, tuple[str, ...]] = {
    FaultState.OPEN: (FaultState.IN_REPAIR, FaultState.REPAIRED, FaultState.CLOSED),
    FaultState.IN_REPAIR: (FaultState.REPAIRED, FaultState.CLOSED),
    FaultState.REPAIRED: (),
    FaultState.CLOSED: (),
}


class RoomCheckItem(models.TextChoices):
    """The checklist of a room before a booking, in the order in which it is gone through."""

    SCENE = "scene", _("scene set")
    LIGHT = "light", _("light checked")
    SOUND = "sound", _("sound checked")
    NETWORK = "network", _("network checked")


class RoomState(models.TextChoices):
    """Whether a room is ready for a booking."""

    READY = "ready", _("ready")
    UNCHECKED = "unchecked", _("to be checked")
    NOT_READY = "not_ready", _("not ready")


class ObstacleKind(models.TextChoices):
    """Why a room is not ready."""

    FAULT = "fault", _("out of use by a fault")
    IN_USE = "in_use", _("still in use")
    NOT_CLEANED = "not_cleaned", _("not cleaned since the last session")
    ITEM_FAULTY = "item_faulty", _("equipment is missing: it is broken")
    ITEM_OUT = "item_out", _("equipment is missing: it was not returned")


# What hosts bring, by the codes that are stored and told to tools; others may stand there, too.
MARKETS = {
    "CN": _("domestic"),
    "SEA": _("Southeast Asia"),
    "EU": _("Europe"),
    "US": _("North America"),
    "ME": _("Middle East"),
    "OTHER": _("other"),
}
LANGUAGES = {
    "zh": _("Chinese"),
    "en": _("English"),
    "es": _("Spanish"),
    "th": _("Thai"),
    "vi": _("Vietnamese"),
    "id": _("Indonesian"),
    "ja": _("Japanese"),
    "ar": _("Arabic"),
}
