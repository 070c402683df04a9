"""Verdicts in the house: from what is stated and the facts to versions, again when the facts change, and replies."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db import DatabaseError, transaction

from analytics import rollup, services
from analytics.choices import ClaimSource, Reason, Verdict, Witness
from analytics.models import SessionClaim, TrustReply, TrustVerdict
from analytics.trust import judging
from core import buckets
from core.actors import Actor, user_actor
from core.choices import Role
from core.clock import DAY, HOUR
from core.errors import Conflict, InvalidInput, NotFound, Refused
from core.models import AuditEntry, BucketFailure
from livestreams.choices import BookingState, SessionState
from livestreams.models import Booking, LiveSession, Publish
from livestreams.services import Reading, samples_record, session_end, session_open
from supplychain.facts import SaleFact
from supplychain.services import sales_record
from tests.factories import SYSTEM, TenantWorld, World, make_session

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

START = dt.datetime(2026, 5, 18, 12, tzinfo=dt.UTC)
AFTER = START + 3 * HOUR
MINUTE = HOUR / 60


@pytest.fixture(scope="module", autouse=True)
def _clock() -> Any:
    with time_machine.travel(AFTER, tick=False):
        yield


@pytest.fixture
def firm(world: World) -> TenantWorld:
    return world.tenants[0]


@pytest.fixture
def session(world: World, firm: TenantWorld) -> LiveSession:
    """Two hours in a booked room, people checked in ten minutes before."""
    booking = Booking.objects.create(
        room=world.rooms[1], tenant=firm.tenant, host=firm.host, starts_at=START, ends_at=START + 2 * HOUR,
        blocked_from=START, blocked_until=START + 2 * HOUR, state=BookingState.COMPLETED, price=Decimal(200),
        checked_in_at=START - 10 * MINUTE,
    )  # fmt: skip
    return make_session(firm.tenant, room=world.rooms[1], host=firm.host, booking=booking, starts_at=START)


def sell(firm: TenantWorld, session: LiveSession, amount: int, order: str = "o1", kind: Any = "paid") -> None:
    more = {"ref_order_no": order, "external_id": f"{order}:back"} if kind == "refunded" else {}
    fact = SaleFact(
        kind=kind, order_no=order, qty=1, amount=Decimal(amount), occurred_at=START + HOUR,
        session_ref=str(session.uid), **more,
    )  # fmt: skip
    sales_record(actor=SYSTEM, seller=firm.tenant, source="shop", facts=[(0, fact)], atomic=True)


def watch(session: LiveSession, viewers: int = 100) -> None:
    readings = [Reading(START + number * 10 * MINUTE, concurrent=viewers) for number in range(13)]
    samples_record(actor=SYSTEM, session=session, source="tool", readings=readings)


def count() -> None:
    rollup.drain()
    judging.drain()


def verdicts(session: LiveSession) -> list[tuple[int, str, str]]:
    rows = TrustVerdict.objects.filter(session=session).order_by("version")
    return list(rows.values_list("version", "verdict", "reasons"))


def test_figures_that_door_and_orders_saw_are_verified(firm: TenantWorld, session: LiveSession) -> None:
    sell(firm, session, 50_000)
    claim = services.session_claim(actor=firm.owner, session=session, sales=Decimal(52_000), minutes=120)
    count()
    found = TrustVerdict.objects.get(session=session)
    assert (found.version, found.verdict, found.reasons) == (1, Verdict.VERIFIED, Reason.AGREEMENT)
    assert found.claim == claim
    assert found.witnesses == [
        {
            "witness": "check_in", "origin": "door", "stated": "120", "seen": "130", "most": "156",
            "contradicts": False,
        },
        {
            "witness": "orders", "origin": "ledger", "stated": "52000", "seen": "50000", "most": "65000",
            "contradicts": False,
        },
    ]  # fmt: skip


def test_every_change_of_the_facts_makes_a_version_and_nothing_else_does(
    firm: TenantWorld, session: LiveSession
) -> None:
    services.session_claim(
        actor=firm.owner, session=session, sales=Decimal(100_000), viewers=9_000, stay_seconds=80
    )
    count()
    assert verdicts(session) == [(1, "cannot_tell", "few_witnesses")]
    sell(firm, session, 50_000)
    count()
    assert verdicts(session)[1:] == [(2, "doubtful", "orders")]
    sell(firm, session, 45_000, order="o2")
    count()
    assert verdicts(session)[2:] == [(3, "verified", "agreement")]
    watch(session, viewers=40)
    count()
    assert verdicts(session)[3:] == [(4, "doubtful", "watch")]
    services.session_claim(
        actor=firm.owner, session=session, sales=Decimal(100_000), viewers=3_000, stay_seconds=80
    )
    count()
    assert verdicts(session)[4:] == [(5, "verified", "agreement")]
    # The same told again, and a second judge, change nothing.
    watch(session, viewers=40)
    buckets.mark(buckets.TRUST, [(session.tenant_id, session.pk)])
    count()
    judging.drain()
    assert len(verdicts(session)) == 5
    assert not buckets.pending()


def test_a_rebuild_of_the_figures_changes_no_verdict(firm: TenantWorld, session: LiveSession) -> None:
    sell(firm, session, 50_000)
    services.session_claim(actor=firm.owner, session=session, sales=Decimal(52_000))
    count()
    rollup.rebuild()
    count()
    assert len(verdicts(session)) == 1


def test_sales_bought_and_given_back_are_doubted(firm: TenantWorld, session: LiveSession) -> None:
    before = make_session(firm.tenant, starts_at=START - DAY)
    for number in range(40):
        fact = SaleFact(
            kind="paid", order_no=f"b{number}", qty=1, amount=Decimal(100), occurred_at=START - DAY,
            session_ref=str(before.uid),
        )  # fmt: skip
        sales_record(actor=SYSTEM, seller=firm.tenant, source="shop", facts=[(0, fact)], atomic=True)
    for number in range(20):
        sell(firm, session, 1_000, order=f"o{number}")
    services.session_claim(actor=firm.owner, session=session, sales=Decimal(20_000))
    count()
    assert verdicts(session)[-1][1:] == ("verified", "agreement")
    for number in range(8):
        sell(firm, session, 1_000, order=f"o{number}", kind="refunded")
    count()
    assert verdicts(session)[-1][1:] == ("doubtful", "after_sales")


def test_a_session_is_judged_when_it_ends_not_before(world: World, firm: TenantWorld) -> None:
    live = session_open(actor=firm.owner, tenant=firm.tenant, platform="douyin", started_at=AFTER - HOUR)
    services.session_claim(actor=firm.owner, session=live, sales=Decimal(1))
    watch_at = [Reading(AFTER - HOUR + MINUTE, concurrent=5)]
    samples_record(actor=SYSTEM, session=live, source="tool", readings=watch_at)
    count()
    assert verdicts(live) == []
    assert not buckets.pending()
    session_end(actor=firm.owner, session=live)
    count()
    assert verdicts(live) == [(1, "cannot_tell", "few_witnesses")]


def test_nothing_stated_is_said_once_whatever_is_sold(firm: TenantWorld) -> None:
    live = session_open(actor=firm.owner, tenant=firm.tenant, platform="douyin", started_at=AFTER - HOUR)
    session_end(actor=firm.owner, session=live)
    sell(firm, live, 500)
    count()
    watch(live)
    count()
    assert verdicts(live) == [(1, "cannot_tell", "nothing_stated")]


def test_a_check_in_that_opening_the_session_made_is_no_witness(
    world: World, firm: TenantWorld, session: LiveSession
) -> None:
    services.session_claim(actor=firm.owner, session=session, minutes=500)
    LiveSession.objects.filter(pk=session.pk).update(
        created_at=session.booking.checked_in_at + 59 * MINUTE / 60
    )
    count()
    assert TrustVerdict.objects.get(session=session).witnesses == []


def test_the_encoder_saw_how_long_the_session_was_on_air(firm: TenantWorld, session: LiveSession) -> None:
    """It sent 40 minutes, was away for 10, and came back for another 40; a test stream counts for nothing."""
    known = Publish.objects.filter(booking__tenant=firm.tenant).earliest("pk")
    for since, until, is_test in ((0, 40, False), (50, 90, False), (-60, 0, True)):
        Publish.objects.create(
            node=known.node, room=session.room, booking=session.booking, key=known.key, session=session,
            client=f"c{since}", started_at=START + since * MINUTE, last_seen_at=START + until * MINUTE,
            ended_at=START + until * MINUTE, is_test=is_test,
        )  # fmt: skip
    services.session_claim(actor=firm.owner, session=session, minutes=96)
    count()
    seen = {row["witness"]: row["seen"] for row in TrustVerdict.objects.get(session=session).witnesses}
    assert seen == {"check_in": "130", "encoder": "80"}
    assert verdicts(session) == [(1, "verified", "agreement")]
    services.session_claim(actor=firm.owner, session=session, minutes=97)
    count()
    assert verdicts(session)[1:] == [(2, "doubtful", "encoder")]


def test_a_claim_is_kept_in_versions_and_audited(firm: TenantWorld, session: LiveSession) -> None:
    first = services.session_claim(actor=firm.owner, session=session, sales=Decimal("10.5"))
    again = services.session_claim(actor=firm.owner, session=session, sales=Decimal("10.50"))
    other = services.session_claim(
        actor=firm.owner, session=session, sales=Decimal("10.5"), source=ClaimSource.AGENCY
    )
    assert (first, other.version) == (again, 2)
    assert first.made_by == firm.users[Role.TENANT_OWNER]
    entry = AuditEntry.objects.filter(verb="session.claim").latest("id")
    assert entry.after is not None
    assert entry.after["source"] == "agency"


def test_who_may_state_figures_and_who_may_reply(
    world: World, firm: TenantWorld, session: LiveSession
) -> None:
    neighbour, park = world.tenants[1].owner, world.manager
    services.session_claim(actor=park, session=session, sales=Decimal(5), source=ClaimSource.AGENCY)
    services.session_claim(actor=firm.tool, session=session, sales=Decimal(6), source=ClaimSource.REPORT)
    count()
    services.verdict_reply(actor=firm.owner, session=session, text=" Our file comes tomorrow. ")
    assert TrustReply.objects.get().text == "Our file comes tomorrow."
    refused: list[tuple[Actor, type[Exception]]] = [
        (park, Refused),
        (neighbour, Refused),
        (firm.tool, Refused),
        (user_actor(firm.users[Role.TENANT_FINANCE]), Refused),
    ]
    for actor, error in refused:
        with pytest.raises(error):
            services.verdict_reply(actor=actor, session=session, text="No.")
    for actor in (neighbour, user_actor(firm.users[Role.TENANT_FINANCE])):
        with pytest.raises((Refused, NotFound)):
            services.session_claim(actor=actor, session=session, sales=Decimal(7))
    assert SessionClaim.objects.filter(session=session).count() == 2


def test_what_cannot_be_stated_or_replied(firm: TenantWorld, session: LiveSession) -> None:
    with pytest.raises(InvalidInput):
        services.session_claim(actor=firm.owner, session=session, stay_seconds=5)
    with pytest.raises(Conflict):
        services.verdict_reply(actor=firm.owner, session=session, text="Why?")
    LiveSession.objects.filter(pk=session.pk).update(
        started_at=None, ended_at=None, state=SessionState.SCHEDULED
    )
    with pytest.raises(Conflict):
        services.session_claim(actor=firm.owner, session=session, sales=Decimal(5))
    with pytest.raises(InvalidInput):
        services.verdict_reply(actor=firm.owner, session=session, text="  ")


@pytest.mark.parametrize("model", [SessionClaim, TrustVerdict, TrustReply])
def test_what_was_said_is_not_changed(firm: TenantWorld, session: LiveSession, model: Any) -> None:
    services.session_claim(actor=firm.owner, session=session, sales=Decimal(5))
    count()
    services.verdict_reply(actor=firm.owner, session=session, text="So it was.")
    row = model.objects.latest("pk")
    for change in (row.save, row.delete):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()


def test_the_current_verdict_and_the_ones_with_a_reason(firm: TenantWorld, session: LiveSession) -> None:
    services.session_claim(actor=firm.owner, session=session, sales=Decimal(300_000))
    sell(firm, session, 5)
    count()
    assert verdicts(session) == [(1, "doubtful", "orders room_sessions")]
    found = TrustVerdict.objects.all()
    assert found.because_of(Witness.ORDERS).count() == found.because_of(Witness.ROOM_SESSIONS).count() == 1
    assert not found.because_of("room").exists()
    services.session_claim(actor=firm.owner, session=session, sales=Decimal(5))
    count()
    assert [row.version for row in found.filter(session=session).current()] == [2]


def test_a_session_that_cannot_be_judged_does_not_stop_the_others(
    firm: TenantWorld, session: LiveSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = make_session(firm.tenant, starts_at=START - DAY)
    for each in (session, other):
        services.session_claim(actor=firm.owner, session=each, sales=Decimal(5))
    judge = judging.judge

    def refuse(evidence: Any) -> Any:
        if evidence.air:
            raise ValueError("broken")
        return judge(evidence)

    with monkeypatch.context() as broken:
        broken.setattr(judging, "judge", refuse)
        count()
    assert (len(verdicts(session)), len(verdicts(other))) == (0, 1)
    failure = BucketFailure.objects.get(family=buckets.TRUST)
    assert (failure.slot, failure.error) == (session.pk, "ValueError: broken")
    with time_machine.travel(AFTER + HOUR, tick=False):
        count()
    assert len(verdicts(session)) == 1
    assert not BucketFailure.objects.exists()
