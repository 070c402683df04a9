"""Reports on sessions in the house: what is stated of which session, once; what is asked; what is due again."""

from __future__ import annotations

import io
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from analytics.choices import ClaimSource, ReadBy
from analytics.models import SessionClaim, SessionReading
from analytics.services import report_answer, reports_confirm, reports_drop, session_claim
from core.choices import JobState
from core.clock import DAY, HOUR, SHANGHAI, business_day, local
from core.errors import Conflict, NotFound, Refused
from core.locking import lock_number
from core.models import AuditEntry, ExchangeRate, Job
from livestreams.choices import Delivery, SessionState
from livestreams.models import HostAccount, LiveSession
from supplychain.choices import ImportState
from supplychain.models import ImportBatch
from tenants.models import Tenancy
from tests.analytics.rounds import START, STATED, body, drop, finished, finished_job, question, row
from tests.factories import SYSTEM, TenantWorld, World, make_host, make_session

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases, pytest.mark.usefixtures("then")]

LATER = "数据将于第二天更新"


def figures(session: LiveSession) -> list[tuple[Any, ...]]:
    rows = SessionClaim.objects.filter(session=session).order_by("version")
    return list(rows.values_list("sales", "viewers", "stay_seconds", "minutes", "peak", "orders"))


TIKTOK = {
    "Creator ID": "7494049642642441621",
    "Creator": "example",
    "Launched Time": "2026-05-18 20:00",
    "Duration": "2h 0m",
    "LIVE gross merchandise value (RM)": "RM1,000.00",
    "LIVE SKU orders": "8",
    "Viewers": "51",
}


def test_looking_states_nothing_and_taking_does(firm: TenantWorld) -> None:
    session = make_session(firm.tenant, starts_at=START - HOUR / 6)
    seen = drop(firm, body(row()), take=False)
    assert (seen["found"], seen["new"], seen["asked"], seen["taken"]) == (1, 0, 0, False)
    assert seen["rows"][0]["session"] == session.pk
    assert figures(session) == []
    assert SessionReading.objects.count() == 0
    taken = drop(firm, body(row()))
    assert taken["counts"] == {"read": 1}
    assert figures(session) == [STATED]
    reading = SessionReading.objects.get()
    assert (reading.how, reading.key, reading.account) == (ReadBy.TIME, "7391112345678901231", "88120031")
    session.refresh_from_db()
    assert session.platform_live_id == "7391112345678901231"
    assert SessionClaim.objects.get().source == ClaimSource.REPORT


def test_repeating_changes_nothing_until_the_report_is_due_again(
    firm: TenantWorld, then: time_machine.Coordinates
) -> None:
    session = make_session(firm.tenant, live_id="7391112345678901231", starts_at=START)
    drop(firm, body(row()))
    assert drop(firm, body(row()))["counts"] == {"same": 1}
    assert SessionReading.objects.count() == 1
    then.shift(DAY)
    assert drop(firm, body(row()))["counts"] == {"read": 1}
    assert figures(session) == [STATED]
    first, second = SessionReading.objects.order_by("pk")
    assert [local(one.due_at).date() for one in (first, second) if one.due_at] == [
        date(2026, 5, 19),
        date(2026, 5, 25),
    ]


def test_an_older_file_does_not_undo_a_newer_one(firm: TenantWorld, then: time_machine.Coordinates) -> None:
    session = make_session(firm.tenant, live_id="7391112345678901231", starts_at=START)
    drop(firm, body(row(直播间成交金额="100")))
    drop(firm, body(row(直播间成交金额="90")))
    assert drop(firm, body(row(直播间成交金额="100")))["counts"] == {"same": 1}
    then.shift(DAY)
    assert drop(firm, body(row(直播间成交金额="100")))["counts"] == {"same": 1}
    assert [one[0] for one in figures(session)] == [Decimal(100), Decimal(90)]


def test_what_the_platform_counts_later_is_due_on_the_next_day(
    firm: TenantWorld, then: time_machine.Coordinates
) -> None:
    session = make_session(firm.tenant, live_id="7391112345678901231", starts_at=START - 20 * DAY)
    drop(firm, body(row(START - 20 * DAY, 直播间成交金额=LATER)))
    reading = SessionReading.objects.get()
    assert reading.provisional
    assert reading.due_at == datetime(2026, 5, 19, tzinfo=SHANGHAI)
    then.shift(DAY)
    drop(firm, body(row(START - 20 * DAY)))
    assert [one[0] for one in figures(session)] == [None, Decimal("58310.50")]
    latest = SessionReading.objects.latest("pk")
    assert not latest.provisional
    assert latest.due_at == datetime(2026, 5, 28, tzinfo=SHANGHAI)


def test_a_session_that_nobody_knew_is_opened_and_says_so(firm: TenantWorld) -> None:
    taken = drop(firm, body(row()), body(row()))
    assert taken["counts"] == {"opened": 1, "read": 1, "same": 1}
    session = LiveSession.objects.get(platform_live_id="7391112345678901231")
    assert (session.delivery, session.state) == (Delivery.REPORT, SessionState.ENDED)
    assert (session.started_at, session.ended_at) == (START, START + 2 * HOUR)
    assert session.park == firm.tenant.node.parent.park
    assert drop(firm, body(row()))["counts"] == {"same": 1}
    assert LiveSession.objects.filter(delivery=Delivery.REPORT).count() == 1


def test_a_session_by_phone_that_nobody_ended_ends_as_the_platform_says(firm: TenantWorld) -> None:
    session = make_session(firm.tenant, starts_at=START, state=SessionState.LIVE)
    drop(firm, body(row()))
    session.refresh_from_db()
    assert (session.state, session.ended_at) == (SessionState.ENDED, START + 2 * HOUR)


def test_a_bad_row_refuses_its_file_and_no_other(firm: TenantWorld) -> None:
    session = make_session(firm.tenant, live_id="7391112345678901231", starts_at=START)
    bad = body(row(START - DAY, 直播间ID="77"), row(START - 2 * DAY, 直播间观看人数="many", 直播间ID="78"))
    future = body(row(START + DAY, 直播间ID="79"))
    taken = drop(firm, bad, body(row()), future, b"no,table\n1,2\n")
    assert [file["refused"] for file in taken["files"]] == [True, False, True, True]
    (problem,) = taken["files"][0]["problems"]
    assert (problem["row"], problem["field"]) == (3, "直播间观看人数")
    assert taken["files"][2]["problems"][0]["code"] == "future"
    assert taken["files"][3]["error"]
    assert taken["counts"] == {"read": 1}
    assert figures(session) == [STATED]
    states = ImportBatch.objects.order_by("-pk")[:4].values_list("state", flat=True)
    assert sorted(states) == [ImportState.IMPORTED, *[ImportState.REFUSED] * 3]


def test_a_foreign_live_id_is_refused(world: World, firm: TenantWorld) -> None:
    make_session(world.tenants[1].tenant, live_id="7391112345678901231", starts_at=START)
    taken = drop(firm, body(row()))
    assert taken["files"][0]["problems"][0]["code"] == "live_id_taken"
    assert SessionReading.objects.count() == 0


def test_a_live_id_of_a_session_that_has_not_begun_is_refused(firm: TenantWorld) -> None:
    session = make_session(firm.tenant, live_id="7391112345678901231", starts_at=START)
    LiveSession.objects.filter(pk=session.pk).update(
        state=SessionState.SCHEDULED, started_at=None, ended_at=None
    )
    taken = drop(firm, body(row()))
    assert taken["files"][0]["problems"][0]["code"] == "live_id_taken"


def test_a_session_before_the_tenant_came_refuses_its_file_and_no_other(firm: TenantWorld) -> None:
    session = make_session(firm.tenant, live_id="7391112345678901231", starts_at=START)
    came = local(START).date() - 30 * DAY
    Tenancy.objects.filter(tenant=firm.tenant).update(from_day=came)
    before = body(row(START - DAY, 直播间ID="77"), row(START - 40 * DAY, 直播间ID="78"))
    for take in (False, True):
        told = drop(firm, before, body(row()), take=take)
        assert [file["refused"] for file in told["files"]] == [True, False]
        (problem,) = told["files"][0]["problems"]
        assert (problem["row"], problem["field"], problem["code"]) == (3, "started_at", "no_park")
        assert (told["found"], told["new"]) == (1, 0)
    assert figures(session) == [STATED]


def test_an_end_before_the_beginning_leaves_the_session_open(firm: TenantWorld) -> None:
    session = make_session(
        firm.tenant, live_id="7391112345678901231", starts_at=START + 2.5 * HOUR, state=SessionState.LIVE
    )
    assert drop(firm, body(row()))["counts"] == {"read": 1}
    session.refresh_from_db()
    assert (session.state, figures(session)) == (SessionState.LIVE, [STATED])


@pytest.mark.parametrize("state", [JobState.FAILED, JobState.CANCELLED])
def test_a_drop_whose_taking_came_to_nothing_can_be_confirmed_again(
    firm: TenantWorld, state: JobState
) -> None:
    job = finished_job(reports_drop(actor=SYSTEM, tenant=firm.tenant, files=[("a.csv", [body(row())])]))
    first = reports_confirm(actor=SYSTEM, job=job)
    assert reports_confirm(actor=SYSTEM, job=job) == first
    Job.objects.filter(pk=first.pk).update(state=state)
    second = reports_confirm(actor=SYSTEM, job=job)
    assert second != first
    assert finished(second)["counts"] == {"opened": 1, "read": 1}


def test_a_taking_that_runs_again_after_its_worker_died_tells_what_it_holds(firm: TenantWorld) -> None:
    make_session(firm.tenant, starts_at=START)
    files = [("a.csv", [body(row())]), ("b.csv", [b"no,table\n1,2\n"])]
    job = finished_job(reports_drop(actor=SYSTEM, tenant=firm.tenant, files=files))
    first = finished_job(reports_confirm(actor=SYSTEM, job=job))
    kept = list(ImportBatch.objects.order_by("pk").values("state", "report", "updated_at"))
    Job.objects.filter(pk=first.pk).update(state=JobState.QUEUED, finished_at=None)
    again = finished(first)
    assert list(ImportBatch.objects.order_by("pk").values("state", "report", "updated_at")) == kept
    assert [file["refused"] for file in again["files"]] == [False, True]
    assert (again["taken"], again["found"], again["refused_files"]) == (True, 1, 1)
    assert again["counts"] == {"read": 1}
    assert AuditEntry.objects.filter(verb="reports.import").count() == 1


def test_what_is_not_final_yields_to_what_is(firm: TenantWorld) -> None:
    session = make_session(firm.tenant, live_id="7391112345678901231", starts_at=START)
    taken = drop(firm, body(row()), body(row(直播间成交金额=LATER)))
    assert taken["counts"] == {"read": 2}
    assert figures(session)[-1] == STATED
    assert drop(firm, body(row(直播间成交金额=LATER, 最高在线人数="7")))["counts"] == {"same": 1}
    assert figures(session)[-1] == STATED
    assert not SessionReading.objects.latest("pk").provisional


def test_figures_that_return_to_earlier_ones_are_read_and_due_on(
    firm: TenantWorld, then: time_machine.Coordinates
) -> None:
    session = make_session(firm.tenant, live_id="7391112345678901231", starts_at=START)
    for sales in ("100", "90"):
        drop(firm, body(row(直播间成交金额=sales)))
    then.shift(DAY)
    assert drop(firm, body(row(直播间成交金额="100", 达人昵称="小美啊")))["counts"] == {"read": 1}
    assert [one[0] for one in figures(session)] == [Decimal(100), Decimal(90), Decimal(100)]
    due_at = SessionReading.objects.latest("pk").due_at
    assert due_at is not None
    assert local(due_at).date() == date(2026, 5, 25)


def test_what_another_platform_calls_the_same_is_another_session(firm: TenantWorld) -> None:
    ExchangeRate.objects.create(currency="MYR", day="2026-05-18", cny_per_unit="1.6", source="test")
    douyin, tiktok = body(row(直播间ID="", 达人ID=TIKTOK["Creator ID"])), body(TIKTOK)
    taken = drop(firm, douyin, tiktok)
    assert (taken["new"], taken["counts"]) == (2, {"opened": 2, "read": 2})
    assert drop(firm, tiktok)["counts"] == {"same": 1}
    found = [
        (LiveSession.objects.get(pk=told["session"]).platform, told["platform"]) for told in taken["rows"]
    ]
    assert found == [("douyin", "douyin"), ("tiktok", "tiktok")]
    seen = drop(firm, douyin, tiktok, take=False)["rows"]
    assert [told["session"] for told in seen] == [told["session"] for told in taken["rows"]]


def test_the_accounts_entered_for_hosts_tell_who_was_on_air(
    firm: TenantWorld, two: list[LiveSession]
) -> None:
    for host, account in ((two[1].host, "88120031"), (make_host(firm.tenant, "alpha-third"), "99")):
        HostAccount.objects.create(host=host, platform="kuaishou", account=account)
    assert drop(firm, body(row()), take=False)["asked"] == 1
    HostAccount.objects.update(platform="douyin")
    assert drop(firm, body(row()), take=False)["rows"][0]["session"] == two[1].pk
    for closed_on, known in ((business_day(START), 0), (business_day(START) + DAY, 1)):
        HostAccount.objects.filter(account="88120031").update(closed_on=closed_on)
        assert drop(firm, body(row()), take=False)["asked"] == 1 - known, "by the day of the session"
    HostAccount.objects.filter(account="88120031").update(closed_on=None)
    for opened_on, known in ((business_day(START) + DAY, 0), (business_day(START), 1)):
        HostAccount.objects.filter(account="88120031").update(opened_on=opened_on)
        assert drop(firm, body(row()), take=False)["asked"] == 1 - known, "nor who had it later"
    LiveSession.objects.filter(pk=two[1].pk).update(started_at=START - DAY, ended_at=START - DAY)
    assert drop(firm, body(row()), take=False)["asked"] == 1


def test_foreign_amounts_are_converted_by_the_rate_of_the_day(firm: TenantWorld) -> None:
    taken = drop(firm, body(TIKTOK))
    assert taken["files"][0]["problems"][0]["code"] == "no_rate"
    ExchangeRate.objects.create(currency="MYR", day="2026-05-18", cny_per_unit="1.6", source="test")
    drop(firm, body(TIKTOK))
    session = LiveSession.objects.get(platform="tiktok")
    assert figures(session)[0][0] == Decimal(1600)
    assert drop(firm, body(TIKTOK))["counts"] == {"same": 1}


@pytest.fixture
def two(firm: TenantWorld) -> list[LiveSession]:
    """Two sessions at once: a row could be either."""
    host = make_host(firm.tenant, "alpha-other")
    found = [
        make_session(firm.tenant, starts_at=START),
        make_session(firm.tenant, host=host, starts_at=START + HOUR / 20),
    ]
    LiveSession.objects.filter(pk__in=[one.pk for one in found]).update(title="")
    return found


def test_what_could_be_two_sessions_is_asked_and_the_answer_is_kept(
    firm: TenantWorld, two: list[LiveSession]
) -> None:
    taken = drop(firm, body(row()))
    assert taken["counts"] == {"asked": 1}
    assert [figures(one) for one in two] == [[], []]
    asked = question(firm)
    assert set(asked.detail["candidates"]) == {one.pk for one in two}
    drop(firm, body(row()))
    report_answer(actor=firm.owner, question=asked, session=two[1])
    assert figures(two[1]) == [STATED]
    assert SessionReading.objects.get().how == ReadBy.CHOSEN
    entry = AuditEntry.objects.get(verb="report.answer")
    assert entry.actor_id == firm.owner.user_id
    with pytest.raises(Conflict):
        report_answer(actor=firm.owner, question=asked, session=two[0])
    assert drop(firm, body(row()))["counts"] == {"same": 1}


def test_an_answer_tells_of_the_host_for_the_next_report(firm: TenantWorld, two: list[LiveSession]) -> None:
    drop(firm, body(row()))
    report_answer(actor=firm.owner, question=question(firm), session=two[1])
    again = START - DAY
    make_session(firm.tenant, starts_at=again)
    expected = make_session(firm.tenant, host=two[1].host, starts_at=again + HOUR / 20)
    seen = drop(firm, body(row(again, 直播间ID="7391112345678907777")), take=False)
    assert seen["rows"][0]["session"] == expected.pk


@pytest.mark.postgres
def test_an_answer_waits_for_a_taking_before_it_holds_the_question(
    firm: TenantWorld, two: list[LiveSession]
) -> None:
    drop(firm, body(row()))
    with CaptureQueriesContext(connection) as queries:
        report_answer(actor=firm.owner, question=question(firm), session=two[1])
    locks = [one["sql"] for one in queries if "FOR UPDATE" in one["sql"] or "advisory" in one["sql"]]
    assert str(lock_number(f"session-reports:{firm.tenant.pk}")) in locks[0]


def test_none_of_them_stays_none(firm: TenantWorld, two: list[LiveSession]) -> None:
    drop(firm, body(row()))
    assert report_answer(actor=firm.owner, question=question(firm)) is None
    assert drop(firm, body(row()))["counts"] == {"same": 1}
    assert question(firm).resolved_at is not None


def test_a_question_may_open_a_session(firm: TenantWorld, two: list[LiveSession]) -> None:
    drop(firm, body(row()))
    opened = report_answer(actor=firm.owner, question=question(firm), opens=True)
    assert opened is not None
    assert opened.delivery == Delivery.REPORT
    assert figures(opened) == [STATED]


def test_foreign_sessions_and_foreign_people_have_no_say(
    world: World, firm: TenantWorld, two: list[LiveSession]
) -> None:
    drop(firm, body(row()))
    foreign = make_session(world.tenants[1].tenant, starts_at=START)
    with pytest.raises(NotFound):
        report_answer(actor=firm.owner, question=question(firm), session=foreign)
    with pytest.raises((Refused, NotFound)):
        report_answer(actor=world.tenants[1].owner, question=question(firm), session=two[0])
    with pytest.raises((Refused, NotFound)):
        reports_drop(actor=world.tenants[1].owner, tenant=firm.tenant, files=[("a.csv", [body(row())])])


def test_sixty_files_at_once(firm: TenantWorld) -> None:
    sessions = [make_session(firm.tenant, starts_at=START - (number + 1) * DAY) for number in range(60)]
    files = [
        body(row(START - (number + 1) * DAY, 直播间ID=f"73911123456789{number:02d}7"), encoding="gb18030")
        for number in range(60)
    ]
    job = reports_drop(
        actor=firm.owner, tenant=firm.tenant, files=[(f"{n}.csv", [file]) for n, file in enumerate(files)]
    )
    done = finished_job(job)
    assert (done.done, done.total) == (60, 60)
    assert (done.result["found"], done.result["asked"]) == (60, 0)
    finished(reports_confirm(actor=firm.owner, job=job))
    assert {one.pk for one in sessions} == set(SessionReading.objects.values_list("session_id", flat=True))
    assert reports_confirm(actor=firm.owner, job=job).params["write"] is True
    assert Job.objects.filter(kind=job.kind).count() == 2


def test_a_statement_of_the_firm_is_no_report(firm: TenantWorld) -> None:
    session = make_session(firm.tenant, live_id="7391112345678901231", starts_at=START)
    drop(firm, body(row()))
    session_claim(actor=firm.owner, session=session, source=ClaimSource.TENANT, sales=Decimal(1))
    assert drop(firm, body(row()))["counts"] == {"same": 1}
    assert len(figures(session)) == 2


def command(*args: str, **options: Any) -> str:
    out = io.StringIO()
    call_command("import_sessions", *args, tenant="alpha-a", stdout=out, skip_checks=True, **options)
    return out.getvalue()


def test_the_command(firm: TenantWorld, tmp_path: Path) -> None:
    session = make_session(firm.tenant, live_id="7391112345678901231", starts_at=START)
    good, bad = tmp_path / "good.csv", tmp_path / "bad.csv"
    good.write_bytes(body(row()))
    bad.write_bytes(body(row(直播间观看人数="x")))
    told = command(str(good), profile="douyin-live", dry_run=True)
    assert "Would find 1, open 0, ask about 0" in told
    assert figures(session) == []
    assert "Read 1, known already 0" in command(str(good))
    assert figures(session) == [STATED]
    with pytest.raises(CommandError, match="refused: 1"):
        command(str(bad))
    with pytest.raises(CommandError, match="no file"):
        command(str(tmp_path / "absent.csv"))


def test_times_of_a_reading_are_those_of_the_house(firm: TenantWorld) -> None:
    drop(firm, body(row()))
    assert SessionReading.objects.get().read_at == START + timedelta(hours=3)
