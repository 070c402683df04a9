"""A session that nobody ended, on the firm's first page: what was last heard of it, and a button that ends it then."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from django.test import Client
from django.urls import reverse

from core.choices import Role
from core.clock import HOUR, local, now
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
    at = local(now() - 7 * HOUR).replace(microsecond=250)
    AudienceSample.objects.create(session=session, source="obs", at=at, concurrent=80)
    proposed = at.replace(microsecond=0) + timedelta(seconds=1)
    page, end = (
        owner.get(first_page).text,
        reverse("portal-session-end", args=[firm.tenant.code, session.uid]),
    )
    assert f"最后动静：有人观看，{day_and_time(at)}" in page
    assert f'action="{end}"' in page
    assert f'value="{proposed:%Y-%m-%d}"' in page
    assert f'value="{proposed:%H:%M:%S}"' in page
    assert end not in browser_of(firm.users[Role.TENANT_FINANCE]).get(first_page).text

    def say(day: str, time: str) -> None:
        posted = {"ended_at_0": day, "ended_at_1": time, "back": first_page}
        assert owner.post(end, posted)["Location"] == first_page

    for wrong in (("x", "20:00:00"), (f"{proposed - 3 * 24 * HOUR:%Y-%m-%d}", "20:00:00")):
        say(*wrong)
        session.refresh_from_db()
        assert session.state == SessionState.LIVE, "neither no time nor one before it began"
    say(f"{proposed:%Y-%m-%d}", f"{proposed:%H:%M:%S}")
    session.refresh_from_db()
    assert (session.state, session.ended_at) == (SessionState.ENDED, proposed)
    assert end not in owner.get(first_page).text
