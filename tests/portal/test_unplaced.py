"""Lines that wait for their session, as their seller answers them."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from analytics import shares
from analytics.models import SessionShare
from analytics.rollup import drain
from core.choices import Role
from core.clock import HOUR
from core.models import AuditEntry, User
from core.templatetags.portal import day_and_time
from livestreams.models import LiveSession
from supplychain.facts import SaleFact
from supplychain.models import Attribution, AttributionSettings, SalesEvent
from supplychain.services import placing, sales_record
from tests.factories import SYSTEM, TenantWorld, World, make_session


@pytest.fixture
def waiting(firm: TenantWorld) -> TenantWorld:
    """Two sessions at once, and three orders without a name in them; another came when nothing was on air."""
    at = firm.session.started_at
    make_session(firm.tenant, starts_at=at, canary="second")
    facts = [
        SaleFact(
            kind="paid", order_no=f"W-{number}", line_no="1", qty=1, amount=Decimal(10 * number),
            occurred_at=at + number * HOUR / 4 if number < 4 else at - HOUR, channel="live",
        )
        for number in (1, 2, 3, 4)
    ]  # fmt: skip
    sales_record(actor=SYSTEM, seller=firm.tenant, source="test", facts=list(enumerate(facts)), atomic=True)
    placing.drain()
    return firm


def sessions_now(firm: TenantWorld) -> dict[str, int | None]:
    rows = SalesEvent.objects.filter(seller=firm.tenant, order_no__startswith="W-").with_session()
    return dict(rows.values_list("order_no", "session_now"))


def answer(owner: Client, firm: TenantWorld, **values: Any) -> Any:
    body = {"source": "test", "order_no": "W-1", "line_no": "1", **values}
    return owner.post(reverse("portal-unplaced-answer", args=[firm.tenant.code]), body, follow=True)


def test_only_what_is_unclear_waits_with_its_candidates(owner: Client, waiting: TenantWorld) -> None:
    page = owner.get(reverse("portal-unplaced", args=[waiting.tenant.code]))
    (group,) = page.context["groups"]
    assert sorted(line.order_no for line in group.lines) == ["W-1", "W-2", "W-3"]
    assert group.amount == 60
    assert {session.pk for session in group.candidates} == set(
        waiting.tenant.sessions.values_list("pk", flat=True)
    )
    today = owner.get(reverse("portal-today", args=[waiting.tenant.code]))
    assert today.context["unplaced"] == 3
    assert reverse("portal-unplaced", args=[waiting.tenant.code]) in today.content.decode()


def test_what_is_corrected_while_the_page_is_read_waits_no_more(
    owner: Client, waiting: TenantWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = "supplychain.attribution.waiting.facts_of"
    monkeypatch.setattr(read, lambda _seller, _numbers: {})
    page = owner.get(reverse("portal-unplaced", args=[waiting.tenant.code]))
    assert (page.status_code, page.context["groups"]) == (200, [])


def test_one_tap_answers_one_order_or_all_like_it(owner: Client, waiting: TenantWorld) -> None:
    mine = waiting.session
    assert answer(owner, waiting, session=str(mine.uid)).status_code == 200
    assert sessions_now(waiting) == {"W-1": mine.pk, "W-2": None, "W-3": None, "W-4": None}
    answer(owner, waiting, order_no="W-2", session="", all="1")
    rules = dict(
        Attribution.objects.filter(event_id__in=SalesEvent.objects.filter(seller=waiting.tenant).values("pk"))
        .order_by("version")
        .values_list("event_id", "rule")
    )
    assert sorted(rules.values()) == ["manual", "no_session", "no_session", "outside"]
    assert owner.get(reverse("portal-unplaced", args=[waiting.tenant.code])).context["groups"] == []
    assert AuditEntry.objects.filter(verb="attribution.set").count() == 2


def test_several_are_said_to_be_of_no_session_at_once(owner: Client, waiting: TenantWorld) -> None:
    """Each group has its box; what is not ticked still waits."""
    earlier = waiting.session.started_at - 24 * HOUR
    for canary in ("third", "fourth"):
        make_session(waiting.tenant, starts_at=earlier, canary=canary)
    fact = SaleFact(
        kind="paid", order_no="W-5", line_no="1", qty=1, amount=Decimal(50), occurred_at=earlier + HOUR / 4,
        channel="live",
    )  # fmt: skip
    sales_record(actor=SYSTEM, seller=waiting.tenant, source="test", facts=[(1, fact)], atomic=True)
    placing.drain()
    address = reverse("portal-unplaced", args=[waiting.tenant.code])
    shown = owner.get(address).text
    assert "{count}" in shown, "the question says how many"
    counts = re.findall(r'form="several" data-counts="(\d+)"', shown)
    assert sum(map(int, counts)) == sum(len(group.lines) for group in owner.get(address).context["groups"])
    boxes = re.findall(r'name="group" value="([^"]+)" form="several"', owner.get(address).content.decode())
    assert len(boxes) == 2
    groups = {group.key: group for group in owner.get(address).context["groups"]}
    assert set(boxes) == set(groups)
    answer(owner, waiting, several="1", session="")
    assert len(owner.get(address).context["groups"]) == 2, "nothing was ticked"
    old = next(key for key, group in groups.items() if len(group.lines) == 3)
    said = answer(owner, waiting, several="1", session="", group=[old, "another"])
    assert [[line.order_no for line in group.lines] for group in said.context["groups"]] == [["W-5"]]
    assert Attribution.objects.filter(rule="no_session").count() == 3
    answer(owner, waiting, several="1", session="", group=[key for key in groups if key != old])
    assert owner.get(address).context["groups"] == []


def test_what_was_not_on_air_is_no_answer(owner: Client, waiting: TenantWorld) -> None:
    other = make_session(waiting.tenant, starts_at=waiting.session.started_at - 48 * HOUR)
    answer(owner, waiting, session=str(other.uid))
    assert set(sessions_now(waiting).values()) == {None}
    url = reverse("portal-unplaced-answer", args=[waiting.tenant.code])
    assert owner.post(url, {"source": "test", "order_no": "W-4", "line_no": "1"}).status_code == 404


def test_the_window_is_the_owners_choice(owner: Client, waiting: TenantWorld) -> None:
    url = reverse("portal-unplaced-window", args=[waiting.tenant.code])
    assert owner.post(url, {"window_hours": "12"}).status_code == 302
    assert AttributionSettings.objects.get(tenant=waiting.tenant).window_hours == 12
    owner.post(url, {"window_hours": "13"})
    assert AttributionSettings.objects.get(tenant=waiting.tenant).window_hours == 12
    page = owner.get(reverse("portal-unplaced", args=[waiting.tenant.code]))
    assert page.context["form"].initial == {"window_hours": 12}


def told(browser: Client, firm: TenantWorld, number: str = "W-1") -> Any:
    return browser.get(reverse("portal-order", args=[firm.tenant.code]), {"no": number})


def correct(browser: Client, firm: TenantWorld, number: str = "W-1", **values: Any) -> Any:
    fact = SalesEvent.objects.get(seller=firm.tenant, order_no=number)
    body = {"no": number, "source": "test", "external_id": fact.external_id, **values}
    return browser.post(reverse("portal-order-answer", args=[firm.tenant.code]), body, follow=True)


def shared() -> dict[int, Decimal]:
    """What the sessions have of the lines, by who stood before the camera."""
    placing.drain()
    drain()
    shares.drain()
    rows = SessionShare.objects.filter(part="host")
    return {row.session_id: row.gmv_paid - row.refunds for row in rows}


def test_an_order_says_how_its_session_was_found_and_who_stood_before_the_camera(
    owner: Client, waiting: TenantWorld
) -> None:
    (fact,) = told(owner, waiting, "W-4").context["facts"]
    assert (fact.answer.rule, fact.answer.rule_version, fact.answer.session_id) == ("outside", 1, None)
    assert "evidence v1" in told(owner, waiting, "W-4").text
    (line,) = owner.get("/api/v1/orders", {"order_no": "W-4"}).json()["results"]
    assert (line["rule"], line["rule_version"], line["window_hours"]) == ("outside", 1, 0)
    answer(owner, waiting, session=str(waiting.session.uid))
    page = told(owner, waiting)
    (fact,) = page.context["facts"]
    assert (fact.answer.rule, fact.place) == ("manual", waiting.session)
    assert fact.hosts == [waiting.session.host]
    assert reverse("portal-session", args=[waiting.tenant.code, waiting.session.uid]) in page.text


def test_an_answer_is_taken_back_and_all_that_was_counted_follows(
    owner: Client, waiting: TenantWorld
) -> None:
    mine = waiting.session
    other = waiting.tenant.sessions.exclude(pk=mine.pk).get()
    # one refund follows its line, the other names the session itself, and goes with what a person says of the line
    refunds = [
        SaleFact(
            kind="refunded", order_no=f"R-{number}", ref_order_no="W-1", ref_line="1", qty=1, amount=Decimal(number),
            occurred_at=mine.started_at + 6 * HOUR, channel="live", session_ref=name,
        )
        for number, name in ((1, ""), (3, str(mine.uid)))
    ]  # fmt: skip
    sales_record(
        actor=SYSTEM, seller=waiting.tenant, source="test", facts=list(enumerate(refunds)), atomic=True
    )
    answer(owner, waiting, session=str(mine.uid))
    assert shared() == {mine.pk: 6}
    paid, *back = told(owner, waiting).context["facts"]
    assert [session.pk for session in paid.options] == [other.pk]
    assert not any(hasattr(fact, "options") for fact in back)
    assert correct(owner, waiting, session=str(other.uid)).status_code == 200
    assert {row: amount for row, amount in shared().items() if amount} == {other.pk: 6}
    correct(owner, waiting, session="")
    assert not any(shared().values())
    assert told(owner, waiting).context["facts"][0].answer.rule == "no_session"


def test_of_an_order_only_its_own_firm_says_a_session_and_only_one_of_then(
    owner: Client, waiting: TenantWorld, world: World, browser_of: Callable[[User], Client]
) -> None:
    before = Attribution.objects.count()
    earlier = make_session(waiting.tenant, starts_at=waiting.session.started_at - 48 * HOUR)
    correct(owner, waiting, session=str(earlier.uid))
    stranger = world.tenants[1]
    foreign = browser_of(stranger.users[Role.TENANT_OWNER])
    mine = {"no": "W-1", "source": "test", "external_id": SalesEvent.objects.get(order_no="W-1").external_id}
    address = reverse("portal-order-answer", args=[stranger.tenant.code])
    assert foreign.post(address, {**mine, "session": ""}).status_code == 404
    finance = browser_of(waiting.users[Role.TENANT_FINANCE])
    assert correct(finance, waiting, session="").status_code == 403
    assert not told(finance, waiting).context["can_answer"]
    assert Attribution.objects.count() == before


def test_of_sessions_of_others_platform_and_time_are_told_alone(
    owner: Client, waiting: TenantWorld, world: World
) -> None:
    stranger = world.tenants[1]
    theirs = make_session(stranger.tenant, starts_at=waiting.session.started_at, canary="foreign")
    theirs.shown_tenants.create(tenant=waiting.tenant)
    LiveSession.objects.filter(pk=theirs.pk).update(title="CANARYTITLE", host=stranger.host)
    (group,) = owner.get(reverse("portal-unplaced", args=[waiting.tenant.code])).context["groups"]
    assert theirs.pk in {session.pk for session in group.candidates}
    for page in (owner.get(reverse("portal-unplaced", args=[waiting.tenant.code])), told(owner, waiting)):
        assert str(theirs.uid) in page.text
        assert "CANARYTITLE" not in page.text
        assert str(stranger.host) not in page.text
    answer(owner, waiting, session=str(theirs.uid))
    theirs.refresh_from_db()
    assert (sessions_now(waiting)["W-1"], theirs.title) == (theirs.pk, "CANARYTITLE")
    placed = told(owner, waiting)
    assert theirs.started_at is not None
    shown = " ".join(re.sub("<[^>]*>", "", placed.text).split())
    assert f"{theirs.get_platform_display()} {day_and_time(theirs.started_at)} ·" in shown
    assert "CANARYTITLE" not in placed.text
    assert str(stranger.host) not in placed.text


def test_a_form_that_says_nothing_is_no_answer(owner: Client, waiting: TenantWorld) -> None:
    answer(owner, waiting)
    correct(owner, waiting)
    assert not Attribution.objects.filter(rule__in=("manual", "no_session")).exists()
