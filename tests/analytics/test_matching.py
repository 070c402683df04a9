"""Hosts for goods in a park: what is gathered, who sees what, stored assignments, and every door."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import translation

from analytics import rollup
from analytics.choices import MatchState, Verdict
from analytics.matching.facts import Wanted
from analytics.matching.gathering import SETTLED, candidates, observations
from analytics.matching.goods import Goods, read_goods
from analytics.models import MatchRun, TrustVerdict
from analytics.selectors.matching import HostMatches, host_matches
from analytics.services import match_run_repeat, match_run_start, match_run_stop
from core.actors import user_actor
from core.choices import JobState, Role
from core.clock import DAY, HOUR, business_day, day_start, now, today
from core.errors import Conflict, InvalidInput, Refused
from core.jobs import job_cancel, run_due
from livestreams.choices import AbsenceKind, ShiftRole
from livestreams.conflicts import Span
from livestreams.models import Certificate, Host, HostAbsence, HostShift, LiveSession
from livestreams.services import account_begin, account_close, account_reopen, booking_create
from supplychain.facts import SaleFact
from supplychain.services import sales_record
from tenants.models import Tenant
from tests.api.conftest import Caller
from tests.factories import SYSTEM, TenantWorld, World, make_host, make_session

LIGHTS = "灯饰"
MARK = Decimal("31415.92")


@pytest.fixture
def world(world: World) -> World:
    """A park in which the second firm sold a lot with its own host, and the first a little with its own."""
    Tenant.objects.filter(node__parent=world.park.pk).update(industry=LIGHTS)
    for mine, amount in zip(world.tenants, (Decimal("900.00"), MARK), strict=True):
        mine.tenant.refresh_from_db()
        for back in range(3, 9):
            sell(mine.tenant, mine.host, amount, back)
    rollup.drain()
    return world


def sell(
    tenant: Tenant, host: Host, amount: Decimal, days_ago: int, refund: Decimal | None = None
) -> LiveSession:
    """A session of two hours with one order, some days ago."""
    session = make_session(tenant, host=host, starts_at=day_start(today() - days_ago * DAY) + 20 * HOUR)
    common: dict[str, Any] = {
        "order_no": f"{tenant.code}-{host.code}-{days_ago}",
        "occurred_at": session.started_at,
        "session_ref": str(session.uid),
        "qty": 1,
    }
    facts = [SaleFact(kind="paid", amount=amount, **common)]
    if refund is not None:
        facts.append(SaleFact(kind="refunded", amount=refund, **{**common, "external_id": f"R{days_ago}"}))
    sales_record(actor=SYSTEM, seller=tenant, source="test", facts=list(enumerate(facts)), atomic=True)
    return session


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """Sentences are read in English here."""
    with translation.override("en"):
        yield


# Beyond what the world has booked.
SOON = 20 * DAY


def window(days: int = 3) -> Span:
    start = day_start(today() + SOON)
    return Span(start, start + days * DAY)


def asked(world: World, who: Any, of: Any, **values: Any) -> HostMatches:
    wanted = Wanted(LIGHTS, **{"hours": 2.0, **values})
    return host_matches(actor=user_actor(who), of=of, wanted=wanted, window=window())


def owner_of(mine: TenantWorld) -> Any:
    return mine.users[Role.TENANT_OWNER]


# --- what is gathered ------------------------------------------------------------------------------


def test_a_session_counts_with_its_orders_its_host_and_what_was_known_then(world: World) -> None:
    first = world.tenants[0]
    session = sell(first.tenant, first.host, Decimal("500.00"), 20, refund=Decimal("120.00"))
    rollup.drain()
    (seen,) = (one for one in observations(world.park.pk) if one.key.startswith(str(session.uid)))
    assert (seen.host, seen.seller, seen.category) == (first.host.code, first.tenant.code, LIGHTS)
    assert (seen.hours, seen.paid, seen.refunds, seen.price) == (2.0, 500.0, 120.0, 500.0)
    assert seen.followers == 1000
    assert seen.is_settled
    assert not seen.is_doubtful


def test_what_was_stated_counts_nowhere_and_a_session_without_orders_is_none(world: World) -> None:
    keys = {one.key.partition(":")[0] for one in observations(world.park.pk)}
    assert len(keys) == 12
    assert all(str(mine.session.uid) not in keys for mine in world.tenants)


def test_young_sessions_have_no_settled_refunds_yet(world: World) -> None:
    assert not any(one.is_settled for one in observations(world.park.pk))
    later = now() + SETTLED
    assert all(one.is_settled for one in observations(world.park.pk, later))


def test_only_the_standing_verdict_makes_a_session_doubtful(world: World) -> None:
    session = LiveSession.objects.filter(figures__lines__gt=0).earliest("pk")

    def doubtful() -> list[str]:
        return [one.key.partition(":")[0] for one in observations(world.park.pk) if one.is_doubtful]

    common: dict[str, Any] = {"session": session, "reasons": "", "inputs_hash": "0"}
    TrustVerdict.objects.create(**common, version=100, verdict=Verdict.DOUBTFUL)
    assert doubtful() == [str(session.uid)]
    TrustVerdict.objects.create(**common, version=101, verdict=Verdict.VERIFIED)
    assert doubtful() == []


def test_hosts_of_one_session_share_it_by_their_time(world: World) -> None:
    first = world.tenants[0]
    session = sell(first.tenant, first.host, Decimal("400.00"), 12)
    middle = session.started_at + HOUR / 2
    session.shifts.update(ends_at=middle)
    other = make_host(first.tenant, "alpha-a-second")
    HostShift.objects.create(
        session=session, host=other, role=ShiftRole.HOST, starts_at=middle, ends_at=session.ended_at
    )
    rollup.drain()
    parts = {one.host: one for one in observations(world.park.pk) if one.key.startswith(str(session.uid))}
    assert (parts[first.host.code].hours, parts[first.host.code].paid) == (0.5, 100.0)
    assert (parts[other.code].hours, parts[other.code].paid) == (1.5, 300.0)


# --- who sees what ---------------------------------------------------------------------------------


def test_the_park_sees_every_host_with_amounts(world: World) -> None:
    found = asked(world, world.users[Role.PARK_MANAGER], world.park)
    assert found.with_amounts
    assert found.sessions == 12
    best = found.matches[0]
    assert best.host == world.tenants[1].host
    assert best.sales is not None
    assert best.low is not None
    assert best.high is not None
    assert best.low < best.sales < best.high
    assert best.after_cost == pytest.approx(best.sales - 500, rel=Decimal("0.01"))
    assert found.matches[0].sales > 3 * (found.matches[-1].sales or 0)


def test_a_tenant_gets_its_own_hosts_ranks_and_reasons_without_any_amount(world: World) -> None:
    first, second = world.tenants
    found = asked(world, owner_of(first), first.tenant)
    assert {match.host.tenant_id for match in found.matches} == {first.tenant.pk}
    assert not found.with_amounts
    assert found.sessions is None
    for match in found.matches:
        assert (match.sales, match.low, match.high, match.after_cost) == (None, None, None, None)
        assert not any("%" in reason for reason in match.reasons)
    # The best host of the park is of the other firm: the own one is told where it stands, not how far behind.
    own = next(match for match in found.matches if match.host == first.host)
    assert [match.rank for match in found.matches] == [1, 2]
    assert own.quarter == 4
    with pytest.raises(Refused):
        asked(world, owner_of(first), second.tenant)
    with pytest.raises(Refused):
        asked(world, owner_of(first), world.park)


def test_neither_day_rate_nor_budget_of_a_tenant_asks_what_others_sold(world: World) -> None:
    """Whoever may set a rate or a budget could otherwise find out an amount by halving."""
    first, second = world.tenants
    # An agency's host that sells for another firm.
    sell(second.tenant, first.host, MARK, 15)
    rollup.drain()

    def order(**values: Any) -> list[tuple[str, int, int]]:
        found = asked(world, owner_of(first), first.tenant, **values)
        return [(match.host.code, match.rank, match.quarter) for match in found.matches]

    before = order()
    best = before[0][0]
    Host.objects.filter(code=best).update(day_rate=Decimal(1_000_000))
    assert order() == before
    assert order(budget=1_000_000.0) == before
    assert best not in [code for code, _rank, _quarter in order(budget=999_999.0)]


# --- reasons and who cannot be had -----------------------------------------------------------------


def reasons_of(found: HostMatches, host: Host) -> str:
    return " ".join(next(match for match in found.matches if match.host == host).reasons)


def test_reasons_say_what_is_known(world: World) -> None:
    first = world.tenants[0]
    Host.objects.filter(pk=first.host.pk).update(categories=[LIGHTS], languages=["zh"], markets=[])
    found = asked(world, world.users[Role.PARK_MANAGER], world.park, language="zh", market="CN", budget=800.0)
    told = reasons_of(found, first.host)
    assert "6 sessions with 灯饰, 12 h before the camera." in told
    assert "1,000 followers." in told
    assert "Names 灯饰 among its categories." in told
    assert "Speaks Chinese." in told
    assert "Its markets are not on record." in told
    assert "Costs 500 CNY by its day rate, within the budget of 800 CNY." in told
    new = next(match for match in found.matches if "No session is known yet" in " ".join(match.reasons))
    assert new.high is not None
    assert new.low is not None
    known = next(match for match in found.matches if match.host == first.host)
    assert new.high / new.low > (known.high or 0) / (known.low or 1)


def test_who_cannot_be_had_is_told_with_every_reason(world: World) -> None:
    first, second = world.tenants
    span = window()
    HostAbsence.objects.create(
        host=first.host, kind=AbsenceKind.LEAVE, starts_at=span.start, ends_at=span.end
    )
    Host.objects.filter(pk=second.host.pk).update(languages=["en"], day_rate=Decimal(2000))
    course = world.course_run.course
    Certificate.objects.create(
        host=first.host, course=course, title="c", issued_on=today(), expires_on=today() + 100 * DAY
    )
    Certificate.objects.create(
        host=second.host, course=course, title="c", issued_on=today(), expires_on=span.start.date()
    )
    found = host_matches(
        actor=user_actor(world.users[Role.PARK_MANAGER]),
        of=world.park,
        wanted=Wanted(LIGHTS, 2.0, language="zh", budget=1000.0),
        window=span,
        course=course,
    )
    told = {one.host: " ".join(one.reasons) for one in found.excluded}
    assert told[first.host].startswith("Not free for 2 h in the window")
    assert "certificate" not in told[first.host]
    assert "leave" not in told[first.host]
    assert "Holds no valid certificate" in told[second.host]
    assert "Does not speak Chinese." in told[second.host]
    assert "Costs 2,000 CNY, more than the budget of 1,000 CNY." in told[second.host]


def test_followers_of_an_account_that_is_closed_count_no_longer(world: World) -> None:
    host = world.tenants[0].host
    account = host.accounts.get()

    def followers() -> int | None:
        (candidate,), _free = candidates([host], window())
        return candidate.followers

    known = followers()
    assert known
    begins = business_day(window().start)
    for closed_on, counted in ((begins + DAY, known), (begins, None), (today(), None)):
        account_close(actor=SYSTEM, account=account, closed_on=closed_on)
        assert followers() == counted, "as it is when the host is wanted"
    account_reopen(actor=SYSTEM, account=account)
    assert followers() == known
    for opened_on, counted in ((begins + DAY, None), (begins, known)):
        account_begin(actor=SYSTEM, account=account, opened_on=opened_on)
        assert followers() == counted


def test_a_booked_host_is_not_free(world: World) -> None:
    first, span = world.tenants[0], window(1)
    Host.objects.filter(pk=first.host.pk).update(weekly_hours=["1-7 10:00-14:00"])

    def is_offered() -> bool:
        found = host_matches(
            actor=user_actor(owner_of(first)), of=first.tenant, wanted=Wanted(LIGHTS, 3.0), window=span
        )
        return any(match.host == first.host for match in found.matches)

    assert is_offered()
    booking_create(
        actor=SYSTEM,
        room=world.rooms[0],
        tenant=first.tenant,
        host=first.host,
        starts_at=span.start + 11 * HOUR,
        ends_at=span.start + 12 * HOUR,
    )
    assert not is_offered()


@pytest.mark.parametrize(
    ("values", "span", "field"),
    [
        ({"hours": 0.0}, window, "hours"),
        ({"hours": 201.0}, window, "hours"),
        ({"category": ""}, window, "category"),
        ({}, lambda: window(40), "until"),
        ({}, lambda: Span(now() - 2 * DAY, now() - DAY), "since"),
    ],
)
def test_what_cannot_be_asked_names_the_field(
    world: World, values: dict[str, Any], span: Callable[[], Span], field: str
) -> None:
    wanted = Wanted(**{"category": LIGHTS, "hours": 2.0, **values})
    with pytest.raises(InvalidInput) as refused:
        host_matches(actor=SYSTEM, of=world.park, wanted=wanted, window=span())
    assert refused.value.field == field


# --- stored assignments ----------------------------------------------------------------------------


def goods(*names: str, **values: Any) -> list[Goods]:
    return [Goods(name, LIGHTS, Decimal(2), **values) for name in names]


def start(world: World, **values: Any) -> MatchRun:
    day = today() + SOON
    common: dict[str, Any] = {
        "first_day": day,
        "last_day": day,
        "goods": goods("a", "b", times="10:00-12:00"),
    }
    return match_run_start(
        actor=user_actor(world.users[Role.PARK_MANAGER]), park=world.park, **{**common, **values}
    )


def test_an_assignment_is_proven_kept_and_gives_the_same_numbers_again(world: World) -> None:
    run = start(world)
    run_due()
    run.refresh_from_db()
    assert run.state == MatchState.DONE
    assert run.proof == "optimal"
    assert run.value == run.bound > 0
    hosts = {pair["host"] for pair in run.results["pairs"]}
    assert len(hosts) == 2
    assert world.tenants[1].host.code in hosts
    assert run.figures["sessions"] == 12
    # New sales change what would be computed now, and not what was.
    sell(world.tenants[0].tenant, world.tenants[0].host, Decimal("99999.00"), 2)
    rollup.drain()
    again = match_run_repeat(run)
    assert (again.results, again.figures) == (run.results, run.figures)
    assert "The same answer came out" in repeated(run)
    MatchRun.objects.filter(pk=run.pk).update(results={**run.results, "pairs": []})
    with pytest.raises(CommandError, match="Another answer came out"):
        repeated(run)
    MatchRun.objects.filter(pk=run.pk).update(inputs=run.inputs + " ")
    run.refresh_from_db()
    with pytest.raises(Conflict):
        match_run_repeat(run)
    with pytest.raises(CommandError, match="what it was computed from"):
        repeated(run)


def repeated(run: MatchRun) -> str:
    """What the command says of a stored run."""
    told = StringIO()
    with translation.override("en"):
        call_command("matching", f"{run.uid}", stdout=told)
    return told.getvalue()


def test_a_stopped_assignment_is_not_computed(world: World) -> None:
    run = start(world)
    match_run_stop(actor=user_actor(world.users[Role.PARK_MANAGER]), run=run)
    run_due()
    run.refresh_from_db()
    assert (run.state, run.value, run.job.state) == (MatchState.STOPPED, None, JobState.CANCELLED)
    with pytest.raises(Conflict):
        match_run_stop(actor=SYSTEM, run=run)
    with pytest.raises(CommandError, match="not computed to its end"):
        repeated(run)


def test_an_assignment_whose_job_is_cancelled_before_anybody_has_it_is_stopped(world: World) -> None:
    run = start(world)
    job_cancel(actor=SYSTEM, uid=str(run.job.uid))
    run.refresh_from_db()
    assert run.state == MatchState.STOPPED


def test_a_tenant_starts_and_sees_none(world: World) -> None:
    start(world)
    actor = user_actor(owner_of(world.tenants[0]))
    with pytest.raises(Refused):
        match_run_start(
            actor=actor, park=world.park, first_day=today() + SOON, last_day=today() + SOON, goods=goods("a")
        )
    caller = Caller(user=owner_of(world.tenants[0]))
    assert caller.get("match-runs").status_code == 403


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"last_day": 19}, "last_day"),
        ({"first_day": -3}, "first_day"),
        ({"seconds": 0}, "seconds"),
        ({"most_hours": 1000}, "most_hours"),
        ({"goods": []}, "goods"),
    ],
)
def test_what_cannot_be_assigned_names_the_field(world: World, values: dict[str, Any], field: str) -> None:
    days = {name: today() + value * DAY if name.endswith("day") else value for name, value in values.items()}
    with pytest.raises(InvalidInput) as refused:
        start(world, **days)
    assert refused.value.field == field


def test_goods_are_read_from_lines_and_every_wrong_part_is_named() -> None:
    found = read_goods("吊灯; 灯饰; 2; 3; 1500; 80000; 18:00-23:00\n\n台灯；灯饰；1.5")
    assert [one.line for one in found] == ["吊灯; 灯饰; 2; 3; 1500; 80000; 18:00-23:00", "台灯; 灯饰; 1.5; 1"]
    assert found == [
        Goods("吊灯", LIGHTS, Decimal(2), 3, Decimal(1500), Decimal(80000), "18:00-23:00"),
        Goods("台灯", LIGHTS, Decimal("1.5")),
    ]
    with pytest.raises(InvalidInput) as refused:
        read_goods("a; b\nc; d; zwei; ２\ne; f; 1; 1; 1e3; -5")
    assert [(row.row, row.field) for row in refused.value.rows] == [
        (1, "name"),
        (2, "hours"),
        (2, "weight"),
        (3, "budget"),
        (3, "stock"),
    ]


def test_impossible_goods_are_named_by_row(world: World) -> None:
    wrong = [
        Goods("a", LIGHTS, Decimal(13)),
        Goods("a", "", Decimal("0.1"), weight=0, times="25:00-26:00", budget=Decimal(-1)),
    ]
    with pytest.raises(InvalidInput) as refused:
        start(world, goods=wrong)
    assert {(row.row, row.field) for row in refused.value.rows} == {
        (1, "hours"),
        (2, "category"),
        (2, "hours"),
        (2, "weight"),
        (2, "times"),
        (2, "budget"),
        (2, "name"),
    }


def test_windows_over_midnight_and_none() -> None:
    assert Goods("a", "b", Decimal(1), times="22:00-02:00").windows(2) == [(1320, 1560), (2760, 3000)]
    assert Goods("a", "b", Decimal(1)).windows(1) == [(480, 1440)]


# --- doors -----------------------------------------------------------------------------------------


def browser(user: Any) -> Client:
    client = Client()
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def wish(**values: str) -> dict[str, str]:
    days = {"first_day": str(today() + SOON), "last_day": str(today() + SOON + DAY)}
    return {"category": LIGHTS, "hours": "2", **days, **values}


def test_the_portal_finds_hosts_and_leads_to_a_booking_with_them(world: World) -> None:
    first = world.tenants[0]
    page = reverse("portal-find-host", kwargs={"tenant": first.tenant.code})
    client = browser(owner_of(first))
    assert LIGHTS in client.get(page).content.decode()
    text = client.get(page, wish()).content.decode()
    assert first.host.name_en in text
    assert world.tenants[1].host.name_en not in text
    assert "31415" not in text
    link = f"{reverse('portal-booking-new', kwargs={'tenant': first.tenant.code})}?host={first.host.code}&amp;day="
    assert link in text
    booking = client.get(link.replace("&amp;", "&") + str(today() + SOON)).content.decode()
    assert f'<option value="{first.host.code}" selected>' in booking
    for wrong in ({"hours": "x"}, {"category": "nothing"}, {"last_day": "2001-01-01"}, {"course": "\0"}):
        assert client.get(page, wish(**wrong)).status_code == 200


def test_whoever_may_not_book_finds_no_page(world: World) -> None:
    first = world.tenants[0]
    page = reverse("portal-find-host", kwargs={"tenant": first.tenant.code})
    assert browser(first.users[Role.HOST]).get(page, wish()).status_code == 403
    assert browser(owner_of(world.tenants[1])).get(page, wish()).status_code == 404


def test_the_operator_finds_hosts_with_amounts(world: World) -> None:
    text = browser(world.users[Role.PARK_MANAGER]).get(reverse("admin:hosts_find"), wish()).content.decode()
    assert all(mine.host.name_en in text for mine in world.tenants)
    assert "Learnt from 12 sessions." in text


def test_the_operator_assigns_goods_by_lines(world: World) -> None:
    client = browser(world.users[Role.PARK_MANAGER])
    page, day = reverse("admin:analytics_matchrun_add"), str(today() + SOON)
    body = {"park": world.park.pk, "first_day": day, "last_day": day, "most_hours": "40", "seconds": "5"}
    refused = client.post(page, {**body, "goods": "a; b"})
    assert refused.status_code == 200
    assert "from 3 to 7 parts" in refused.content.decode()
    assert client.post(page, {**body, "goods": "吊灯; 灯饰; 2"}).status_code == 302
    run_due()
    run = MatchRun.objects.get()
    text = client.get(reverse("admin:analytics_matchrun_change", args=(run.pk,))).content.decode()
    assert "Proven: no assignment is worth more." in text
    assert "<div>吊灯; 灯饰; 2; 1</div>" in text
    (pair,) = run.results["pairs"]
    assert f"→ {Host.objects.get(code=pair['host']).name_en} ·" in text


def test_the_api_ranks_for_tool_and_park(world: World) -> None:
    first = world.tenants[0]
    at = window()
    query = {"category": LIGHTS, "hours": "2", "since": at.start.isoformat(), "until": at.end.isoformat()}
    mine = Caller(first.secret).get("host-matches", tenant=first.tenant.code, **query)
    assert mine.status_code == 200
    assert {row["host"] for row in mine.json()["matches"]} == {first.host.code, first.controller.code}
    assert all(row["sales"] is None for row in mine.json()["matches"])
    assert "31415" not in mine.content.decode()
    park = Caller(user=world.users[Role.PARK_MANAGER]).get("host-matches", park=world.park.code, **query)
    assert Decimal(park.json()["matches"][0]["sales"]) > 0
    foreign = Caller(first.secret).get("host-matches", tenant=world.tenants[1].tenant.code, **query)
    absent = Caller(first.secret).get("host-matches", tenant="nowhere", **query)
    assert (foreign.status_code, absent.status_code) == (404, 404)
    for name, value in (
        ("hours", "x"),
        ("since", "x"),
        ("budget", "1e3"),
        ("platform", "x"),
        ("market", "\0"),
    ):
        wrong = Caller(first.secret).get("host-matches", tenant=first.tenant.code, **{**query, name: value})
        assert (name, wrong.status_code) == (name, 400)
        assert json.loads(wrong.content)["field"] == name or name in wrong.content.decode()


def test_the_api_assigns(world: World) -> None:
    manager, day = Caller(user=world.users[Role.PARK_MANAGER]), str(today() + SOON)
    body = {
        "park": world.park.code,
        "first_day": day,
        "last_day": day,
        "goods": [{"name": "吊灯", "category": LIGHTS, "hours": "2", "budget": "100.00"}],
    }
    made = manager.post("match-runs", body)
    assert made.status_code == 201
    run_due()
    found = manager.get(f"match-runs/{made.json()['uid']}").json()
    assert found["state"] == "done"
    assert found["pairs"] == []
    assert [(row["goods"], row["why"]) for row in found["left"]] == [("吊灯", "over_budget")]
    for wrong in ({"hours": 2}, {"hours": "13"}, {"name": "\0"}, {"times": "x"}):
        refused = manager.post("match-runs", {**body, "goods": [{**body["goods"][0], **wrong}]})  # type: ignore[dict-item]
        assert (wrong, refused.status_code) == (wrong, 400)


def test_a_new_session_is_learnt_from(world: World) -> None:
    first = world.tenants[0]

    def level() -> Decimal:
        found = asked(world, world.users[Role.PARK_MANAGER], world.park)
        return next(match.sales for match in found.matches if match.host == first.host) or Decimal(0)

    before = level()
    for back in (10, 11):
        sell(first.tenant, first.host, Decimal("90000.00"), back)
    rollup.drain()
    assert level() > before


def test_old_sessions_are_forgotten(world: World) -> None:
    assert len(observations(world.park.pk, now() + timedelta(days=170))) == 12
    assert observations(world.park.pk, now() + timedelta(days=190)) == ()
