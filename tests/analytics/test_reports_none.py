"""Where no report will come: the session leaves the round, with who said it and why, until one comes after all."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest
import time_machine
from django.test import Client

from analytics.choices import ClaimSource
from analytics.models import ReportExpectation
from analytics.selectors.reports import round_counts, sessions_waiting
from analytics.services import report_expect, report_take_back, session_claim
from core.actors import user_actor
from core.choices import Role
from core.clock import DAY, HOUR, today
from core.errors import Conflict, InvalidInput, NotFound, Refused
from core.models import AuditEntry
from livestreams.models import LiveSession
from tenants.services import tenancy_move
from tests.analytics.rounds import START, body, drop, row
from tests.api.conftest import Caller
from tests.factories import SYSTEM, TenantWorld, World, make_session, make_world

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases, pytest.mark.usefixtures("then")]
WHY = "the account was closed"


@pytest.fixture
def session(firm: TenantWorld) -> LiveSession:
    return make_session(firm.tenant, starts_at=START)


def waits(session: LiveSession) -> bool:
    return session in sessions_waiting(LiveSession.objects.all())


def give_up(firm: TenantWorld, session: LiveSession) -> ReportExpectation:
    return report_expect(actor=firm.owner, session=session, expected=False, reason=WHY)


def test_who_and_why_are_kept_and_the_session_is_not_asked_for(
    firm: TenantWorld, session: LiveSession
) -> None:
    before = round_counts(LiveSession.objects.all())
    said = give_up(firm, session)
    assert not waits(session)
    assert round_counts(LiveSession.objects.all())["missing"] == before["missing"] - 1
    assert (said.made_by_id, said.reason) == (firm.owner.user_id, WHY)
    entry = AuditEntry.objects.get(verb="report.expect")
    assert (entry.actor_id, entry.after) == (firm.owner.user_id, {"expected": False, "reason": WHY})
    with pytest.raises(Conflict):
        give_up(firm, session)
    report_expect(actor=firm.owner, session=session, expected=True)
    assert waits(session)
    with pytest.raises(Conflict):
        report_expect(actor=firm.owner, session=session, expected=True)


def test_a_report_that_comes_after_all_is_asked_for_again_when_due(
    firm: TenantWorld, session: LiveSession, then: time_machine.Coordinates
) -> None:
    give_up(firm, session)
    then.shift(HOUR)
    drop(firm, body(row()))
    then.shift(8 * DAY)
    assert waits(session), "it came, and more of it is due"
    report_take_back(actor=firm.owner, reading=session.readings.get(), reason="not ours")
    assert not waits(session), "none came after all"


def test_what_was_read_once_and_cannot_be_read_again_leaves_the_round_too(
    firm: TenantWorld, session: LiveSession, then: time_machine.Coordinates
) -> None:
    drop(firm, body(row()))
    then.shift(2 * DAY)
    assert waits(session)
    give_up(firm, session)
    assert not waits(session)
    then.shift(timedelta(days=8))
    assert not waits(session)


def test_it_takes_a_reason_an_ended_session_and_a_right(
    world: World, firm: TenantWorld, session: LiveSession
) -> None:
    with pytest.raises(InvalidInput):
        report_expect(actor=firm.owner, session=session, expected=False, reason=" ")
    with pytest.raises((NotFound, Refused)):
        report_expect(actor=world.tenants[1].owner, session=session, expected=False, reason=WHY)
    LiveSession.objects.filter(pk=session.pk).update(state="live", ended_at=None)
    with pytest.raises(Conflict):
        give_up(firm, session)


def test_what_a_firm_did_is_spoken_of_by_the_park_where_it_did_it_wherever_it_is_now(
    world: World, firm: TenantWorld, session: LiveSession
) -> None:
    there = make_world("beta")
    tenancy_move(actor=SYSTEM, tenant=firm.tenant, park=there.park, from_day=today())
    session = LiveSession.objects.get(pk=session.pk)
    old, new = user_actor(world.users[Role.PARK_STUDIO]), user_actor(there.users[Role.PARK_STUDIO])
    report_expect(actor=old, session=session, expected=False, reason=WHY)
    session_claim(actor=old, session=session, source=ClaimSource.AGENCY, minutes=30)
    for speak in (
        partial(report_expect, actor=new, session=session, expected=True),
        partial(session_claim, actor=new, session=session, source=ClaimSource.AGENCY, minutes=40),
    ):
        with pytest.raises(Refused):
            speak()
    report_expect(actor=firm.owner, session=session, expected=True)


def test_the_portal_takes_it_and_asks_again(firm: TenantWorld, session: LiveSession, client: Client) -> None:
    client.force_login(firm.users[Role.TENANT_STAFF])
    reports = f"/portal/{firm.tenant.code}/reports/"
    address = f"/portal/{firm.tenant.code}/sessions/{session.uid}"
    assert f"{address}/no-report/" in client.get(reports).content.decode()
    assert client.post(f"{address}/no-report/", {"reason": ""}).status_code == 400
    assert client.post(f"{address}/no-report/", {"reason": WHY}).url == reports
    page = client.get(reports).content.decode()
    assert WHY in page
    assert f"{address}/no-report/" not in page
    assert WHY in client.get(f"{address}/").content.decode()
    assert client.post(f"{address}/expect-report/").url == reports
    page = client.get(reports).content.decode()
    assert WHY not in page
    assert f"{address}/no-report/" in page


def test_the_parks_people_enter_it_in_the_admin(world: World, session: LiveSession, client: Client) -> None:
    client.force_login(world.users[Role.PARK_MANAGER])
    page = client.get("/admin/analytics/sessionreading/round/").content.decode()
    add = f"/admin/analytics/reportexpectation/add/?session={session.pk}"
    assert add in page
    client.post(add, {"session": session.pk, "reason": WHY, "_save": "1"})
    assert ReportExpectation.objects.get().reason == WHY
    assert add not in client.get("/admin/analytics/sessionreading/round/").content.decode()


def test_the_api_takes_it_and_tells_who(firm: TenantWorld, session: LiveSession) -> None:
    owner = Caller(user=firm.users[Role.TENANT_OWNER])
    sent = {"session": str(session.uid), "expected": False, "reason": WHY}
    made = owner.post("report-expectations", sent)
    assert made.status_code == 201, made.content
    (told,) = owner.get("report-expectations", session=str(session.uid)).json()["results"]
    assert (told["expected"], told["reason"]) == (False, WHY)
    assert told["said_by"] == str(firm.users[Role.TENANT_OWNER])
    assert owner.post("report-expectations", sent).status_code == 409
    assert str(session.uid) not in {one["uid"] for one in owner.get("reports-due").json()["results"]}
    assert Caller(firm.secret).post("report-expectations", sent).status_code == 403, "of people, not of tools"
