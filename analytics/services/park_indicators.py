"""Publishes the park-born series: what the parks counted becomes values of their towns, cities and provinces."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, Final

from analytics import rollup
from analytics.models import Indicator, IndicatorValue, ParkValue
from analytics.parkseries.publication import Publication
from analytics.parkseries.seats import Seats
from analytics.services.indicators import indicators_load
from core import audit, clock, jobs
from core.actors import Actor, system_actor
from core.choices import JobState
from core.errors import Busy
from core.jobs import JobContext
from core.locking import one_snapshot, retried, try_advisory_locks
from core.models import Job
from core.policy import ADD
from core.scoping import require
from core.words import gettext as _

PUBLISHED: Final = "indicators.publish"
PUBLISH: Final = "analytics.publish"
Progress = Callable[[int, int, int], None]


def park_indicators_publish(
    *, actor: Actor, progress: Progress | None = None, after: int = 0
) -> Counter[str]:
    """Count what waits, then store year by year, as new vintages, whatever differs from the values in force.

    Nothing is changed, and publishing twice without a change in between adds nothing. Returns how many values of
    places came out how (see Publication). `progress(done, total, year)` is told after each year; `after` takes up
    again behind one.

    Raises Refused without the right to add indicator values, Busy when another publication is at work.
    """
    require(actor, ADD, IndicatorValue)
    rollup.drain()
    indicators = indicators_load()
    first = min((seat.from_day.year for seat in Seats().every), default=clock.today().year)
    years = range(max(first, after + 1), clock.today().year + 1)
    counts: Counter[str] = Counter()
    for done, year in enumerate(years, start=1):
        counts.update(_publish_year(actor, year, indicators))
        if progress:
            progress(done, len(years), year)
    return counts


@retried
def _publish_year(actor: Actor, year: int, indicators: Mapping[str, Indicator]) -> Counter[str]:
    with one_snapshot():
        if not all(try_advisory_locks([PUBLISHED])):
            raise Busy(_("The series of the parks are being published just now. Please try again."))
        found = Publication(year, indicators, clock.now())
        found.compare()
        ParkValue.objects.bulk_create(found.park_values, batch_size=1_000)
        IndicatorValue.objects.bulk_create(found.place_values, batch_size=1_000)
        if found.place_values or found.park_values:
            audit.record(
                actor=actor,
                verb=PUBLISHED,
                object_type=IndicatorValue._meta.label,
                label=str(year),
                after={**found.counts, "of_parks": len(found.park_values)},
            )
    return found.counts


def park_indicators_publish_daily() -> Job | None:
    """Queue a publication as a job, the first time on each business day; None when today has its own."""
    of_today = Job.objects.filter(kind=PUBLISH, created_at__gte=clock.day_start(clock.today()))
    if of_today.exclude(state=JobState.FAILED).exists():
        return None
    return jobs.job_start(actor=system_actor("publish"), kind=PUBLISH, params={})


@jobs.handles(PUBLISH)
def run_publish(context: JobContext) -> dict[str, Any]:
    """Publish year by year; a worker that takes over goes on after the last year that was committed."""
    counts = park_indicators_publish(
        actor=system_actor("publish"),
        progress=lambda done, total, year: context.progress(done, total, checkpoint={"after": year}),
        after=context.checkpoint.get("after", 0),
    )
    return dict(counts)
