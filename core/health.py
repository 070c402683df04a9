"""What a monitor asks every minute: database, its rules, cache, disk, whether work piles up. No figures, no names."""

from __future__ import annotations

import dataclasses
import os
import shutil
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections, models
from django.db.models.functions import Coalesce
from health_check.base import HealthCheck
from health_check.exceptions import ServiceUnavailable
from health_check.views import HealthCheckView

from core import buckets, clock, dbrules
from core.choices import DeliveryState, JobState, WebhookState
from core.models import BucketFailure, Job, WebhookDelivery


@dataclasses.dataclass
class Counting(HealthCheck):
    """Marks are counted within minutes, and no bucket fails."""

    slowest: timedelta = timedelta(minutes=5)

    def run(self) -> None:
        age = timedelta(seconds=buckets.oldest_mark_age_seconds())
        if age > self.slowest:
            raise ServiceUnavailable(f"the oldest uncounted bucket is {int(age.total_seconds())} s old")
        failed = BucketFailure.objects.count()
        if failed:
            raise ServiceUnavailable(f"{failed} buckets could not be counted")


@dataclasses.dataclass
class Jobs(HealthCheck):
    """Queued jobs begin within minutes."""

    slowest: timedelta = timedelta(minutes=10)

    def run(self) -> None:
        # A job that went on from a pause or a dead worker waits since then.
        queued_at = Coalesce("heartbeat_at", "created_at")
        oldest = Job.objects.filter(state=JobState.QUEUED).aggregate(at=models.Min(queued_at))["at"]
        if oldest is not None and clock.now() - oldest > self.slowest:
            raise ServiceUnavailable("jobs are waiting and nobody takes them")


@dataclasses.dataclass
class Deliveries(HealthCheck):
    """Somebody sends what receivers are to be told. That they do not answer is their own matter."""

    slowest: timedelta = timedelta(minutes=10)

    def run(self) -> None:
        since = clock.now() - self.slowest
        due = WebhookDelivery.objects.filter(state=DeliveryState.WAITING, next_try_at__lt=since)
        if (
            due.filter(endpoint__state=WebhookState.ACTIVE).exists()
            and not WebhookDelivery.objects.filter(last_try_at__gte=since).exists()
        ):
            raise ServiceUnavailable("webhook messages are waiting and nobody sends them")


@dataclasses.dataclass
class Disk(HealthCheck):
    """The data folder takes what is uploaded and, embedded, what is written."""

    least: int = 100 * 2**20

    def run(self) -> None:
        if not os.access(settings.DATA_DIR, os.W_OK):
            raise ServiceUnavailable("the data folder cannot be written to")
        free = shutil.disk_usage(settings.DATA_DIR).free
        if free < self.least:
            raise ServiceUnavailable(f"{free // 2**20} MiB are free in the data folder")


@dataclasses.dataclass
class Rules(HealthCheck):
    """The database holds every rule as the models declare it."""

    def run(self) -> None:
        lacking = dbrules.check_rules_installed(databases=[DEFAULT_DB_ALIAS])
        if lacking:
            raise ServiceUnavailable(
                f"{len(lacking)} rules of the database are missing or changed: run migrate"
            )


class Beside(ThreadPoolExecutor):
    """Runs the checks in two threads beside the request's, and gives back what each took of the database.

    A thread that ends with a connection takes it out of the process's pool for good: after four questions of a monitor
    no page would get one.
    """

    def __init__(self) -> None:
        # One may hang, and the others are told all the same; more would leave pages less of the pool.
        super().__init__(max_workers=2)

    def submit(self, check: Callable[..., Any], /, *arguments: Any, **named: Any) -> Future[Any]:
        def give_back() -> Any:
            try:
                return check(*arguments, **named)
            finally:
                connections.close_all()

        return super().submit(give_back)


class HealthView(HealthCheckView):
    checks = (
        "health_check.Database",
        "health_check.Cache",
        Disk,
        Rules,
        Counting,
        Jobs,
        Deliveries,
    )

    def get_executor(self) -> Beside:
        return Beside()
