"""A session that nobody ended, on the firm's first page, and its own page, where somebody says when it ended."""

from __future__ import annotations

from collections.abc import Callable

from django.test import Client
from django.urls import reverse

from analytics.silence import SHOWN
from core.choices import Role
from core.clock import HOUR, MINUTE, local, now
from core.models import User
from core.templatetags.portal import day_and_time
from livestreams.choices import SessionState
from livestreams.models import AudienceSample
from tests.factories import TenantWorld, make_session


def test_a_session_that_nobody_ended_ends_when_somebody_says_so(
    owner: Client, firm: TenantWorld, browser_of: Callable[[User], Client]
) -> None:
    first_page = reverse("portal-today", args=[firm.tenant.code])
    session = make_session(firm.tenant, starts_at=now() - 9 * HOUR, state=SessionState.LIVE)
    at = local(now() - 7 * HOUR).replace(second=0, microsecond=250)
    AudienceSample.objects.create(session=session, source="obs", at=at, concurrent=80)
    proposed = at.replace(microsecond=0) + MINUTE
    own, end = (
        reverse(name, args=[firm.tenant.code, session.uid])
        for name in ("portal-session", "portal-session-end")
    )
    listed, page = owner.get(first_page), owner.get(own).text
    assert f'href="{own}"' in listed.text
    assert list(listed.context["live"]) == [], "nobody knows whether it is"
    assert all(f"最后动静：有人观看，{day_and_time(at)}" in text for text in (listed.text, page))
    assert page.count(f'action="{end}"') == 1, "now is no time at which it ended"
    assert f'value="{proposed:%Y-%m-%d}"' in page
    assert f'value="{proposed:%H:%M}"' in page
    assert end not in listed.text + browser_of(firm.users[Role.TENANT_FINANCE]).get(own).text

    def say(day: str, time: str) -> None:
        assert owner.post(end, {"ended_at_0": day, "ended_at_1": time})["Location"] == own

    for wrong in (("x", "20:00:00"), (f"{proposed - 3 * 24 * HOUR:%Y-%m-%d}", "20:00:00")):
        say(*wrong)
        session.refresh_from_db()
        assert session.state == SessionState.LIVE, "neither no time nor one before it began"
    say(f"{proposed:%Y-%m-%d}", f"{proposed:%H:%M}")
    session.refresh_from_db()
    assert (session.state, session.ended_at) == (SessionState.ENDED, proposed)
    assert own not in owner.get(first_page).text
    assert end not in owner.get(own).text


def test_of_a_session_that_merely_began_no_end_is_proposed(owner: Client, firm: TenantWorld) -> None:
    session = make_session(firm.tenant, starts_at=now() - 9 * HOUR, state=SessionState.LIVE)
    page = owner.get(reverse("portal-session", args=[firm.tenant.code, session.uid])).text
    assert 'name="ended_at_0" value=""' in page
    assert 'name="ended_at_1" value=""' in page


def test_the_first_page_names_some_and_says_how_many_more_there_are(owner: Client, firm: TenantWorld) -> None:
    sessions = [
        make_session(firm.tenant, starts_at=now() - (30 - hour) * HOUR, state=SessionState.LIVE)
        for hour in range(SHOWN + 3)
    ]
    page = owner.get(reverse("portal-today", args=[firm.tenant.code])).text
    named = [session for session in sessions if str(session.uid) in page]
    assert named == sessions[:SHOWN]
    assert "另有 3 场无人结束" in page
    assert f'href="{reverse("portal-sessions", args=[firm.tenant.code])}?state=live"' in page


def test_what_is_still_heard_is_live_now_however_long(owner: Client, firm: TenantWorld) -> None:
    session = make_session(firm.tenant, starts_at=now() - 13 * HOUR, state=SessionState.LIVE)
    AudienceSample.objects.create(session=session, source="obs", at=now(), concurrent=80)
    page = owner.get(reverse("portal-today", args=[firm.tenant.code]))
    assert page.context["unended"] == []
    assert list(page.context["live"]) == [session]
    assert "已连续直播超过 12 小时" in page.text
