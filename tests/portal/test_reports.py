"""The report round in the portal: what waits, many files at once, a look before, questions and their answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from analytics.models import SessionClaim, SessionReading
from core import jobs
from core.choices import Role, UnresolvedKind
from core.clock import DAY, HOUR
from core.models import AuditEntry, Job, Unresolved, User
from livestreams.models import LiveSession
from tests.analytics.rounds import body, row
from tests.factories import TenantWorld, World, make_host, make_session

START = datetime(2026, 5, 18, 12, tzinfo=UTC)
PAGE = "/portal/alpha-a/reports/"


@pytest.fixture(scope="module", autouse=True)
def _clock() -> Iterator[None]:
    with time_machine.travel(START + 3 * HOUR, tick=False):
        yield


@pytest.fixture
def firm(world: World) -> TenantWorld:
    LiveSession.objects.filter(tenant=world.tenants[0].tenant).update(platform="kuaishou")
    return world.tenants[0]


def upload(browser: Client, *files: bytes) -> str:
    """Drop files and let the job look at them; returns the page of the drop."""
    named = [SimpleUploadedFile(f"直播{number}.csv", content) for number, content in enumerate(files)]
    response = browser.post(PAGE, {"file": named})
    assert response.status_code == 302, response.content.decode()
    jobs.run_due()
    return str(response.url)


def page(browser: Client, address: str = PAGE) -> str:
    response = browser.get(address)
    assert response.status_code == 200
    return response.content.decode()


def test_what_waits_is_shown_until_its_report_is_there(firm: TenantWorld, owner: Client) -> None:
    session = make_session(firm.tenant, starts_at=START, live_id="7391112345678901231")
    waiting = page(owner)
    assert f"/sessions/{session.uid}/" in waiting
    drop = upload(owner, body(row()))
    looked = page(owner, drop)
    assert f"/sessions/{session.uid}/" in looked
    assert SessionReading.objects.count() == 0
    taken = owner.post(f"{drop}confirm/").url
    assert taken != drop
    jobs.run_due()
    assert SessionClaim.objects.get(session=session).viewers == 25310
    assert "/reports/" in page(owner, taken)
    assert taken in page(owner, drop)
    assert f"/sessions/{session.uid}/" not in page(owner)
    with time_machine.travel(START + DAY, tick=False):
        assert f"/sessions/{session.uid}/" in page(owner)


@pytest.mark.parametrize(("platform", "readable"), [("1688", False), ("douyin", True)])
def test_of_a_platform_whose_files_cannot_be_read_the_report_is_typed(
    firm: TenantWorld, owner: Client, platform: str, readable: bool
) -> None:
    session = make_session(firm.tenant, starts_at=START)
    LiveSession.objects.filter(tenant=firm.tenant).update(platform=platform)
    typing = f"/portal/alpha-a/sessions/{session.uid}/figures/"
    assert (typing in page(owner)) is not readable
    for source, waits in (("agency", True), ("report", readable)):
        assert owner.post(typing, {"source": source, "sales": "1000"}).status_code == 302
        assert (f"/sessions/{session.uid}/" in page(owner)) is waits, source


def test_many_files_are_one_drop_and_a_bad_one_stays_out(firm: TenantWorld, owner: Client) -> None:
    sessions = [make_session(firm.tenant, starts_at=START - number * DAY) for number in range(12)]
    files = [
        body(row(START - number * DAY, 直播间ID=f"73911123456789012{number:02d}")) for number in range(12)
    ]
    drop = upload(owner, *files, body(row(直播间观看人数="viel")))
    job = Job.objects.get(uid=drop.strip("/").rsplit("/", 1)[-1])
    assert (job.done, job.total) == (13, 13)
    looked = page(owner, drop)
    assert "直播12.csv" in looked
    assert "viel" in looked
    owner.post(f"{drop}confirm/")
    jobs.run_due()
    assert {one.pk for one in sessions} == set(SessionReading.objects.values_list("session_id", flat=True))


@pytest.mark.parametrize("answer", ["session", "new", "none"])
def test_a_question_is_answered_once_and_the_answer_is_audited(
    firm: TenantWorld, owner: Client, answer: str
) -> None:
    host = make_host(firm.tenant, "alpha-second")
    make_session(firm.tenant, starts_at=START)
    meant = make_session(firm.tenant, starts_at=START + HOUR / 30, host=host)
    LiveSession.objects.update(title="")
    drop = upload(owner, body(row()))
    owner.post(f"{drop}confirm/")
    jobs.run_due()
    asked = Unresolved.objects.get(kind=UnresolvedKind.REPORT)
    address = f"{PAGE}questions/{asked.uid}/"
    assert address in page(owner)
    assert address in page(owner, "/portal/alpha-a/unresolved/")
    assert str(meant.uid) in page(owner, address)
    assert owner.post(address, {}).status_code == 400
    given = str(meant.uid) if answer == "session" else answer
    assert owner.post(address, {"answer": given}).status_code == 302
    assert owner.get(address).status_code == 404
    assert AuditEntry.objects.filter(verb="report.answer").count() == 1
    read = SessionReading.objects.values_list("session_id", flat=True)
    if answer == "session":
        assert list(read) == [meant.pk]
    else:
        assert len(read) == (answer == "new")


def test_a_foreign_session_is_no_answer(world: World, firm: TenantWorld, owner: Client) -> None:
    make_session(firm.tenant, starts_at=START)
    make_session(firm.tenant, starts_at=START, host=make_host(firm.tenant, "alpha-second"))
    LiveSession.objects.update(title="")
    drop = upload(owner, body(row()))
    owner.post(f"{drop}confirm/")
    jobs.run_due()
    asked = Unresolved.objects.get(kind=UnresolvedKind.REPORT)
    foreign = make_session(world.tenants[1].tenant, starts_at=START)
    for answer in (foreign.uid, "nonsense"):
        response = owner.post(f"{PAGE}questions/{asked.uid}/", {"answer": str(answer)})
        assert response.status_code == 404
    assert SessionReading.objects.count() == 0


def test_no_file_and_no_right_are_refused(
    firm: TenantWorld, owner: Client, browser_of: Callable[[User], Client]
) -> None:
    assert owner.post(PAGE, {}).status_code == 400
    finance = browser_of(firm.users[Role.TENANT_FINANCE])
    file = SimpleUploadedFile("a.csv", body(row()))
    assert finance.post(PAGE, {"file": [file]}).status_code == 403
    assert 'type="file"' not in page(finance)


def test_a_report_is_no_order_file(firm: TenantWorld, owner: Client) -> None:
    drop = upload(owner, body(row()))
    job = Job.objects.get(uid=drop.strip("/").rsplit("/", 1)[-1])
    assert "直播0.csv" not in page(owner, "/portal/alpha-a/imports/")
    assert job.params["write"] is False
    assert owner.get("/portal/alpha-a/imports/samples/douyin-live.csv").status_code == 200


def test_a_wrong_answer_is_taken_back_where_it_is_seen(
    firm: TenantWorld, owner: Client, browser_of: Callable[[User], Client]
) -> None:
    wrong = make_session(firm.tenant, starts_at=START)
    right = make_session(
        firm.tenant, starts_at=START + HOUR / 30, host=make_host(firm.tenant, "alpha-second")
    )
    LiveSession.objects.update(title="")
    owner.post(f"{upload(owner, body(row()))}confirm/")
    jobs.run_due()
    asked = Unresolved.objects.get(kind=UnresolvedKind.REPORT)
    question = f"{PAGE}questions/{asked.uid}/"
    owner.post(question, {"answer": str(wrong.uid)})
    address = f"/portal/alpha-a/sessions/{wrong.uid}/report/"
    finance = browser_of(firm.users[Role.TENANT_FINANCE])
    assert address in page(owner, f"{PAGE}read/")
    assert address in page(owner, f"/portal/alpha-a/sessions/{wrong.uid}/")
    assert address not in page(finance, f"{PAGE}read/")
    assert finance.get(address).status_code == 403
    reading = SessionReading.objects.get()
    assert f'value="{reading.pk}"' in page(owner, address)
    elsewhere = f"/portal/alpha-a/sessions/{right.uid}/report/"
    assert owner.post(elsewhere, {"reading": reading.pk}).status_code == 404
    assert [owner.post(address, {"reading": given}).status_code for given in ("", "x", "999999999")] == [
        400
    ] * 3
    assert owner.post(address, {"reading": reading.pk, "reason": "wrong host"}).url == question
    assert owner.post(address, {"reading": reading.pk}).status_code == 409
    assert 'name="reading"' not in page(owner, address)
    assert owner.post(question, {"answer": str(right.uid)}).status_code == 302
    assert SessionClaim.objects.standing().get().session == right


def test_a_row_that_was_left_out_is_asked_again(firm: TenantWorld, owner: Client) -> None:
    make_session(firm.tenant, starts_at=START)
    make_session(firm.tenant, starts_at=START, host=make_host(firm.tenant, "alpha-second"))
    LiveSession.objects.update(title="")
    owner.post(f"{upload(owner, body(row()))}confirm/")
    jobs.run_due()
    asked = Unresolved.objects.get(kind=UnresolvedKind.REPORT)
    question = f"{PAGE}questions/{asked.uid}/"
    assert owner.post(f"{question}again/").status_code == 404
    owner.post(question, {"answer": "none"})
    assert f"{question}again/" in page(owner, f"{PAGE}read/")
    assert owner.post(f"{question}again/").url == question
    assert 'value="none"' in page(owner, question)


def test_samples_are_offered_to_those_who_drop_reports(
    firm: TenantWorld, owner: Client, browser_of: Callable[[User], Client]
) -> None:
    def samples(browser: Client) -> list[str]:
        links = [part.split('"')[0] for part in page(browser).split('href="')]
        return [link for link in links if "/imports/samples/" in link]

    offered = samples(owner)
    assert len(offered) >= 3
    assert {owner.get(address).status_code for address in offered} == {200}
    assert samples(browser_of(firm.users[Role.HOST])) == []
