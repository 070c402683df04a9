"""Training and incubation: enrolments, results, certificates that expire, and gates that hold."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import pytest
import time_machine

from core.clock import DAY, HOUR, SHANGHAI, day_start, today
from core.errors import Conflict, InvalidInput, NotFound, Refused
from livestreams import services
from livestreams.choices import CourseResult, Validity
from livestreams.errors import BadTime, GateNotMet, WrongState
from livestreams.incubation import standing_of
from livestreams.models import Certificate, Course, CourseRun, Enrolment, Host, HostStage, IncubationStage
from tests.factories import SYSTEM, World, make_host, make_session, make_world

pytestmark = pytest.mark.both_databases
NOON = datetime(2025, 6, 20, 12, tzinfo=SHANGHAI)


@pytest.fixture(scope="module", autouse=True)
def _noon() -> object:
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def host(world: World) -> Host:
    return make_host(world.tenants[0].tenant, "newcomer")


def make_run(
    world: World, code: str, *, valid_days: int | None = None, seats: int | None = None
) -> CourseRun:
    course = Course.objects.create(park=world.park, code=code, name_zh=f"{code}课程", valid_days=valid_days)
    return CourseRun.objects.create(course=course, first_day=today(), last_day=today() + DAY, seats=seats)


def enrol(world: World, run: CourseRun, host: Host) -> Enrolment:
    return services.host_enrol(actor=world.tenants[0].owner, run=run, host=host)


def passed(world: World, run: CourseRun, host: Host) -> None:
    services.result_record(actor=world.manager, enrolment=enrol(world, run, host), result=CourseResult.PASSED)


def test_a_run_takes_as_many_as_it_has_seats_and_each_once(world: World, host: Host) -> None:
    run = make_run(world, "c", seats=1)
    enrol(world, run, host)
    with pytest.raises(Conflict) as refusal:
        enrol(world, run, world.tenants[0].host)
    assert refusal.value.code == "full"
    wide = make_run(world, "d")
    enrol(world, wide, host)
    with pytest.raises(Conflict) as refusal:
        enrol(world, wide, host)
    assert refusal.value.code == "enrolled"
    Course.objects.filter(pk=wide.course_id).update(closed_on=today())
    with pytest.raises(WrongState):
        enrol(world, wide, world.tenants[0].host)
    Course.objects.filter(pk=wide.course_id).update(closed_on=None)
    with time_machine.travel(NOON + 2 * DAY), pytest.raises(WrongState):
        enrol(world, wide, world.tenants[0].host)
    stranger = make_world("beta").tenants[0].host
    with pytest.raises(InvalidInput):
        services.host_enrol(actor=SYSTEM, run=wide, host=stranger)


def test_the_park_says_the_result_once_and_a_pass_makes_a_certificate(world: World, host: Host) -> None:
    run = make_run(world, "c", valid_days=100)
    enrolment = enrol(world, run, host)
    with pytest.raises((Refused, NotFound)):
        services.result_record(actor=world.tenants[0].owner, enrolment=enrolment, result=CourseResult.PASSED)
    with pytest.raises(InvalidInput):
        services.result_record(actor=world.manager, enrolment=enrolment, result=CourseResult.ENROLLED)
    services.result_record(actor=world.manager, enrolment=enrolment, result=CourseResult.PASSED, score=92)
    certificate = Certificate.objects.get(host=host)
    assert (certificate.course, certificate.issued_on) == (run.course, today())
    assert certificate.expires_on == today() + 100 * DAY
    with pytest.raises(WrongState):
        services.result_record(actor=world.manager, enrolment=enrolment, result=CourseResult.FAILED)
    other = enrol(world, make_run(world, "d"), host)
    services.result_record(actor=world.manager, enrolment=other, result=CourseResult.FAILED)
    assert Certificate.objects.filter(host=host).count() == 1


@pytest.mark.parametrize(
    ("left", "state"),
    [
        (-1, Validity.EXPIRED),
        (0, Validity.EXPIRING),
        (29, Validity.EXPIRING),
        (30, Validity.VALID),
        (None, Validity.VALID),
    ],
)
def test_a_certificate_says_how_it_stands(
    world: World, host: Host, left: int | None, state: Validity
) -> None:
    expires_on = None if left is None else today() + left * DAY
    certificate = services.certificate_record(
        actor=world.tenants[0].owner,
        host=host,
        title="普通话二级甲等",
        issued_on=today() - 400 * DAY,
        expires_on=expires_on,
    )
    assert certificate.validity_on(today()) == state
    mine = Certificate.objects.filter(host=host)
    assert mine.expired_on(today()).exists() == (state == Validity.EXPIRED)
    assert mine.expiring_on(today()).exists() == (state == Validity.EXPIRING)
    assert mine.valid_on(today()).exists() == (state != Validity.EXPIRED)


def test_certificates_of_others_have_a_past_and_an_order(world: World, host: Host) -> None:
    for issued_on, expires_on in ((today() + DAY, None), (today(), today() - DAY)):
        with pytest.raises(BadTime):
            services.certificate_record(
                actor=world.tenants[0].owner, host=host, title="x", issued_on=issued_on, expires_on=expires_on
            )


def make_stage(world: World, number: int, **gate: object) -> IncubationStage:
    return services.stage_create(
        actor=world.manager, park=world.park, number=number, name_zh=f"阶段{number}", **gate
    )


def test_a_host_moves_on_only_when_the_gate_is_met_and_is_told_what_is_missing(
    world: World, host: Host
) -> None:
    run = make_run(world, "c", valid_days=60)
    second = make_stage(
        world,
        2,
        cost=Decimal(3000),
        needs_course=run.course,
        needs_sessions=2,
        needs_hours=4,
        needs_followers=500,
    )
    assert services.host_advance(actor=world.manager, host=host).stage == world.stage
    with pytest.raises(GateNotMet) as refusal:
        services.host_advance(actor=world.manager, host=host)
    assert len(refusal.value.extra["missing"]) == 4
    assert "c课程" in str(refusal.value)

    def still() -> int:
        return len(standing_of(host, world.park.pk).missing)

    passed(world, run, host)
    assert still() == 3
    for back in (3, 2):
        make_session(
            world.tenants[0].tenant, host=host, starts_at=day_start(today() - back * DAY) + 9 * HOUR, hours=2
        )
    assert still() == 1
    account = services.account_create(actor=SYSTEM, host=host, platform="jd", account="n")
    services.followers_record(
        actor=SYSTEM, account=account, readings=[services.Followers(today(), 499)], source="x"
    )
    assert still() == 1
    services.followers_record(actor=SYSTEM, account=account, readings=[services.Followers(today(), 500)])
    entry = services.host_advance(actor=world.manager, host=host)
    services.stage_update(actor=world.manager, stage=second, cost=Decimal(9000))
    entry.refresh_from_db()
    assert (entry.stage, entry.cost) == (second, Decimal(3000))
    assert standing_of(host, world.park.pk).cost == Decimal(4000)
    with pytest.raises(WrongState) as last:
        services.host_advance(actor=world.manager, host=host)
    assert last.value.code == "last_stage"


def test_an_expired_certificate_opens_no_gate(world: World, host: Host) -> None:
    run = make_run(world, "c", valid_days=10)
    make_stage(world, 2, needs_course=run.course)
    services.host_advance(actor=world.manager, host=host)
    passed(world, run, host)
    with time_machine.travel(NOON + 11 * DAY), pytest.raises(GateNotMet):
        services.host_advance(actor=world.manager, host=host)
    with time_machine.travel(NOON + 10 * DAY):
        assert services.host_advance(actor=world.manager, host=host).pk


def test_only_the_park_moves_hosts_and_shapes_stages(world: World, host: Host) -> None:
    with pytest.raises(Refused):
        services.host_advance(actor=world.tenants[0].owner, host=host)
    with pytest.raises(Refused):
        services.stage_create(actor=world.tenants[0].owner, park=world.park, number=5, name_zh="x")
    with pytest.raises(Conflict):
        make_stage(world, 1)
    foreign = Course.objects.create(park=make_world("beta").park, code="f", name_zh="f")
    with pytest.raises(InvalidInput):
        make_stage(world, 3, needs_course=foreign)


def test_a_stage_that_was_entered_is_never_changed(world: World, host: Host) -> None:
    entry = services.host_advance(actor=world.manager, host=host)
    with pytest.raises(Exception, match="append-only"):
        HostStage.objects.filter(pk=entry.pk).update(entered_on=date(2020, 1, 1))
