"""The rule: an order line and the sessions of its seller in, one answer out. No database, no clock.

Its name, version and window are kept with every answer. Another order of clauses is another version.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from core.clock import HOUR
from supplychain.choices import AttributionRule as Clause
from supplychain.choices import Channel, TailWindow

NAME, VERSION = "evidence", 1
WINDOWS = tuple(hours * HOUR for hours in TailWindow.values)
"""How long after its end a session may still be given what its account sells."""

OWN = "\0own"
"""The account of the shop itself, which platforms leave empty in their exports."""

# Sold by no session whatever the time: the platform itself says so.
BESIDE_SESSIONS = (Channel.PRODUCT_CARD, Channel.SHORT_VIDEO, Channel.SHOP, Channel.OFFLINE)


@dataclass(frozen=True, kw_only=True)
class OrderLine:
    """What an order says of one of its lines. `platform` is empty where the file is no platform's own.

    `named` is the session that the order names itself, or that a person has named.
    """

    paid_at: datetime
    channel: str = Channel.OTHER
    platform: str = ""
    account: str = ""
    product: int | None = None
    sku: int | None = None
    named: int | None = None


@dataclass(frozen=True)
class OnShift:
    """An account whose host stood before the camera for [since, until); until None: still does."""

    account: str
    since: datetime
    until: datetime | None


@dataclass(frozen=True)
class Shown:
    """A product, or one SKU of it, that could be bought in the session for [since, until)."""

    product: int
    sku: int | None
    since: datetime
    until: datetime | None


@dataclass(frozen=True, kw_only=True)
class Stage:
    """A session as evidence: on air for [start, end), by accounts that are on record, with what it showed.

    `is_open`: no platform's account is on record for it, so any may be its own.
    """

    key: int
    platform: str
    start: datetime
    end: datetime | None
    accounts: frozenset[str] = frozenset()
    is_open: bool = False
    shifts: Sequence[OnShift] = field(default=())
    shown: Sequence[Shown] = field(default=())

    def is_on_air(self, at: datetime) -> bool:
        return within(at, self.start, self.end)

    def has_on_shift(self, account: str, at: datetime) -> bool:
        return any(each.account == account and within(at, each.since, each.until) for each in self.shifts)

    def shows(self, line: OrderLine) -> bool:
        return any(
            each.product == line.product
            and each.sku in (None, line.sku)
            and within(line.paid_at, each.since, each.until)
            for each in self.shown
        )


@dataclass(frozen=True)
class Placed:
    """The line is this session's, by this clause."""

    session: int
    clause: str


@dataclass(frozen=True)
class Final:
    """The line is no session's, and nobody need be asked."""

    kind: str


@dataclass(frozen=True)
class Unclear:
    """It was one of these sessions, or none of them: a person says which."""

    candidates: tuple[int, ...]


Result = Placed | Final | Unclear


def within(at: datetime, since: datetime, until: datetime | None) -> bool:
    """Whether an instant lies in a half-open stretch: its last instant belongs to the next one."""
    return since <= at and (until is None or at < until)


def decide(line: OrderLine, stages: Iterable[Stage], ours: Collection[str], window: timedelta) -> Result:
    """The one answer for a line; the order of the sessions does not matter.

    `ours` are the accounts that are known to be of the seller's hosts and shops, whether or not they were on air.
    """
    if line.named is not None:
        return Placed(line.named, Clause.EXPLICIT)
    if line.channel in BESIDE_SESSIONS or (line.channel == Channel.OUTSIDE_HOST and not line.account):
        return Final(line.channel)
    near = [stage for stage in stages if not line.platform or stage.platform == line.platform]
    on_air = [stage for stage in near if stage.is_on_air(line.paid_at)]
    account = _account_of(line)

    by_account = [stage for stage in on_air if account in stage.accounts]
    on_shift = [stage for stage in by_account if stage.has_on_shift(account, line.paid_at)]
    for found in (by_account, on_shift):
        if len(found) == 1:
            return Placed(found[0].key, Clause.ACCOUNT)
    # Whose account is known to be another's did not sell this line.
    possible = by_account or [stage for stage in on_air if not line.account or stage.is_open]
    showing = [stage for stage in possible if stage.shows(line)]
    if len(showing) == 1:
        return Placed(showing[0].key, Clause.PRODUCT)
    if by_account:
        return _unclear(by_account)
    return _after(line, near, account, window) or _outside(line, possible, account in ours)


def _account_of(line: OrderLine) -> str:
    """A platform that names nobody for a live sale means the shop's own account; elsewhere a blank says nothing."""
    if line.account or line.channel != Channel.LIVE or not line.platform:
        return line.account
    return OWN


def _after(line: OrderLine, near: Sequence[Stage], account: str, window: timedelta) -> Result | None:
    """The tail: the latest session of the account that ended within the window."""
    ended = [
        (stage.end, stage)
        for stage in near
        if account in stage.accounts
        and stage.end is not None
        and within(line.paid_at, stage.end, stage.end + window)
    ]
    latest = max((end for end, _stage in ended), default=None)
    last = [stage for end, stage in ended if end == latest]
    if len(last) > 1:
        return _unclear(last)
    return Placed(last[0].key, Clause.TAIL) if last else None


def _outside(line: OrderLine, possible: Sequence[Stage], is_ours: bool) -> Result:
    """No evidence places the line. It is final where no session on air can have sold it."""
    if line.channel == Channel.OUTSIDE_HOST:
        return Final(Clause.OUTSIDE_HOST)
    if possible:
        return _unclear(possible)
    return Final(Clause.OUTSIDE_HOST if line.account and not is_ours else Clause.OUTSIDE)


def _unclear(stages: Sequence[Stage]) -> Unclear:
    return Unclear(tuple(sorted(stage.key for stage in stages)))
