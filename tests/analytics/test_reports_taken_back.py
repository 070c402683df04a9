"""What was read for the wrong session is taken back: nothing of it counts any more, and the row is asked about."""

from __future__ import annotations

from decimal import Decimal

import pytest
import time_machine

from analytics.choices import ClaimSource, ReadBy
from analytics.models import ReadingWithdrawal, SessionClaim, SessionReading, TrustVerdict
from analytics.selectors.reports import left_out, questions, rows_read, sessions_waiting
from analytics.services import report_answer, report_ask_again, report_take_back, session_claim
from analytics.trust import judging
from core.actors import user_actor
from core.choices import Role
from core.clock import DAY, HOUR
from core.errors import Conflict, NotFound, Refused
from core.models import AuditEntry
from livestreams.choices import Delivery, SessionState
from livestreams.models import LiveSession
from livestreams.services import Reading, samples_record
from tests.analytics.rounds import START, STATED, body, drop, question, row
from tests.factories import SYSTEM, TenantWorld, World, make_host, make_session

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases, pytest.mark.usefixtures("then")]

LIVE_ID = "7391112345678901231"


@pytest.fixture
def two(firm: TenantWorld) -> list[LiveSession]:
    """Two sessions at once: a row could be either."""
    found = [
        make_session(firm.tenant, starts_at=START),
        make_session(firm.tenant, host=make_host(firm.tenant, "alpha-other"), starts_at=START + HOUR / 20),
    ]
    LiveSession.objects.filter(pk__in=[one.pk for one in found]).update(title="")
    return found


def stated(session: LiveSession) -> Decimal | None:
    """The sales that count as stated of a session."""
    claim = SessionClaim.objects.standing().filter(session=session).order_by("-version").first()
    return claim.sales if claim else None


def verdict_claim(session: LiveSession) -> SessionClaim | None:
    judging.drain()
    return TrustVerdict.objects.filter(session=session).latest("version").claim


def take_back(firm: TenantWorld, session: LiveSession) -> None:
    reading = SessionReading.objects.standing().filter(session=session).latest("pk")
    report_take_back(actor=firm.owner, reading=reading, reason="wrong host")


def test_a_wrong_answer_is_taken_back_and_answered_rightly(
    firm: TenantWorld, two: list[LiveSession], then: time_machine.Coordinates
) -> None:
    wrong, right = two
    drop(firm, body(row()))
    report_answer(actor=firm.owner, question=question(firm), session=wrong)
    assert verdict_claim(wrong) is not None
    take_back(firm, wrong)
    assert stated(wrong) is None
    assert verdict_claim(wrong) is None
    assert wrong in sessions_waiting(LiveSession.objects.all())
    withdrawal = ReadingWithdrawal.objects.get()
    assert (withdrawal.made_by_id, withdrawal.reason) == (firm.owner.user_id, "wrong host")
    entry = AuditEntry.objects.get(verb="report.take_back")
    assert entry.before["session"] == str(wrong.uid)
    open_again = questions(firm.owner, firm.tenant.pk).get()
    assert open_again.detail["candidates"] == [right.pk]
    assert drop(firm, body(row()))["counts"] == {"asked": 1}
    report_answer(actor=firm.owner, question=question(firm), session=right)
    assert stated(right) == STATED[0]
    then.shift(DAY)
    assert drop(firm, body(row(直播间成交金额="7")))["counts"] == {"read": 1}
    assert (stated(wrong), stated(right)) == (None, 7)


def test_what_was_stated_before_counts_again(firm: TenantWorld, two: list[LiveSession]) -> None:
    session_claim(actor=firm.owner, session=two[0], source=ClaimSource.TENANT, sales=Decimal(5))
    drop(firm, body(row()))
    report_answer(actor=firm.owner, question=question(firm), session=two[0])
    assert stated(two[0]) == STATED[0]
    take_back(firm, two[0])
    assert stated(two[0]) == 5
    claim = verdict_claim(two[0])
    assert claim is not None
    assert claim.sales == 5


def test_what_people_had_stated_of_the_session_stays_theirs(
    firm: TenantWorld, two: list[LiveSession], then: time_machine.Coordinates
) -> None:
    figures = dict(
        zip(("sales", "viewers", "stay_seconds", "minutes", "peak", "orders"), STATED, strict=True)
    )
    session_claim(actor=firm.owner, session=two[0], source=ClaimSource.REPORT, **figures)
    then.shift(HOUR)
    drop(firm, body(row()))
    report_answer(actor=firm.owner, question=question(firm), session=two[0])
    assert SessionClaim.objects.filter(session=two[0]).count() == 1
    take_back(firm, two[0])
    assert stated(two[0]) == STATED[0]


def test_all_readings_of_the_row_go_and_those_of_another_row_stay(
    firm: TenantWorld, two: list[LiveSession], then: time_machine.Coordinates
) -> None:
    wrong = two[0]
    own, foreign = (
        row(直播间ID="", 达人ID=account, 直播间成交金额=sales)
        for account, sales in (("1", "11"), ("2", "22"))
    )
    drop(firm, body(own))
    report_answer(actor=firm.owner, question=question(firm), session=wrong)
    drop(firm, body(foreign))
    asked = questions(firm.owner, firm.tenant.pk).get()
    report_answer(actor=firm.owner, question=asked, session=wrong)
    then.shift(DAY)
    drop(firm, body(foreign | {"直播间成交金额": "33"}))
    assert stated(wrong) == 33
    take_back(firm, wrong)
    assert ReadingWithdrawal.objects.count() == 2
    assert stated(wrong) == 11
    assert [one.account for one in rows_read(firm.owner, firm.tenant.pk)] == ["1"]
    assert questions(firm.owner, firm.tenant.pk).get().detail["sales"] == "33.0000"


def test_what_the_machine_found_becomes_a_question_and_is_not_found_again(firm: TenantWorld) -> None:
    session = make_session(firm.tenant, starts_at=START)
    drop(firm, body(row()))
    assert SessionReading.objects.get().how == ReadBy.TIME
    take_back(firm, session)
    assert question(firm).detail["row"]["title"] == row().get("直播标题", "")
    assert question(firm).detail["candidates"] == []
    assert drop(firm, body(row()))["counts"] == {"asked": 1}
    assert stated(session) is None
    assert LiveSession.objects.filter(delivery=Delivery.REPORT).count() == 0


def test_the_live_id_leaves_with_the_row(firm: TenantWorld, two: list[LiveSession]) -> None:
    wrong, right = two
    drop(firm, body(row()))
    report_answer(actor=firm.owner, question=question(firm), session=wrong)
    wrong.refresh_from_db()
    assert wrong.platform_live_id == LIVE_ID
    take_back(firm, wrong)
    wrong.refresh_from_db()
    assert wrong.platform_live_id == ""
    report_answer(actor=firm.owner, question=question(firm), session=right)
    right.refresh_from_db()
    assert right.platform_live_id == LIVE_ID


def test_a_session_keeps_a_live_id_that_the_row_does_not_name(firm: TenantWorld) -> None:
    session = make_session(firm.tenant, live_id="another", starts_at=START)
    drop(firm, body(row(直播间ID="")))
    take_back(firm, session)
    session.refresh_from_db()
    assert session.platform_live_id == "another"


def test_what_found_its_session_by_the_live_id_is_asked_too(firm: TenantWorld) -> None:
    session = make_session(firm.tenant, live_id=LIVE_ID, starts_at=START)
    drop(firm, body(row()))
    assert SessionReading.objects.get().how == ReadBy.LIVE_ID
    take_back(firm, session)
    LiveSession.objects.filter(pk=session.pk).update(platform_live_id=LIVE_ID)
    assert drop(firm, body(row()))["counts"] == {"asked": 1}


def test_a_session_that_only_the_row_told_of_is_void(firm: TenantWorld) -> None:
    drop(firm, body(row()))
    told = LiveSession.objects.get(platform_live_id=LIVE_ID)
    assert verdict_claim(told) is not None
    take_back(firm, told)
    told.refresh_from_db()
    assert (told.state, told.started_at, told.ended_at, told.platform_live_id) == (
        SessionState.VOID,
        None,
        None,
        "",
    )
    assert verdict_claim(told) is None
    assert told not in sessions_waiting(LiveSession.objects.all())
    assert drop(firm, body(row()))["counts"] == {"asked": 1}
    with pytest.raises(NotFound):
        report_answer(actor=firm.owner, question=question(firm), session=told)
    opened = report_answer(actor=firm.owner, question=question(firm), opens=True)
    assert opened is not None
    assert (opened != told, stated(opened)) == (True, STATED[0])


@pytest.mark.parametrize("other", ["samples", "statement", "row"])
def test_a_session_that_something_else_speaks_of_stays(firm: TenantWorld, other: str) -> None:
    drop(firm, body(row()))
    told = LiveSession.objects.get(platform_live_id=LIVE_ID)
    if other == "samples":
        samples_record(actor=SYSTEM, session=told, source="tool", readings=[Reading(START, concurrent=7)])
    elif other == "statement":
        session_claim(actor=firm.owner, session=told, sales=Decimal(5))
    else:
        assert drop(firm, body(row(直播间ID="", 直播间成交金额="7")))["counts"] == {"read": 1}
    report_take_back(actor=firm.owner, reading=SessionReading.objects.earliest("pk"))
    told.refresh_from_db()
    assert (told.state, told.started_at) == (SessionState.ENDED, START)


def test_the_same_answer_again_states_the_figures_anew(firm: TenantWorld, two: list[LiveSession]) -> None:
    drop(firm, body(row()))
    report_answer(actor=firm.owner, question=question(firm), session=two[0])
    take_back(firm, two[0])
    report_answer(actor=firm.owner, question=question(firm), session=two[0])
    versions = SessionClaim.objects.filter(session=two[0]).order_by("version")
    assert list(versions.values_list("version", "sales")) == [(1, STATED[0]), (2, STATED[0])]
    assert stated(two[0]) == STATED[0]
    assert SessionReading.objects.standing().get().how == ReadBy.CHOSEN
    with pytest.raises(Conflict, match="taken back already"):
        report_take_back(actor=firm.owner, reading=SessionReading.objects.earliest("pk"))
    assert stated(two[0]) == STATED[0]


def test_what_the_answer_told_of_the_host_is_forgotten(firm: TenantWorld, two: list[LiveSession]) -> None:
    drop(firm, body(row()))
    report_answer(actor=firm.owner, question=question(firm), session=two[1])
    again = START - DAY
    make_session(firm.tenant, starts_at=again)
    make_session(firm.tenant, host=two[1].host, starts_at=again + HOUR / 20)
    other = body(row(again, 直播间ID="7391112345678907777"))
    assert drop(firm, other, take=False)["asked"] == 0
    take_back(firm, two[1])
    assert drop(firm, other, take=False)["asked"] == 1


def test_an_account_that_was_never_the_firms_does_not_make_it_have_two(firm: TenantWorld) -> None:
    foreign = make_session(firm.tenant, starts_at=START)
    own = make_session(firm.tenant, starts_at=START - DAY)
    drop(firm, body(row()))
    other = body(row(START - DAY, 直播间ID="7391112345678907777", 达人ID="2", 达人昵称="小丽"))
    LiveSession.objects.filter(pk=own.pk).update(host=None)
    assert drop(firm, other, take=False)["asked"] == 1
    take_back(firm, foreign)
    assert drop(firm, other, take=False)["rows"][0]["session"] == own.pk


def test_none_of_ours_is_asked_again(firm: TenantWorld, two: list[LiveSession]) -> None:
    drop(firm, body(row()))
    report_answer(actor=firm.owner, question=question(firm))
    assert left_out(firm.owner, firm.tenant.pk).get() == question(firm)
    report_ask_again(actor=firm.owner, question=question(firm))
    assert AuditEntry.objects.filter(verb="report.ask_again").count() == 1
    open_again = questions(firm.owner, firm.tenant.pk).get()
    assert set(open_again.detail["candidates"]) == {one.pk for one in two}
    with pytest.raises(Conflict, match="not left out"):
        report_ask_again(actor=firm.owner, question=open_again)
    report_answer(actor=firm.owner, question=open_again, session=two[0])
    with pytest.raises(Conflict, match="not left out"):
        report_ask_again(actor=firm.owner, question=question(firm))
    assert stated(two[0]) == STATED[0]


def test_none_of_ours_may_follow_a_taking_back(firm: TenantWorld, two: list[LiveSession]) -> None:
    drop(firm, body(row()))
    report_answer(actor=firm.owner, question=question(firm), session=two[0])
    take_back(firm, two[0])
    report_answer(actor=firm.owner, question=question(firm))
    assert drop(firm, body(row()))["counts"] == {"same": 1}


def test_what_is_taken_back_already_or_kept_without_its_row_is_refused(firm: TenantWorld) -> None:
    session = make_session(firm.tenant, starts_at=START)
    drop(firm, body(row()))
    reading = SessionReading.objects.get()
    take_back(firm, session)
    with pytest.raises(Conflict, match="taken back already"):
        report_take_back(actor=firm.owner, reading=reading)
    fields = {field.attname: getattr(reading, field.attname) for field in SessionReading._meta.fields}
    bare = SessionReading.objects.create(**fields | {"id": None, "row": {}})
    with pytest.raises(Conflict, match="before rows were kept"):
        report_take_back(actor=firm.owner, reading=bare)
    assert ReadingWithdrawal.objects.count() == 1


def test_others_may_not_take_back(world: World, firm: TenantWorld, two: list[LiveSession]) -> None:
    drop(firm, body(row()))
    report_answer(actor=firm.owner, question=question(firm), session=two[0])
    reading = SessionReading.objects.get()
    strangers = (
        world.tenants[1].owner,
        user_actor(firm.users[Role.TENANT_FINANCE]),
        user_actor(world.users[Role.PARK_MANAGER]),
    )
    for stranger in strangers:
        with pytest.raises((Refused, NotFound)):
            report_take_back(actor=stranger, reading=reading)
    take_back(firm, two[0])
    report_answer(actor=firm.owner, question=question(firm))
    for stranger in strangers:
        with pytest.raises((Refused, NotFound)):
            report_ask_again(actor=stranger, question=question(firm))
