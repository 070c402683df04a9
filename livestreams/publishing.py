"""May an encoder go on air, and stay there? One decision over plain facts. No database, no present time.

Whoever shows the key of a booking may publish in its room during its slot: a little earlier when nobody else is in the
way, a little later when nobody else comes. The same question is asked again while the stream runs.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from urllib.parse import parse_qs
from uuid import UUID

from core.clock import DAY, HOUR, business_day
from livestreams.choices import LET_IN, BookingState, PublishReason
from livestreams.conflicts import Span

KEY = re.compile(r"lsk_[a-z2-7]{32}")
# The application of a node where a stream is only tried out: from a day before the slot, some minutes each time.
TEST_APP = "test"
TEST_FROM, TEST_LENGTH = DAY, HOUR / 6
# An encoder that was not heard of for so long does not stand in the way of its own return.
SILENT = timedelta(seconds=20)

# A picture below this bitrate, or this far behind the clock, is not what viewers should see; after so long, it alarms.
LOWEST_KBPS, MOST_BEHIND_MS = 1_000, 3_000
ALARM_AFTER = timedelta(seconds=20)

STATES = {
    BookingState.HELD: PublishReason.NOT_CONFIRMED,
    BookingState.CANCELLED: PublishReason.CANCELLED,
    BookingState.NO_SHOW: PublishReason.NO_SHOW,
    BookingState.COMPLETED: PublishReason.COMPLETED,
}


class Malformed(Exception):
    """What an encoder sent cannot be a claim; nothing needs to be looked up."""

    def __init__(self, reason: PublishReason = PublishReason.MALFORMED, shown: str = "") -> None:
        super().__init__(reason)
        self.reason, self.shown = reason, shown


@dataclass(frozen=True, kw_only=True)
class Claim:
    """What an encoder says through its node: the key, the room where it names one, and which connection it is.

    `behind_ms` is by how much its picture lags behind the clock, where the node tells.
    """

    key: str
    room: str = ""
    app: str
    client: str
    address: str = ""
    behind_ms: int | None = None

    def __post_init__(self) -> None:
        words = (self.app, self.client, self.address)
        if not self.client or any(len(word) > 64 or not word.isprintable() for word in words):
            raise Malformed(shown=self.key)

    @property
    def is_test(self) -> bool:
        return self.app == TEST_APP


def token_in(query: str) -> str:
    """The `token` of a stream's address, empty without one. Malformed when there are several."""
    try:
        tokens = parse_qs(query.removeprefix("?"), max_num_fields=20).get("token", [])
    except ValueError as error:
        raise Malformed from error
    if len(tokens) > 1:
        raise Malformed(PublishReason.REPEATED)
    return "".join(tokens)


def key_and_room(name: str, token: str) -> tuple[str, str]:
    """The key of a stream that is called by its room: the token beside it. Malformed without either.

    Players see the name of a stream, so it never is a key.
    """
    if name and KEY.fullmatch(token) and not KEY.fullmatch(name):
        return token, name
    raise Malformed(shown=token or name)


def public_name(room: str, booking: UUID, *, is_test: bool) -> str:
    """Under which name a node shows a stream instead of its key."""
    return f"{room}-test-{booking.hex[-8:]}" if is_test else room


@dataclass(frozen=True, kw_only=True)
class Known:
    """What is known of a key at the moment it is shown at a node.

    `previous_until` and `next_from` bound the slots of others around this one that are not done with. `own_since` is
    when the asking connection was let in, `rival_seen` when another connection with the same booking was last heard of;
    `room_taken` says that another booking is on air in the room.
    """

    node: int
    node_park: int
    node_app: str
    room: str
    room_park: int
    room_node: int | None = None
    room_closed_on: date | None = None
    tenant_closed_on: date | None = None
    replaced: bool = False
    state: str
    starts_at: datetime
    ends_at: datetime
    early: timedelta
    late: timedelta
    previous_until: datetime | None = None
    next_from: datetime | None = None
    under_repair: bool = False
    cut: bool = False
    own_since: datetime | None = None
    rival_seen: datetime | None = None
    room_taken: bool = False
    in_session: bool = False

    @property
    def window(self) -> Span:
        """When the key is good for going on air."""
        opens, closes = self.starts_at - self.early, self.ends_at + self.late
        return Span(max(opens, self.previous_until or opens), min(closes, self.next_from or closes))


def _closed(day: date | None, at: datetime) -> bool:
    return day is not None and day <= business_day(at)


def _elsewhere(claim: Claim, known: Known, at: datetime) -> bool:
    served = known.room_park == known.node_park and known.room_node in (None, known.node)
    return not served or claim.app not in (known.node_app, TEST_APP) or claim.room not in ("", known.room)


def _early(claim: Claim, known: Known, at: datetime) -> bool:
    return at < (known.starts_at - TEST_FROM if claim.is_test else known.window.start)


def _late(claim: Claim, known: Known, at: datetime) -> bool:
    return at >= (known.ends_at if claim.is_test else known.window.end)


def _tested(claim: Claim, known: Known, at: datetime) -> bool:
    return claim.is_test and known.own_since is not None and at >= known.own_since + TEST_LENGTH


def _busy(claim: Claim, known: Known, at: datetime) -> bool:
    if known.own_since is not None:
        return False
    rival = known.rival_seen is not None and at < known.rival_seen + SILENT
    return rival or (known.room_taken and not claim.is_test)


# Looked at in this order; the first that stands in the way is the reason.
OBSTACLES: tuple[tuple[PublishReason, Callable[[Claim, Known, datetime], bool]], ...] = (
    (PublishReason.REPLACED_KEY, lambda claim, known, at: known.replaced),
    *(
        (reason, lambda claim, known, at, state=state: known.state == state)
        for state, reason in STATES.items()
    ),
    (PublishReason.TENANT_LEFT, lambda claim, known, at: _closed(known.tenant_closed_on, at)),
    (PublishReason.WRONG_ROOM, _elsewhere),
    (PublishReason.CUT, lambda claim, known, at: known.cut),
    (
        PublishReason.ROOM_CLOSED,
        lambda claim, known, at: known.under_repair or _closed(known.room_closed_on, at),
    ),
    (PublishReason.TOO_EARLY, _early),
    (PublishReason.TOO_LATE, _late),
    (PublishReason.TEST_OVER, _tested),
    (PublishReason.ROOM_BUSY, _busy),
)


def decide(claim: Claim, known: Known | None, at: datetime) -> PublishReason:
    """Why the claim is let in, or not: one of LET_IN, or the first obstacle. `known` is None for a key nobody has."""
    if known is None:
        return PublishReason.UNKNOWN_KEY
    for reason, stands_in_the_way in OBSTACLES:
        if stands_in_the_way(claim, known, at):
            return reason
    if known.own_since is not None:
        return PublishReason.CONTINUED
    if claim.is_test:
        return PublishReason.TEST
    return PublishReason.RECONNECT if known.in_session else PublishReason.ACCEPTED


def is_let_in(reason: PublishReason) -> bool:
    return reason in LET_IN
