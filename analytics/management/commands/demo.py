"""Builds the demo parks and catches their days up."""

from __future__ import annotations

import gc
import time
from argparse import ArgumentParser
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from analytics.counting import drain_everything
from analytics.demo.build import build_park
from analytics.demo.built import BuiltPark, built_park
from analytics.demo.certificates import build_certificates
from analytics.demo.encoders import build_nodes, give_keys
from analytics.demo.exchange import build_exchange
from analytics.demo.festival import build_festivals
from analytics.demo.inbound import build_inbound
from analytics.demo.indicators import load_panel
from analytics.demo.load import history_of, load_until
from analytics.demo.logins import SYSTEM
from analytics.demo.matching import assign_goods
from analytics.demo.parcels import PACKED_FOR, pack_parcels, packing_begins
from analytics.demo.payouts import import_settlements
from analytics.demo.people import WELCOME, make_people, make_short_logins, write_welcome
from analytics.demo.plans import PLANS, SEED, TINY, ParkPlan
from analytics.demo.pool import build_pool
from analytics.demo.reorders import build_reorders
from analytics.demo.settlement import build_settlement
from analytics.demo.shops import build_shops
from analytics.demo.stores import build_collective_store
from analytics.demo.webhooks import demo_receivers
from analytics.demo.wishes import build_wishes
from analytics.services import park_indicators_publish
from core import clock
from core.strict import StrictError, instant
from parks.geography import geography_load
from parks.models import Park

P = ParamSpec("P")
R = TypeVar("R")

OBJECTS_BETWEEN_COLLECTIONS = 500_000
"""New objects between two looks for garbage; elsewhere 20,000 (core/apps.py)."""


def _whole(build: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """One step of the demo, whole or not at all: half of one would be taken for all of it by the next run."""
    with transaction.atomic():
        return build(*args, **kwargs)


@contextmanager
def _rarely_tidied_up() -> Iterator[None]:
    """Millions of rows are made here and hardly one is ever garbage: to look for some took a fifth of the time."""
    before = gc.get_threshold()
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


class Command(BaseCommand):
    help = "Build the demo parks with 30 days of history up to now; run again, it catches the days up."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--tiny", action="store_true", help="one park with three tenants, for scripts and tests"
        )
        parser.add_argument("--seed", type=int, default=SEED)
        parser.add_argument("--until", help="ISO time up to which days are told (default: now)")
        parser.add_argument(
            "--if-empty", action="store_true", help="leave an installation with real parks alone"
        )
        parser.add_argument(
            "--catch-up", action="store_true", help="tell the days since the last run (the default)"
        )

    @_rarely_tidied_up()
    def handle(self, *args: Any, **options: Any) -> None:
        if Park.objects.filter(is_synthetic=False).exists():
            self._leave_alone(quietly=options["if_empty"])
            return
        until, seed = self._until(options["until"]), options["seed"]
        started = time.monotonic()
        geography_load()
        parks = self._parks((TINY,) if options["tiny"] else PLANS, until, seed)
        self._add_to(parks, until)
        values = load_panel(actor=SYSTEM, seed=seed)
        done = drain_everything()
        self._add_from_figures(parks, until)
        published = park_indicators_publish(actor=SYSTEM)
        values += published.total() - published["unchanged"] - published["waiting"]
        self.stdout.write(
            f"{values} indicator values, {done['counted']} buckets counted, {done['judged']} sessions judged, "
            f"{time.monotonic() - started:.1f} s"
        )

    def _leave_alone(self, *, quietly: bool) -> None:
        (Path(settings.DATA_DIR) / WELCOME).unlink(missing_ok=True)
        if not quietly:
            raise CommandError(
                "This installation has parks of its own. The demo's password is known to everybody, so it "
                "is not loaded beside them: give it another LIVEPARK_DATA_DIR or DATABASE_URL."
            )
        self.stdout.write("This installation has parks of its own: no demo data.")

    def _parks(self, plans: Sequence[ParkPlan], until: datetime, seed: int) -> list[BuiltPark]:
        """The parks, built where they are not there yet, with their days up to an instant."""
        parks: list[BuiltPark] = []
        for plan in plans:
            built = built_park(plan) or _whole(self._build, plan, seed, clock.business_day(until))
            facts = 0
            if plan is plans[0] and history_of(built) is None:
                facts = _whole(self._pack_from, built, until - PACKED_FOR, seed)
            parks.append(built)
            facts += load_until(built, until, actor=SYSTEM, seed=seed)
            self.stdout.write(
                f"{plan.code}: {len(built.tenants)} tenants, {len(built.rooms)} rooms, {facts} new sales facts"
            )
        return parks

    def _add_to(self, parks: list[BuiltPark], until: datetime) -> None:
        """What stands beside the days of the parks: festivals, exchange, wishes, and how to log in."""
        history = history_of(parks[0])
        if history is not None:
            build_festivals(parks, history.first_day, clock.business_day(until))
        _whole(build_exchange, parks, actor=SYSTEM)
        _whole(build_nodes, parks, actor=SYSTEM)
        _whole(give_keys, parks[0], until, actor=SYSTEM)
        _whole(build_wishes, parks[0], until, actor=SYSTEM)
        _whole(make_short_logins, parks, actor=SYSTEM)
        write_welcome(parks[0], actor=SYSTEM)

    def _add_from_figures(self, parks: list[BuiltPark], until: datetime) -> None:
        """What is told once figures are counted: goods with their hosts, agreements, re-orders, parcels, the pool."""
        _whole(assign_goods, parks[0], actor=SYSTEM)
        with transaction.atomic(), demo_receivers(parks[0], actor=SYSTEM):
            build_settlement(parks[0], actor=SYSTEM)
        _whole(build_reorders, parks[0], actor=SYSTEM)
        for built in parks:
            import_settlements(built, until, actor=SYSTEM)
        _whole(pack_parcels, parks[0], until, actor=SYSTEM)
        for build in (build_pool, build_certificates, build_inbound, build_shops):
            _whole(build, parks[0], actor=SYSTEM)
        _whole(build_collective_store, parks[0])

    def _build(self, plan: ParkPlan, seed: int, until: date) -> BuiltPark:
        built = build_park(plan, actor=SYSTEM, seed=seed, until=until)
        make_people(built, actor=SYSTEM)
        return built

    def _pack_from(self, built: BuiltPark, until: datetime, seed: int) -> int:
        facts = load_until(built, until, actor=SYSTEM, seed=seed)
        packing_begins(built, clock.business_day(until))
        return facts

    def _until(self, text: str | None) -> datetime:
        if text is None:
            return clock.now().replace(second=0, microsecond=0)
        try:
            until = instant(text)
        except StrictError as error:
            raise CommandError(f"--until: {error.message}") from error
        if until > clock.latest():
            raise CommandError(f"--until: {text} has not come yet.")
        return until
