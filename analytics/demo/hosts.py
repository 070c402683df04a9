"""What the demo knows of its hosts: contracts with quotas, accounts with followers, training, stages, a leave to come.

Numbers are drawn; that agencies and employees have monthly quotas, and that a park guarantees its own hosts, is as
parks have it.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

from core.clock import DAY, day_start, month_of
from livestreams.choices import AbsenceKind, CourseResult, EngagementKind
from livestreams.models import (
    Certificate,
    Course,
    CourseRun,
    Engagement,
    Enrolment,
    FollowerReading,
    Host,
    HostAbsence,
    HostAccount,
    HostStage,
    IncubationStage,
)
from parks.models import Park
from tenants.models import Tenant

MONTHS = 6
QUOTAS = (16, 20, 22, 26)
# Chinese name, English name, valid for how many days.
COURSES = (
    ("basics", "主播上岗培训", "Host basics", 365),
    ("compliance", "直播合规与广告法", "Rules of live selling", 180),
    ("cross-border", "跨境直播英语", "English for cross-border streams", None),
)
# Chinese name, English name, cost, course needed, sessions, hours, followers.
STAGES = (
    ("选拔", "Selection", 0, None, 0, 0, 0),
    ("培训", "Training", 3000, None, 0, 0, 0),
    ("试播", "Trial", 5000, 0, 3, 6, 0),
    ("签约", "Signed", 8000, 1, 20, 60, 5000),
)


def host_records(
    park: Park, platform: str, hosts: list[Host], operator: Tenant, *, seed: int, until: date
) -> None:
    """Give the hosts of a demo park a past, as it stands in the month of `until`. `operator` runs the park's own."""
    draw, until = random.Random(f"{seed}:{park.code}:hosts"), month_of(until)
    _engage(park, hosts, operator, draw, until)
    _follow(platform, hosts, draw, until)
    _train(park, hosts, draw, until)
    away = [host for index, host in enumerate(hosts) if index % 12 == 7]
    HostAbsence.objects.bulk_create(
        HostAbsence(
            host=host,
            kind=AbsenceKind.LEAVE,
            starts_at=day_start(until + 60 * DAY),
            ends_at=day_start(until + 64 * DAY),
        )
        for host in away
    )


def _engage(park: Park, hosts: list[Host], operator: Tenant, draw: random.Random, until: date) -> None:
    """A seller's hosts are its employees; of those of agencies the operator's second ones are the park's own."""

    def engagement(index: int, host: Host) -> Engagement:
        kind = EngagementKind.EMPLOYEE if index % 3 == 0 else EngagementKind.AGENCY
        own = index % 3 == 1 and host.tenant_id == operator.pk
        return Engagement(
            host=host,
            kind=EngagementKind.PARK if own else kind,
            park=park if own else None,
            from_day=month_of(until - draw.randrange(200, 900) * DAY),
            monthly_sessions=draw.choice(QUOTAS),
        )

    Engagement.objects.bulk_create(engagement(index, host) for index, host in enumerate(hosts))


def _follow(platform: str, hosts: list[Host], draw: random.Random, until: date) -> None:
    """An account each, and its followers at the end of the last months."""
    accounts = HostAccount.objects.bulk_create(
        HostAccount(
            tenant_id=host.tenant_id,
            host=host,
            platform=platform,
            account=host.code.replace("-host-", "_zb"),
        )
        for host in hosts
    )

    def readings() -> Iterator[FollowerReading]:
        for account in accounts:
            followers = int(draw.lognormvariate(8.5, 1.0))
            for back in range(MONTHS, -1, -1):
                followers += int(followers * draw.uniform(0.0, 0.15))
                day = until - back * 30 * DAY
                yield FollowerReading(account=account, day=day, followers=followers, source="demo")

    FollowerReading.objects.bulk_create(readings(), batch_size=1000)


def _train(park: Park, hosts: list[Host], draw: random.Random, until: date) -> None:
    """A run of each course behind and one ahead; certificates of which some are over or nearly so; stages."""
    courses = [
        Course.objects.create(
            park=park, code=f"{park.code}-{code}", name_zh=name_zh, name_en=name_en, valid_days=valid_days
        )
        for code, name_zh, name_en, valid_days in COURSES
    ]
    stages = [
        IncubationStage.objects.create(
            park=park,
            number=number,
            name_zh=name_zh,
            name_en=name_en,
            cost=Decimal(cost),
            needs_course=None if course is None else courses[course],
            needs_sessions=sessions,
            needs_hours=needed,
            needs_followers=followers,
        )
        for number, (name_zh, name_en, cost, course, sessions, needed, followers) in enumerate(STAGES, 1)
    ]
    certificates, enrolments = [], []
    for number, course in enumerate(courses):
        days = (until - (170 + 10 * number) * DAY, until + 40 * DAY)
        held, coming = (
            CourseRun.objects.create(course=course, first_day=day, last_day=day + DAY, trainer=park.operator)
            for day in days
        )
        for index, host in enumerate(hosts):
            if index % 4 == 3:
                enrolments.append(Enrolment(run=coming, host=host))
            elif draw.random() < 0.9:
                score = draw.randrange(60, 100)
                enrolments.append(Enrolment(run=held, host=host, result=CourseResult.PASSED, score=score))
                certificates.append(_certificate(host, course, held, draw))
            else:
                enrolments.append(Enrolment(run=held, host=host, result=CourseResult.FAILED, score=45))
    Enrolment.objects.bulk_create(enrolments)
    Certificate.objects.bulk_create(certificates)
    HostStage.objects.bulk_create(
        HostStage(host=host, stage=stage, entered_on=until - (160 - 40 * number) * DAY, cost=stage.cost)
        for index, host in enumerate(hosts)
        for number, stage in enumerate(stages[: 1 + index % 3])
    )


def _certificate(host: Host, course: Course, run: CourseRun, draw: random.Random) -> Certificate:
    issued_on = run.last_day + draw.choice((0, 0, 30)) * DAY
    return Certificate(
        host=host,
        course=course,
        title=course.name_zh,
        number=f"{course.code}-{host.code[-3:]}",
        issued_on=issued_on,
        expires_on=None if course.valid_days is None else issued_on + timedelta(days=course.valid_days),
    )
