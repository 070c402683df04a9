"""Replays a live day of the demo parks through the public API."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from argparse import ArgumentParser
from datetime import date, datetime, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from analytics.demo.built import built_park
from analytics.demo.days import REFUND_DAYS, PlannedDay, due
from analytics.demo.load import History, history_of, planned_days
from analytics.demo.logins import SYSTEM
from analytics.demo.parcels import pack_parcels
from analytics.demo.plans import PLANS, SEED, TINY
from analytics.demo.simulator import ApiError, ParkReplay, adopt_open_sessions, replay_for
from core import clock

TICK = 5.0
PATIENCE = 12


def _end_with_input() -> None:
    """The kernel closes the pipe of a process that dies, however it does; nobody writes into it."""
    os.read(sys.stdin.fileno(), 1)
    os.kill(os.getpid(), signal.SIGTERM)


class Command(BaseCommand):
    help = "Replay a live day of the demo parks through the API of a running site."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--url", default="http://127.0.0.1:8000", help="the site")
        parser.add_argument("--park", action="append", default=[], help="code of a demo park (default: all)")
        parser.add_argument(
            "--speed", type=float, default=1.0, help="1 goes on with today; 60 tells a day in 24 minutes"
        )
        parser.add_argument(
            "--day", type=date.fromisoformat, help="the day to replay at another speed (default: today)"
        )
        parser.add_argument(
            "--minutes", type=float, default=0.0, help="stop after so many minutes (default: never)"
        )
        parser.add_argument("--seed", type=int, default=SEED)
        parser.add_argument(
            "--while-piped",
            action="store_true",
            help="end with the process that holds the other end of the input",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["speed"] <= 0:
            raise CommandError("--speed must be more than 0")
        if options["while_piped"]:
            threading.Thread(target=_end_with_input, daemon=True).start()
        stop = time.monotonic() + options["minutes"] * 60 if options["minutes"] else float("inf")
        replays = self._replays(options)
        real_start = clock.now()
        told = (
            real_start
            if options["speed"] == 1
            else clock.day_start(options["day"] or clock.today()) + timedelta(hours=19)
        )
        failures = 0
        while time.monotonic() < stop:
            until = told + timedelta(seconds=TICK * options["speed"])
            began = time.monotonic()
            for replay, history in replays:
                try:
                    self._advance(replay, history, told, until, options["seed"])
                    failures = 0
                except ApiError as error:
                    failures += 1
                    self.stderr.write(f"{replay.built.plan.code}: {error}")
                    if failures > PATIENCE * len(replays):
                        raise CommandError("The site does not answer; the simulation ends.") from error
            told = until
            time.sleep(max(0.0, TICK - (time.monotonic() - began)))
        self.stdout.write(f"{sum(replay.sent for replay, _history in replays)} sales facts sent")

    def _replays(self, options: dict[str, Any]) -> list[tuple[ParkReplay, History]]:
        prefix = "" if options["speed"] == 1 else f"sim{int(time.time())}-"
        wanted = [plan for plan in (*PLANS, TINY) if not options["park"] or plan.code in options["park"]]
        found = []
        for plan in wanted:
            built = built_park(plan)
            history = history_of(built) if built else None
            if built is None or history is None:
                continue
            moment = (lambda at: at) if options["speed"] == 1 else (lambda at: clock.now())
            replay = replay_for(built, options["url"], prefix, moment)
            if options["speed"] == 1:
                adopt_open_sessions(replay)
            found.append((replay, history))
        if not found:
            raise CommandError("There is no demo park. Run `manage.py demo` first.")
        return found

    def _advance(
        self, replay: ParkReplay, history: History, after: datetime, until: datetime, seed: int
    ) -> None:
        today = clock.business_day(until)
        if replay.packed_on != today:  # what was sold the day before leaves, as long as the simulation runs
            pack_parcels(replay.built, replay.moment(until), actor=SYSTEM)
            replay.packed_on = today
        days = self._days(replay, history, today, seed)
        sessions = [session for planned in days.values() for session in planned.sessions]
        replay.advance(sessions, due(days, after, until), after, until)

    def _days(self, replay: ParkReplay, history: History, today: date, seed: int) -> dict[date, PlannedDay]:
        """The plan around today, made once a day; earlier days are there for the refunds they still send."""
        if replay.plan_around is None or replay.plan_around[0] != today:
            around = planned_days(replay.built, history, today - timedelta(days=REFUND_DAYS), today, seed)
            replay.plan_around = (today, around)
        return replay.plan_around[1]
