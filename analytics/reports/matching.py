"""Which session each row of a drop of reports is about. Pure: rows and sessions in, answers out.

An id decides where both sides have one. Otherwise time does, where it leaves no choice: one session fits the row, one
row the session, and both are of one account. Where a tenant has several accounts, two of them may be on air at once:
then a host must have shown before, or in this drop at least three times, with which account they are on air. What is
left is asked, never guessed; a session is opened only where the house knows of none near.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import TypeVar

from analytics.choices import ReadBy
from supplychain.importing import SessionRow

# Agreement, from 0 to 1: from where on two are the same, could be, and how far behind the best another must stay.
SAME, POSSIBLE, MARGIN = 0.7, 0.2, 0.35
# Beginnings and ends so far apart agree no more; a quarter of an hour makes two the same.
APART = timedelta(minutes=50)
# What lies so near to a session that nobody knows is asked about.
NEAR = timedelta(minutes=30)
SHOWN_TIMES = 3
NOTHING = timedelta(0)
TITLE_FROM = 4


Choice = TypeVar("Choice", int, tuple[str, str])


@dataclass(frozen=True)
class Known:
    """A session as the house knows it.

    `accounts` are those that its host was on air with before, `names` what else its account may be called: by the
    host's name, or by the accounts that the house has entered for the host.
    """

    id: int
    platform: str
    started_at: datetime
    ended_at: datetime | None = None
    live_id: str = ""
    title: str = ""
    host: int | None = None
    accounts: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Match:
    """What a row is about: `session` by `how`, a new session, or one of `candidates`, to be asked."""

    how: ReadBy | None = None
    session: int | None = None
    candidates: tuple[int, ...] = ()

    @property
    def asked(self) -> bool:
        return self.how is None


def plain(name: str) -> str:
    """A name without the differences that people make in it."""
    return "".join(name.split()).casefold()


def match(
    rows: Sequence[SessionRow],
    sessions: Iterable[Known],
    read: Mapping[tuple[str, str], int],
    accounts: Mapping[str, Collection[str]] = MappingProxyType({}),
    several: Collection[str] = (),
    denied: Mapping[tuple[str, str], Collection[int]] = MappingProxyType({}),
) -> list[Match]:
    """What each row is about.

    `read` says which session a platform's key of it was read for before, `accounts` which accounts of a platform
    reports named before, `several` on which platforms the tenant has more than one in any case. Rows with one key
    are one session. `denied` says of which sessions people took a key back: until they say more it is asked about.
    """
    return _Matching(rows, list(sessions), read, accounts, several, denied).run()


@dataclass
class _Matching:
    rows: Sequence[SessionRow]
    sessions: list[Known]
    read: Mapping[tuple[str, str], int]
    accounts: Mapping[str, Collection[str]]
    platforms: Collection[str]
    denied: Mapping[tuple[str, str], Collection[int]]
    found: dict[tuple[str, str], Match] = field(default_factory=dict)

    def run(self) -> list[Match]:
        self.first = {(row.platform, row.key): row for row in reversed(self.rows)}
        self.nameless = Counter(
            _begun(row) for row in self.first.values() if not (row.live_id or row.account)
        )
        self.several = self._platforms_with_several_accounts()
        self.accounts_of_host: dict[tuple[str, int], set[str]] = defaultdict(set)
        self.accounts_of_session: dict[int, set[str]] = defaultdict(set)
        self._by_id()
        taken = {found.session for found in self.found.values()} | set(self.read.values())
        self.free = [session for session in self.sessions if session.id not in taken]
        while self._by_time():
            pass
        for name, row in self.first.items():
            if name not in self.found:
                self.found[name] = self._new_or_asked(name, row)
        return [self.found[row.platform, row.key] for row in self.rows]

    def _platforms_with_several_accounts(self) -> set[str]:
        """Where time alone cannot tell, since two accounts may be on air at once."""
        named = {platform: {plain(account) for account in known} for platform, known in self.accounts.items()}
        for row in self.rows:
            named.setdefault(row.platform, set()).add(plain(row.account))
        return {platform for platform, seen in named.items() if len(seen - {""}) > 1} | set(self.platforms)

    def _by_id(self) -> None:
        by_live_id = {(each.platform, each.live_id): each for each in self.sessions if each.live_id}
        by_id = {each.id: each for each in self.sessions}
        for name, row in self.first.items():
            if name in self.read:
                self._take(name, row, ReadBy.KNOWN, by_id.get(self.read[name]), self.read[name])
            elif name not in self.denied and row.live_id and (row.platform, row.live_id) in by_live_id:
                session = by_live_id[row.platform, row.live_id]
                self._take(name, row, ReadBy.LIVE_ID, session, session.id)

    def _take(
        self, name: tuple[str, str], row: SessionRow, how: ReadBy, session: Known | None, session_id: int
    ) -> None:
        self.found[name] = Match(how, session_id)
        if row.account:
            self.accounts_of_session[session_id].add(plain(row.account))
            if session is not None and session.host is not None:
                self.accounts_of_host[row.platform, session.host].add(plain(row.account))

    def _by_time(self) -> bool:
        """One pass over what is open; whether it found something, from which the next may learn."""
        open_rows = {
            name: row
            for name, row in self.first.items()
            if name not in self.found and name not in self.denied
        }
        by_row: dict[tuple[str, str], dict[int, float]] = {}
        by_session: dict[int, dict[tuple[str, str], float]] = defaultdict(dict)
        for name, row in open_rows.items():
            by_row[name] = {session.id: _agreement(row, session) for session in self._choices(row)}
            for number, shared in by_row[name].items():
                by_session[number][name] = shared
        by_id = {session.id: session for session in self.free}
        best = {name: _clear(choices) for name, choices in by_row.items()}
        fitting = [
            (name, open_rows[name], by_id[session_id])
            for name, session_id in best.items()
            if session_id is not None and _clear(by_session[session_id]) == name
        ]
        sure = [
            (name, row, session)
            for name, row, session in fitting
            if row.platform not in self.several or self._same_account(row, session) is True
        ]
        for name, row, session in sure:
            self._take(name, row, ReadBy.TIME, session, session.id)
            self.free.remove(session)
        return bool(sure) or self._learn(fitting)

    def _learn(self, fitting: Sequence[tuple[tuple[str, str], SessionRow, Known]]) -> bool:
        """Learn with which account hosts are on air who fit one often and no other; whether any was learned."""
        seen: dict[tuple[str, int], Counter[str]] = defaultdict(Counter)
        for _name, row, session in fitting:
            if session.host is not None and row.account and not session.accounts:
                seen[row.platform, session.host][plain(row.account)] += 1
        new = False
        for host, accounts in seen.items():
            if len(accounts) == 1 and accounts.total() >= SHOWN_TIMES and not self.accounts_of_host[host]:
                self.accounts_of_host[host] |= set(accounts)
                new = True
        return new

    def _choices(self, row: SessionRow) -> list[Known]:
        """Sessions that the row could be about by time and account; those of the same account alone, if there are."""
        near = [
            session for session in self.free if _may_be(row, session) and _agreement(row, session) >= POSSIBLE
        ]
        same = [session for session in near if self._same_account(row, session) is True]
        return same or [session for session in near if self._same_account(row, session) is not False]

    def _in_question(self, row: SessionRow, session: Known, free: bool) -> bool:
        if free and _may_be(row, session):
            return _near(row, session)
        at_once = _may_be(row, session) and _agreement(row, session) >= POSSIBLE
        possible = at_once or _called_otherwise(row, session)
        return possible and self._same_account(row, session) is not False

    def _same_account(self, row: SessionRow, session: Known) -> bool | None:
        """Whether row and session are of one account; None where nothing says so or otherwise."""
        called = {plain(row.account), plain(row.account_name)} - {""}
        own = self.accounts_of_session[session.id]
        learned = self.accounts_of_host[row.platform, session.host] if session.host is not None else set()
        accounts = own or session.accounts | learned
        if called & (accounts | session.names):
            return True
        if called and accounts:
            return False
        title = plain(row.title)
        return True if len(title) >= TITLE_FROM and title == plain(session.title) else None

    def _new_or_asked(self, name: tuple[str, str], row: SessionRow) -> Match:
        """A new session where nothing still free lies near the row, and nothing else was on air with it.

        The latter may be two exports of one session, one of them without its live id; so may rows be that begin in
        the same second and name neither account nor id.
        """
        free = {session.id for session in self.free}
        near = [
            session
            for session in self.sessions
            if session.id not in self.denied.get(name, ())
            and self._in_question(row, session, session.id in free)
        ]
        near.sort(key=lambda session: -_agreement(row, session))
        twins = not (row.live_id or row.account) and self.nameless[_begun(row)] > 1
        if near or twins or row.ended_at is None or name in self.denied:
            return Match(candidates=tuple(session.id for session in near))
        return Match(ReadBy.OPENED)


def _begun(row: SessionRow) -> tuple[str, datetime]:
    return row.platform, row.occurred_at


def _clear(choices: Mapping[Choice, float]) -> Choice | None:
    """The choice that fits and leaves all others behind."""
    best = max(choices, key=lambda choice: choices[choice], default=None)
    if best is None or choices[best] < SAME:
        return None
    rivals = [shared for choice, shared in choices.items() if choice != best]
    return best if max(rivals, default=0.0) <= choices[best] - MARGIN else None


def _may_be(row: SessionRow, session: Known) -> bool:
    """Whether platform and ids let them be one."""
    ids = {row.live_id, session.live_id} - {""}
    return row.platform == session.platform and len(ids) < 2


def _called_otherwise(row: SessionRow, session: Known) -> bool:
    """Whether only the live ids keep them apart: then one of these may be wrong."""
    named_apart = row.platform == session.platform and not _may_be(row, session)
    return named_apart and _agreement(row, session) >= SAME


def _near(row: SessionRow, session: Known) -> bool:
    end = row.ended_at or row.occurred_at
    known_end = session.ended_at or session.started_at
    return row.occurred_at - NEAR <= known_end and session.started_at <= end + NEAR


def _agreement(row: SessionRow, session: Known) -> float:
    """How well two times on air agree, from 0 to 1.

    By the share of time that they have in common, or, if they have some, by how near beginnings and ends are.
    """
    apart = abs(row.occurred_at - session.started_at)
    if row.ended_at is None or session.ended_at is None:
        return max(0.0, 1 - apart / APART)
    shared = min(row.ended_at, session.ended_at) - max(row.occurred_at, session.started_at)
    covered = max(row.ended_at, session.ended_at) - min(row.occurred_at, session.started_at)
    if shared < NOTHING:
        return 0.0
    apart = max(apart, abs(row.ended_at - session.ended_at))
    return max(shared / covered if covered else 1.0, 1 - apart / APART)
