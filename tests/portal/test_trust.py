"""The verdict on a session's page: reasons, witnesses, the figures stated, the right of reply. And in API and admin."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from analytics import rollup, services
from analytics.choices import Origin, Reason, Witness
from analytics.models import SessionClaim, TrustReply, TrustVerdict
from analytics.trust import judging
from analytics.trust.words import REASONS, SAYS, lines_of
from core.choices import Role
from core.clock import HOUR
from core.models import User
from livestreams.models import LiveSession
from supplychain.facts import SaleFact
from supplychain.services import sales_record
from tests.api.conftest import Caller
from tests.factories import SYSTEM, TenantWorld, World

pytestmark = pytest.mark.django_db
Browser = Callable[[User], Client]


@pytest.fixture(autouse=True)
def _in_english() -> object:
    with translation.override("en"):
        yield


@pytest.fixture
def session(firm: TenantWorld) -> LiveSession:
    """An ended session that sold 100 CNY."""
    fact = SaleFact(
        kind="paid", order_no="o1", qty=1, amount=Decimal(100), session_ref=str(firm.session.uid),
        occurred_at=firm.session.started_at + HOUR,
    )  # fmt: skip
    sales_record(actor=SYSTEM, seller=firm.tenant, source="shop", facts=[(0, fact)], atomic=True)
    return firm.session


@pytest.fixture
def owner(owner: Client) -> Client:
    """The owner reads English."""
    owner.cookies["django_language"] = "en"
    return owner


def judged(session: LiveSession, sales: int) -> TrustVerdict:
    services.session_claim(actor=SYSTEM, session=session, sales=Decimal(sales), minutes=100)
    rollup.drain()
    judging.drain()
    return TrustVerdict.objects.filter(session=session).latest("version")


def page(session: LiveSession, name: str = "portal-session") -> str:
    return reverse(name, kwargs={"tenant": session.tenant.code, "uid": session.uid})


def test_a_doubted_session_says_why_and_what_the_witnesses_saw(owner: Client, session: LiveSession) -> None:
    judged(session, 400_000)
    text = owner.get(page(session)).content.decode()
    for words in ("More sales were stated than orders were paid.", "¥400,000", "¥100", "¥130", "contradicts"):
        assert words in text, words
    assert page(session, "portal-session-reply") in text


def test_the_reply_stands_beside_the_verdict_for_the_park_as_well(
    owner: Client, session: LiveSession, world: World, browser_of: Browser
) -> None:
    verdict = judged(session, 400_000)
    answer = owner.post(
        page(session, "portal-session-reply"), {"text": "Cash on delivery, paid tomorrow."}, follow=True
    )
    assert "Cash on delivery, paid tomorrow." in answer.content.decode()
    assert TrustReply.objects.get().verdict == verdict
    park = browser_of(world.users[Role.PARK_MANAGER])
    park.cookies["django_language"] = "en"
    shown = park.get(reverse("admin:analytics_trustverdict_change", args=[verdict.pk])).content.decode()
    assert "Cash on delivery, paid tomorrow." in shown
    assert "More sales were stated than orders were paid." in shown


def test_a_reply_without_words_is_asked_for_again(owner: Client, session: LiveSession) -> None:
    judged(session, 400_000)
    assert owner.post(page(session, "portal-session-reply"), {"text": "  "}).status_code == 400
    assert owner.post(page(session, "portal-session-reply"), {"text": "x" * 2001}).status_code == 400
    assert not TrustReply.objects.exists()


def test_who_only_looks_finds_no_form(firm: TenantWorld, session: LiveSession, browser_of: Browser) -> None:
    judged(session, 400_000)
    books = browser_of(firm.users[Role.TENANT_FINANCE])
    text = books.get(page(session)).content.decode()
    assert page(session, "portal-session-reply") not in text
    assert page(session, "portal-session-claim") not in text
    for name in ("portal-session-reply", "portal-session-claim"):
        assert books.post(page(session, name), {"text": "x"}).status_code == 403


def test_figures_are_stated_on_a_page_of_their_own(owner: Client, session: LiveSession) -> None:
    form = page(session, "portal-session-claim")
    assert owner.get(form).status_code == 200
    given = {"source": "report", "sales": "120.50", "viewers": "900", "stay_seconds": "60", "minutes": ""}
    assert owner.post(form, given).status_code == 302
    claim = SessionClaim.objects.get(session=session)
    assert (claim.sales, claim.viewers, claim.minutes) == (Decimal("120.5"), 900, None)
    assert 'value="120.50"' in owner.get(form).content.decode()
    for wrong in (
        {"sales": "-1"},
        {"sales": "1e5"},
        {"viewers": "1" * 15},
        {"minutes": "99999"},
        {"sales": "", "viewers": ""},
    ):
        assert owner.post(form, given | wrong).status_code == 400, wrong
    assert SessionClaim.objects.count() == 1


def test_the_api_takes_figures_and_shows_the_verdict(firm: TenantWorld, session: LiveSession) -> None:
    tool = Caller(firm.secret)
    assert tool.get(f"live-sessions/{session.uid}").json()["trust"] is None
    made = tool.post(
        "session-claims", {"session": str(session.uid), "source": "report", "sales": "400000.00"}
    )
    assert (made.status_code, made.json()["version"]) == (201, 1)
    rollup.drain()
    judging.drain()
    shown = tool.get(f"live-sessions/{session.uid}").json()
    assert (shown["trust"], shown["trust_reasons"]) == ("doubtful", ["orders", "room_sessions"])
    assert tool.get("live-sessions").json()["results"][0]["trust"] == "doubtful"
    for body in ({"viewers": -1}, {"sales": 5}, {"minutes": 10**9}, {}, {"sales": "1", "profit": "1"}):
        assert tool.post("session-claims", {"session": str(session.uid), **body}).status_code == 400, body


def test_the_admin_filters_by_verdict_reason_and_version(
    world: World, session: LiveSession, browser_of: Browser
) -> None:
    judged(session, 400_000)
    judged(session, 100)
    park = browser_of(world.users[Role.PARK_MANAGER])
    address = reverse("admin:analytics_trustverdict_changelist")

    found = {
        query: park.get(f"{address}{query}").context["cl"].result_count
        for query in ("", "?reason=orders", "?reason=watch", "?versions=former", "?verdict__exact=doubtful")
    }
    assert found == {
        "": 2, "?reason=orders": 1, "?reason=watch": 0, "?versions=former": 1, "?verdict__exact=doubtful": 1,
    }  # fmt: skip


def test_every_reason_and_every_witness_has_words(session: LiveSession) -> None:
    assert REASONS.keys() == {*Reason.values, *Witness.values}
    assert set(SAYS) == set(Witness)
    row = {
        "stated": "7200",
        "seen": "3600",
        "most": "4500",
        "contradicts": True,
        "origin": Origin.AUDIENCE.value,
    }
    verdict = TrustVerdict(witnesses=[{**row, "witness": witness.value} for witness in Witness])
    lines = {line.witness: line for line in lines_of(verdict)}
    assert lines[Witness.WATCH.label].numbers.startswith("2 hours watched stated, ")
    assert "¥7,200" in lines[Witness.ORDERS.label].sentence
