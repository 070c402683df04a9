"""A firm's own hosts in the portal: who they are, contracts, accounts with followers, certificates, courses."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from core.choices import Role
from core.clock import DAY, today
from core.models import User
from livestreams.choices import EngagementKind
from livestreams.models import Certificate, Course, CourseRun, Engagement, Enrolment, Host, HostAccount
from tests.factories import TenantWorld, World, make_host


@pytest.fixture(autouse=True)
def in_english(owner: Client) -> None:
    """Sentences are compared as they stand in the code."""
    owner.cookies["django_language"] = "en"


@pytest.fixture
def new_host(firm: TenantWorld) -> Host:
    """A host of the firm of whom nothing else is known yet."""
    return make_host(firm.tenant, "newcomer", "Newcomer")


def door(firm: TenantWorld, name: str, *uids: Any) -> str:
    return reverse(f"portal-{name}", args=[firm.tenant.code, *uids])


def errors(answer: Any) -> list[str]:
    assert answer.status_code in (400, 409), answer.status_code
    return list(answer.context["form"].errors)


def test_a_firm_adds_a_host(owner: Client, firm: TenantWorld) -> None:
    page = door(firm, "host-new")
    assert page in owner.get(door(firm, "hosts")).text
    posted = {
        "name_zh": "小林",
        "code": "xiaolin",
        "day_rate": "650.50",
        "categories": "女装，童装",
        "languages": "zh, en",
        "markets": ["CN", "SEA"],
    }
    answer = owner.post(page, posted, follow=True)
    host = Host.objects.get(code="xiaolin")
    assert answer.redirect_chain == [(door(firm, "host", host.uid), 302)]
    assert (host.tenant, host.day_rate, host.categories) == (firm.tenant, Decimal("650.50"), ["女装", "童装"])
    assert (host.languages, host.markets) == (["zh", "en"], ["CN", "SEA"])
    for told in ("Chinese, English", "domestic, Southeast Asia"):
        assert told in owner.get(door(firm, "host", host.uid)).text
    assert "domestic, Southeast Asia" in owner.get(door(firm, "hosts")).text
    assert errors(owner.post(page, posted)) == ["code"]
    assert errors(owner.post(page, {**posted, "code": "小林", "day_rate": "-1"})) == ["code", "day_rate"]
    for word in ("a\0b", "x" * 65):
        assert errors(owner.post(page, {**posted, "code": "other", "categories": word})) == ["categories"]
    answer = owner.post(page, {**posted, "code": "other", "name_zh": "a\x01b", "level": "x" * 17})
    assert errors(answer) == ["name_zh", "level"]


def test_a_firm_adds_an_account_and_says_its_followers_of_today(
    owner: Client, firm: TenantWorld, new_host: Host
) -> None:
    page = door(firm, "host-account", new_host.uid)
    assert owner.post(page, {"platform": "douyin", "account": "lin88"}).status_code == 302
    for name in ("lin88", "a\tb"):
        assert errors(owner.post(page, {"platform": "douyin", "account": name})) == ["account"]
    account = HostAccount.objects.get(host=new_host)
    tell = door(firm, "account-followers", account.uid)
    assert tell in owner.get(door(firm, "host", new_host.uid)).text
    for number in ("1200", "1250"):
        assert owner.post(tell, {"followers": number}).status_code == 302
    told = account.readings.order_by("version").values_list("day", "followers", "source")
    assert list(told) == [(today(), 1200, "portal"), (today(), 1250, "portal")]
    assert errors(owner.post(tell, {"followers": "-1"})) == ["followers"]


def test_a_firm_closes_an_account_that_a_host_has_no_more_and_takes_it_back(
    owner: Client, firm: TenantWorld, new_host: Host
) -> None:
    account = HostAccount.objects.create(host=new_host, platform="douyin", account="lin88")
    own, tell, close, reopen = (
        door(firm, "host", new_host.uid),
        *(door(firm, f"account-{name}", account.uid) for name in ("followers", "close", "reopen")),
    )
    assert [each in owner.get(own).text for each in (tell, close, reopen)] == [True, True, False]
    assert errors(owner.post(close, {"closed_on": ""})) == ["closed_on"]
    assert owner.post(close, {"closed_on": f"{today() + DAY}"}).status_code == 302
    assert [each in owner.get(own).text for each in (tell, close, reopen)] == [True, True, True]
    assert owner.post(close, {"closed_on": f"{today()}"}, follow=True).redirect_chain == [(own, 302)]
    shown = owner.get(own).text
    assert [each in shown for each in (tell, close, reopen)] == [False, True, True]
    assert f"closed from {today()} on" in shown
    assert owner.post(tell, {"followers": "7"}).status_code == 404
    assert owner.post(reopen, follow=True).redirect_chain == [(own, 302)]
    account.refresh_from_db()
    assert account.closed_on is None


def test_the_day_on_which_an_account_went_to_another_host_is_moved(
    owner: Client, firm: TenantWorld, new_host: Host
) -> None:
    """The first one's end comes first: neither reopening it nor an earlier beginning of the other is possible then."""
    named = {"platform": "douyin", "account": "lin88"}
    said, truth = today() - 3 * DAY, today() - 8 * DAY
    left = HostAccount.objects.create(host=firm.host, closed_on=said, **named)
    came = HostAccount.objects.create(host=new_host, opened_on=said, **named)
    close, begin = door(firm, "account-close", left.uid), door(firm, "account-begin", came.uid)
    assert close in owner.get(door(firm, "host", firm.host.uid)).text
    asked, asked_since = owner.get(close).text, owner.get(begin).text
    assert f'value="{said}"' in asked
    assert "Empty: as long as anybody knows." in asked_since
    assert owner.post(begin, {"opened_on": f"{truth}"}).status_code == 409
    assert owner.post(close, {"closed_on": f"{truth}"}).status_code == 302
    assert owner.post(begin, {"opened_on": f"{truth}"}).status_code == 302
    left.refresh_from_db()
    came.refresh_from_db()
    assert (left.closed_on, came.opened_on) == (truth, truth)


def test_an_account_that_another_host_had_begins_when_it_was_left(
    owner: Client, firm: TenantWorld, new_host: Host
) -> None:
    before = HostAccount.objects.create(host=firm.host, platform="douyin", account="lin88")
    page, own = door(firm, "host-account", new_host.uid), door(firm, "host", new_host.uid)
    posted = {"platform": "douyin", "account": "lin88"}
    assert errors(owner.post(page, posted)) == ["account"]
    owner.post(door(firm, "account-close", before.uid), {"closed_on": f"{today() - 3 * DAY}"})
    assert owner.post(page, posted).status_code == 302
    account = HostAccount.objects.get(host=new_host)
    assert account.opened_on == today() - 3 * DAY
    assert f"from {account.opened_on} on" in owner.get(own).text
    begin = door(firm, "account-begin", account.uid)
    assert begin in owner.get(own).text
    assert f'value="{account.opened_on}"' in owner.get(begin).text
    for wrong in (today() - 4 * DAY, ""):
        assert owner.post(begin, {"opened_on": f"{wrong}"}).status_code == 409
    assert owner.post(begin, {"opened_on": f"{today() + DAY}"}).status_code == 302
    tell = door(firm, "account-followers", account.uid)
    assert tell not in owner.get(own).text
    assert owner.post(tell, {"followers": "7"}).status_code == 404
    assert owner.post(door(firm, "account-reopen", before.uid), follow=True).status_code == 200
    before.refresh_from_db()
    assert before.closed_on == today() - 3 * DAY, "another has it since"


def test_a_firm_says_by_which_contract_and_ends_it(owner: Client, firm: TenantWorld, new_host: Host) -> None:
    page = door(firm, "host-contract", new_host.uid)

    def begin(from_day: date, kind: str = "agency", **more: Any) -> Any:
        return owner.post(page, {"kind": kind, "from_day": f"{from_day}", "monthly_sessions": "22", **more})

    assert begin(today() - DAY).status_code == 302
    contract = Engagement.objects.get(host=new_host)
    assert (contract.kind, contract.monthly_sessions, contract.park) == ("agency", 22, None)
    assert errors(begin(today() + DAY)) == ["from_day"]
    assert errors(begin(today(), to_day=f"{today()}")) == ["to_day"]
    assert errors(begin(today(), kind=EngagementKind.PARK)) == ["kind"]
    end = door(firm, "contract-end", contract.uid)
    assert end in owner.get(page).text
    assert owner.get(end).context["form"]["to_day"].value() == today()
    assert errors(owner.post(end, {"to_day": f"{today() - DAY}"})) == ["to_day"]
    assert owner.post(end, {"to_day": f"{today()}"}).status_code == 302
    contract.refresh_from_db()
    assert contract.to_day == today()
    assert begin(today(), kind="employee").status_code == 302


def test_a_contract_with_an_end_ends_earlier_and_never_later(
    owner: Client, firm: TenantWorld, new_host: Host
) -> None:
    def contract(from_day: date, to_day: date) -> Engagement:
        return Engagement.objects.create(host=new_host, kind="agency", from_day=from_day, to_day=to_day)

    over, ahead = contract(today() - 9 * DAY, today()), contract(today(), today() + 9 * DAY)
    shown = owner.get(door(firm, "host-contract", new_host.uid)).text
    assert door(firm, "contract-end", over.uid) not in shown
    end = door(firm, "contract-end", ahead.uid)
    assert end in shown
    answer = owner.post(end, {"to_day": f"{today() + 10 * DAY}"})
    assert (answer.status_code, errors(answer)) == (400, ["to_day"])
    assert owner.post(end, {"to_day": f"{today() + 3 * DAY}"}).status_code == 302
    ahead.refresh_from_db()
    assert ahead.to_day == today() + 3 * DAY


def test_a_firm_writes_down_a_certificate_from_elsewhere(
    owner: Client, firm: TenantWorld, new_host: Host
) -> None:
    page = door(firm, "host-certificate", new_host.uid)
    posted = {"title": "普通话二级甲等", "number": "PTH-1", "issued_on": f"{today()}"}
    assert errors(owner.post(page, {**posted, "issued_on": f"{today() + DAY}"})) == ["issued_on"]
    assert errors(owner.post(page, {**posted, "expires_on": f"{today() - DAY}"})) == ["expires_on"]
    assert owner.post(page, posted).status_code == 302
    kept = Certificate.objects.get(host=new_host)
    assert (kept.title, kept.number, kept.course) == ("普通话二级甲等", "PTH-1", None)
    assert "PTH-1" in owner.get(door(firm, "host", new_host.uid)).text


def test_a_firm_enrols_its_host_in_a_course_of_its_park(
    owner: Client, world: World, firm: TenantWorld, new_host: Host
) -> None:
    course = Course.objects.create(park=world.park, code="light", name_zh="灯光", name_en="Light")
    run = CourseRun.objects.create(course=course, first_day=today(), last_day=today() + DAY, seats=1)
    over = CourseRun.objects.create(course=course, first_day=today() - DAY, last_day=today() - DAY)
    page = door(firm, "host-enrol")
    shown = owner.get(door(firm, "hosts")).text
    assert f"{page}?run={run.uid}" in shown
    assert f"{over.uid}" not in shown
    assert f'value="{run.uid}" selected' in owner.get(f"{page}?run={run.uid}").text
    assert errors(owner.post(page, {"run": f"{over.uid}", "host": new_host.code})) == ["run"]
    assert errors(owner.post(page, {"run": f"{run.uid}", "host": world.tenants[1].host.code})) == ["host"]
    answer = owner.post(page, {"run": f"{run.uid}", "host": new_host.code}, follow=True)
    assert Enrolment.objects.get(run=run).host == new_host
    assert f"Enrolled: {new_host}" in answer.text
    assert errors(owner.post(page, {"run": f"{run.uid}", "host": firm.host.code})) == ["run"]
    CourseRun.objects.filter(pk=run.pk).update(seats=2)
    assert errors(owner.post(page, {"run": f"{run.uid}", "host": new_host.code})) == ["host"]


def test_a_firm_writes_nothing_of_the_hosts_of_others(owner: Client, world: World, firm: TenantWorld) -> None:
    theirs = world.tenants[1].host
    account, contract = theirs.accounts.earliest("pk"), theirs.engagements.earliest("pk")
    pages = [
        *(door(firm, name, theirs.uid) for name in ("host-account", "host-contract", "host-certificate")),
        *(door(firm, f"account-{name}", account.uid) for name in ("followers", "close")),
        door(firm, "contract-end", contract.uid),
    ]
    posted = {
        "platform": "douyin",
        "account": "stolen",
        "kind": "agency",
        "from_day": f"{today()}",
        "to_day": f"{today() + DAY}",
        "title": "stolen",
        "issued_on": f"{today()}",
        "followers": "1",
        "closed_on": f"{today()}",
    }
    for page in pages:
        assert (owner.get(page).status_code, owner.post(page, posted).status_code) == (404, 404), page
    assert owner.post(door(firm, "account-reopen", account.uid)).status_code == 404
    account.refresh_from_db()
    assert (account.readings.count(), account.closed_on) == (1, None)
    contract.refresh_from_db()
    assert contract.to_day is None


def test_whoever_only_looks_gets_no_door(firm: TenantWorld, browser_of: Any) -> None:
    def shown(user: User) -> str:
        browser = browser_of(user)
        return "".join(browser.get(page).text for page in (door(firm, "hosts"), own))

    own = door(firm, "host", firm.host.uid)
    account = firm.host.accounts.earliest("pk")
    doors = [door(firm, "host-new"), door(firm, "host-enrol"), f"{own}account/", f"{own}contract/"]
    doors += [door(firm, "account-close", account.uid)]
    assert all(each in shown(firm.users[Role.TENANT_STAFF]) for each in doors)
    for role in (Role.TENANT_FINANCE, Role.HOST):
        browser, text = browser_of(firm.users[role]), shown(firm.users[role])
        assert not [each for each in doors if each in text]
        assert {browser.post(each).status_code for each in doors} == {403}
