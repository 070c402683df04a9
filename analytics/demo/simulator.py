"""Replays planned days through the public API, as a park's tools would: sessions, samples, orders, ends.

At speed 1 the plan of today goes on where the loader stopped. At another speed the plan of a day is told faster,
with ids of its own and the present as its time, so that a wall moves before your eyes.
"""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec

from analytics.demo.built import BuiltPark
from analytics.demo.days import SOURCE, PlannedDay, PlannedFact, PlannedSession, tenant_code
from analytics.demo.logins import SYSTEM
from analytics.demo.people import SIMULATOR_KEY, demo_secret
from livestreams.choices import SessionState
from livestreams.models import LiveSession
from supplychain.facts import SaleFact


class ApiError(Exception):
    """The API did not take a request; the text says which and why."""


@dataclass
class Api:
    """The public API of a site, spoken to with a park's key."""

    url: str
    secret: str
    timeout: float = 10.0

    def post(self, path: str, body: Any) -> dict[str, Any]:
        request = urllib.request.Request(  # noqa: S310  (the operator names the site)
            f"{self.url.rstrip('/')}/api/v1/{path}",
            data=json.dumps(body, default=str).encode(),
            headers={"Authorization": f"Bearer {self.secret}", "Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=self.timeout) as response:  # noqa: S310
                answer: dict[str, Any] = json.loads(response.read() or b"{}")
                return answer
        except urllib.error.HTTPError as error:
            raise ApiError(f"{path}: {error.code} {error.read().decode(errors='replace')[:300]}") from error
        except (urllib.error.URLError, OSError) as error:
            raise ApiError(f"{path}: {error}") from error


@dataclass
class ParkReplay:
    """What of one park's plan has been sent. `moment` maps an instant of the plan to the instant that is told."""

    built: BuiltPark
    api: Api
    prefix: str
    moment: Callable[[datetime], datetime]
    uids: dict[str, str] = field(default_factory=dict)
    sent: int = 0
    plan_around: tuple[date, dict[date, PlannedDay]] | None = None
    packed_on: date | None = None

    def advance(
        self, sessions: list[PlannedSession], facts: Iterator[PlannedFact], after: datetime, until: datetime
    ) -> None:
        """Send everything of (after, until]: beginnings, audience, orders, ends, in that order."""
        for session in sessions:
            if after < session.starts_at <= until:
                self._open(session)
        for session in sessions:
            if session.starts_at < until < session.ends_at:
                self._sample(session, until)
        self._orders(facts)
        for session in sessions:
            if after < session.ends_at <= until:
                self._end(session)

    def _open(self, session: PlannedSession) -> None:
        tenant = self.built.tenants[session.seller]
        body = {
            "tenant": tenant.code,
            "platform": self.built.plan.platform,
            "platform_live_id": self.prefix + session.live_id,
            "room": self.built.rooms[session.room].code,
            "host": self.built.hosts[session.host].code,
            "title": f"{tenant.industry}专场",
            "started_at": self.moment(session.starts_at).isoformat(),
        }
        self.uids[session.live_id] = self.api.post("live-sessions", body)["uid"]

    def _end(self, session: PlannedSession) -> None:
        if uid := self.uids.pop(session.live_id, ""):
            self.api.post(f"live-sessions/{uid}/end", {"ended_at": self.moment(session.ends_at).isoformat()})

    def _sample(self, session: PlannedSession, at: datetime) -> None:
        """Viewers between the planned samples, so that the number on the wall breathes."""
        uid = self.uids.get(session.live_id)
        if uid is None or not session.samples:
            return
        position = (at - session.starts_at) / timedelta(minutes=10)
        left = session.samples[min(int(position), len(session.samples) - 1)][1]
        right = session.samples[min(int(position) + 1, len(session.samples) - 1)][1]
        viewers = int(left + (right - left) * (position - int(position)))
        self.api.post(
            f"live-sessions/{uid}/samples",
            {"source": "simulator", "readings": [{"at": self.moment(at).isoformat(), "concurrent": viewers}]},
        )

    def _orders(self, facts: Iterator[PlannedFact]) -> None:
        by_seller: dict[int, list[dict[str, Any]]] = defaultdict(list)
        for item in facts:
            by_seller[item.seller].append(self._told(item.fact))
        for seller, lines in sorted(by_seller.items()):
            code = tenant_code(self.built.plan, seller)
            self.api.post(f"orders/bulk?tenant={code}&source={SOURCE}", lines)
            self.sent += len(lines)

    def _told(self, fact: SaleFact) -> dict[str, Any]:
        values: dict[str, Any] = msgspec.structs.asdict(fact)
        told = {name: value for name, value in values.items() if value not in ("", None)}
        told["amount"] = str(Decimal(values["amount"]))
        told["occurred_at"] = self.moment(fact.occurred_at).isoformat()
        for name in ("order_no", "ref_order_no", "external_id", "session_ref"):
            if told.get(name):
                told[name] = self.prefix + told[name]
        return told


def replay_for(built: BuiltPark, url: str, prefix: str, moment: Callable[[datetime], datetime]) -> ParkReplay:
    secret = demo_secret(built, SIMULATOR_KEY, actor=SYSTEM)
    return ParkReplay(built, Api(url, secret), prefix, moment)


def adopt_open_sessions(replay: ParkReplay) -> None:
    """Sessions that the loader left live are ended by the simulator when their time comes."""
    rows = LiveSession.objects.filter(park=replay.built.park, state=SessionState.LIVE).exclude(
        platform_live_id=""
    )
    replay.uids.update({row.platform_live_id: str(row.uid) for row in rows})
