"""The report round through the API: what waits, dropping files, answering a question, taking a row back."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.utils import translation

from analytics.models import SessionClaim, SessionReading
from core import jobs
from core.choices import Role
from core.clock import HOUR
from core.models import Job
from livestreams.models import LiveSession
from tests.analytics.rounds import START, body, drop, row
from tests.api.conftest import Caller
from tests.factories import TenantWorld, World, make_host, make_session, make_world

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
KEY = row()["直播间ID"]


@pytest.fixture(autouse=True)
def then() -> Iterator[None]:
    with translation.override("en"), time_machine.travel(START + 3 * HOUR, tick=False):
        yield


@pytest.fixture
def world() -> World:
    world = make_world("alpha")
    LiveSession.objects.update(platform="kuaishou")
    return world


@pytest.fixture
def firm(world: World) -> TenantWorld:
    return world.tenants[0]


@pytest.fixture
def owner(firm: TenantWorld) -> Caller:
    return Caller(user=firm.users[Role.TENANT_OWNER])


@pytest.fixture
def two(firm: TenantWorld) -> list[LiveSession]:
    """Two sessions at once, and a row that could be either."""
    hosts = (firm.host, make_host(firm.tenant, "alpha-other"))
    found = [
        make_session(firm.tenant, host=host, starts_at=START + number * HOUR / 20)
        for number, host in enumerate(hosts)
    ]
    LiveSession.objects.filter(pk__in=[one.pk for one in found]).update(title="")
    drop(firm, body(row()))
    return found


def waiting(caller: Caller, **query: str) -> dict[str, str | None]:
    """Due again when, by session; nothing where the report is missing."""
    reply = caller.get("reports-due", platform="douyin", **query)
    assert reply.status_code == 200, reply.content
    return {found["uid"]: found["due_at"] for found in reply.json()["results"]}


def only_question(caller: Caller) -> dict:
    (found,) = caller.get("report-questions", waiting="true").json()["results"]
    return found


def test_what_waits_is_told_to_tools_as_well(
    firm: TenantWorld, owner: Caller, two: list[LiveSession]
) -> None:
    uids = {str(one.uid) for one in two}
    for caller in (owner, Caller(firm.secret)):
        assert waiting(caller, tenant="alpha-a") == dict.fromkeys(uids)
        assert waiting(caller, tenant="alpha-b") == {}
    owner.post(f"report-questions/{only_question(owner)['uid']}/answer", {"session": str(two[0].uid)})
    assert waiting(owner) == {str(two[1].uid): None}
    with time_machine.travel(START + 33 * HOUR, tick=False):
        assert waiting(owner)[str(two[0].uid)] is not None


def test_a_question_shows_the_row_and_is_answered(owner: Caller, two: list[LiveSession]) -> None:
    asked = only_question(owner)
    assert {name: asked[name] for name in ("platform", "account", "sales", "answered_at", "left_out")} == {
        "platform": "douyin",
        "account": "小美",
        "sales": "58310.50",
        "answered_at": None,
        "left_out": False,
    }
    assert set(asked["candidates"]) == {str(one.uid) for one in two}
    address = f"report-questions/{asked['uid']}"
    for wrong in ({}, {"opens": True, "left_out": True}, {"session": str(two[0].uid), "opens": True}):
        reply = owner.post(f"{address}/answer", wrong)
        assert (reply.status_code, reply.json()["code"]) == (400, "one_answer"), wrong
    reply = owner.post(f"{address}/answer", {"session": str(two[1].uid)})
    assert reply.status_code == 200, reply.content
    assert (reply.json()["session"], reply.json()["left_out"]) == (str(two[1].uid), False)
    assert SessionReading.objects.get().session == two[1]
    assert owner.post(f"{address}/answer", {"opens": True}).status_code == 409
    assert owner.get("report-questions", waiting="true").json()["results"] == []
    assert owner.get(address).json() == reply.json()


def test_a_row_that_nobody_knew_opens_its_session(owner: Caller, two: list[LiveSession]) -> None:
    reply = owner.post(f"report-questions/{only_question(owner)['uid']}/answer", {"opens": True})
    made = LiveSession.objects.exclude(pk__in=[one.pk for one in two]).get(uid=reply.json()["session"])
    assert made.started_at == START


def test_a_row_that_was_left_out_is_asked_about_again(owner: Caller, two: list[LiveSession]) -> None:
    address = f"report-questions/{only_question(owner)['uid']}"
    assert owner.post(f"{address}/ask-again").status_code == 409
    left = owner.post(f"{address}/answer", {"left_out": True}).json()
    assert (left["left_out"], left["session"], SessionReading.objects.count()) == (True, None, 0)
    again = owner.post(f"{address}/ask-again")
    assert (again.status_code, again.json()["left_out"]) == (200, False)
    assert only_question(owner)["uid"] == left["uid"]


def test_a_row_is_taken_back_by_its_key(owner: Caller, two: list[LiveSession]) -> None:
    owner.post(f"report-questions/{only_question(owner)['uid']}/answer", {"session": str(two[0].uid)})
    address = f"sessions/{two[0].uid}/report"
    (reading,) = owner.get(address).json()["results"]
    assert (reading["key"], reading["how"]) == (KEY, "chosen")
    assert owner.post(address, {"key": "another"}).status_code == 404
    taken = owner.post(address, {"key": KEY, "reason": "wrong host"})
    assert taken.status_code == 201, taken.content
    assert taken.json()["uid"] == only_question(owner)["uid"]
    assert owner.get(address).json()["results"] == []
    assert owner.post(address, {"key": KEY}).status_code == 404


def test_questions_are_for_the_people_of_the_firm(
    world: World, firm: TenantWorld, owner: Caller, two: list[LiveSession]
) -> None:
    address = f"report-questions/{only_question(owner)['uid']}"
    answer = {"session": str(two[0].uid)}
    finance = Caller(user=firm.users[Role.TENANT_FINANCE])
    assert finance.get(address).status_code == 200
    assert finance.post(f"{address}/answer", answer).status_code == 403
    assert Caller(firm.secret).get(address).status_code == 403
    for stranger in (world.tenants[1].users[Role.TENANT_OWNER], world.users[Role.PARK_MANAGER]):
        assert Caller(user=stranger).get(address).status_code in (403, 404)
        assert Caller(user=stranger).post(f"{address}/answer", answer).status_code in (403, 404)
    theirs = {"session": str(world.tenants[1].session.uid)}
    assert owner.post(f"{address}/answer", theirs).status_code == 400
    assert SessionReading.objects.count() == 0


def files(*contents: bytes) -> list[dict[str, str]]:
    return [
        {"name": f"{number}.csv", "content": base64.b64encode(content).decode()}
        for number, content in enumerate(contents)
    ]


def dropped(owner: Caller, *contents: bytes) -> dict[str, Any]:
    """A drop after it was looked at."""
    reply = owner.post("report-drops", {"tenant": "alpha-a", "files": files(*contents)})
    assert reply.status_code == 201, reply.content
    assert (reply.json()["state"], reply.json()["files"]) == ("queued", [])
    jobs.run_due()
    return owner.get(f"report-drops/{reply.json()['uid']}").json()


def test_files_are_dropped_looked_at_and_taken(firm: TenantWorld, owner: Caller) -> None:
    session = make_session(firm.tenant, starts_at=START)
    bad = body(row(直播间观看人数="many"))
    looked = dropped(owner, body(row()), bad)
    assert (looked["state"], looked["taken"], looked["found"], looked["refused_files"]) == (
        "done",
        False,
        1,
        1,
    )
    assert [(one["file"], one["session"]) for one in looked["rows"]] == [("0.csv", str(session.uid))]
    assert [(one["name"], one["refused"]) for one in looked["files"]] == [("0.csv", False), ("1.csv", True)]
    (problem,) = looked["files"][1]["problems"]
    assert (problem["row"], problem["field"]) == (2, "直播间观看人数")
    assert not SessionClaim.objects.filter(session=session).exists()

    address = f"report-drops/{looked['uid']}/confirm"
    taking = owner.post(address)
    assert taking.status_code == 201, taking.content
    jobs.run_due()
    taken = owner.get(f"report-drops/{taking.json()['uid']}").json()
    assert (taken["state"], taken["taken"], taken["row_count"]) == ("done", True, 1)
    assert SessionClaim.objects.get(session=session).viewers == 25310
    assert owner.post(address).json()["uid"] == taking.json()["uid"]
    assert owner.post(f"report-drops/{taking.json()['uid']}/confirm").status_code == 409


def test_what_a_drop_holds_is_told_to_its_firm_alone(world: World, firm: TenantWorld, owner: Caller) -> None:
    uid = dropped(owner, body(row()))["uid"]
    manager = Caller(user=world.users[Role.PARK_MANAGER]).get(f"report-drops/{uid}")
    assert (manager.status_code, manager.json()["files"], manager.json()["rows"]) == (200, [], [])
    neighbour = Caller(user=world.tenants[1].users[Role.TENANT_OWNER])
    assert neighbour.get(f"report-drops/{uid}").status_code == 404
    assert neighbour.post(f"report-drops/{uid}/confirm").status_code == 404
    finance = Caller(user=firm.users[Role.TENANT_FINANCE])
    assert finance.get(f"report-drops/{uid}").status_code == 200
    assert finance.post(f"report-drops/{uid}/confirm").status_code == 403
    assert Caller(firm.secret).post("report-drops", {"tenant": "alpha-a"}).status_code == 403


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"files": []}, "files"),
        ({"files": files(b"a") * 101}, "files"),
        ({"files": [{"name": "a.csv", "content": "no base64"}]}, "files.content"),
        ({"files": [{"name": "", "content": "YQ=="}]}, "files.name"),
        ({"profile": "nobody"}, "profile"),
        ({"timezone": "Mars/Olympus"}, "timezone"),
        ({"tenant": "beta-a"}, "tenant"),
    ],
)
def test_a_drop_that_makes_no_sense_is_refused(owner: Caller, changes: dict[str, Any], field: str) -> None:
    reply = owner.post("report-drops", {"tenant": "alpha-a", "files": files(body(row())), **changes})
    assert reply.status_code == 400, reply.content
    assert field in {error["field"] for error in reply.json()["errors"]}, reply.json()


def test_the_notes_of_a_file_are_in_the_language_of_who_reads_them(firm: TenantWorld, owner: Caller) -> None:
    later = body(row(直播间成交金额="数据将于第二天更新"))
    with translation.override("zh-hans"):
        uid = dropped(owner, later)["uid"]

    def notes(language: str) -> list[str]:
        told = owner.client.get(f"/api/v1/report-drops/{uid}", headers={"Accept-Language": language})
        return told.json()["files"][0]["notes"]

    english = "1 session will be completed by the platform; import it again tomorrow."
    chinese = "有 1 场的数据平台次日才会补全，请明天再导入一次。"
    assert (notes("en"), notes("zh-hans")) == ([english], [chinese])
    # Reports of before hold words.
    job = Job.objects.get(uid=uid)
    job.result["files"][0]["notes"] = [chinese]
    job.save()
    assert notes("en") == [chinese]


def test_what_is_wrong_with_a_file_is_in_the_language_of_who_reads_it(owner: Caller) -> None:
    with translation.override("zh-hans"):
        uid = dropped(owner, body(row(直播间观看人数="many")), b"no,table\n1,2\n")["uid"]
    for language, problem, error in (
        ("en", "“many” is not a number such as 1234.50 or 1,234.50.", "No known column headers"),
        ("zh-hans", "“many”不是数字，应如 1234.50 或 1,234.50。", "前 20 行没有认识的表头"),
    ):
        reply = owner.client.get(f"/api/v1/report-drops/{uid}", headers={"Accept-Language": language})
        first, second = reply.json()["files"]
        assert first["problems"][0]["message"] == problem
        assert second["error"].startswith(error)
