"""Quality certificates: handed in by the firm, decided by its park, and the gate of what is shown live."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.core.files.storage import default_storage
from django.db import IntegrityError, transaction
from django.utils import translation

from core.actors import Actor, user_actor
from core.choices import Role
from core.clock import DAY, business_day, now, today
from core.errors import InvalidInput, NotFound, Refused
from core.models import AuditEntry
from core.scoping import visible_to
from livestreams.errors import WrongState
from livestreams.models import LiveSession
from livestreams.services import session_open
from parks.models import ParkSettings
from supplychain.certificates import Asked, certified, certified_today
from supplychain.choices import CertificateState
from supplychain.models import QualityCertificate, RunLine
from supplychain.services import (
    certificate_accept,
    certificate_add,
    certificate_refuse,
    certificate_withdraw,
    explain_record,
    goods_offer,
    run_line_put,
)
from supplychain.showcase import outcomes
from tests.factories import SYSTEM, TenantWorld, World, make_world

pytestmark = pytest.mark.both_databases
PDF = b"%PDF-1.7 report"


@pytest.fixture
def manager(world: World) -> Actor:
    return user_actor(world.users[Role.PARK_MANAGER])


@pytest.fixture
def strict(world: World) -> None:
    """The park asks for certificates."""
    assert ParkSettings.objects.filter(park=world.park).update(requires_certificates=True)


@pytest.fixture
def session(mine: TenantWorld) -> Iterator[LiveSession]:
    with time_machine.travel(mine.booking.starts_at, tick=False) as clock:
        begun = session_open(
            actor=mine.owner,
            tenant=mine.tenant,
            platform="douyin",
            booking=mine.booking,
            room=mine.booking.room,
        )
        clock.shift(60)
        yield begun


def add(mine: TenantWorld, **values: Any) -> QualityCertificate:
    given: dict[str, Any] = {
        "product": mine.skus[0].product,
        "kind": "inspection",
        "number": "SGS-1",
        "issuer": "SGS",
        "valid_from": today(),
        "valid_until": today() + 365 * DAY,
    }
    return certificate_add(**{"actor": mine.owner, **given, **values})


def accepted(mine: TenantWorld, **values: Any) -> QualityCertificate:
    return certificate_accept(actor=SYSTEM, certificate=add(mine, **values))


def put(mine: TenantWorld, **values: Any) -> RunLine:
    given = {"product": mine.skus[0].product, "price": Decimal(69), "pieces": 1} | values
    return run_line_put(actor=mine.owner, booking=mine.booking, **given)


def explain(mine: TenantWorld, session: LiveSession, **values: Any) -> Any:
    given = {"kind": "start", "source": "dock", "product": mine.skus[0].product, **values}
    return explain_record(actor=mine.owner, session=session, **given)


def refusal(call: Any) -> str:
    with pytest.raises(InvalidInput) as refused, translation.override("en"):
        call()
    assert (refused.value.code, refused.value.field) == ("uncertified", "product")
    return str(refused.value.detail)


def test_the_park_decides_and_the_firm_does_not(world: World, mine: TenantWorld, manager: Actor) -> None:
    paper = add(mine)
    assert paper.state == CertificateState.PENDING
    for actor in (mine.owner, user_actor(world.users[Role.PARK_STUDIO])):
        with pytest.raises(Refused):
            certificate_accept(actor=actor, certificate=paper)
    stranger = make_world("beta")
    for actor in (world.tenants[1].owner, user_actor(stranger.users[Role.PARK_MANAGER])):
        assert paper not in visible_to(QualityCertificate.objects.all(), actor)
        with pytest.raises(NotFound):
            certificate_accept(actor=actor, certificate=paper)
    with pytest.raises(Refused):
        add(mine, actor=world.tenants[1].owner, number="SGS-2")
    held = certificate_accept(actor=manager, certificate=paper)
    assert (held.state, held.decided_by_id) == (CertificateState.ACCEPTED, manager.user_id)
    with pytest.raises(WrongState):
        certificate_accept(actor=manager, certificate=paper)
    with pytest.raises(WrongState):
        certificate_withdraw(actor=mine.owner, certificate=paper)
    for reason in ("", " "):
        with pytest.raises(InvalidInput):
            certificate_refuse(actor=manager, certificate=paper, reason=reason)
    assert certificate_refuse(actor=manager, certificate=paper, reason="forged").reason == "forged"
    verbs = AuditEntry.objects.filter(verb__startswith="certificate.").order_by("pk")
    assert list(verbs.values_list("verb", flat=True)) == [
        "certificate.add",
        "certificate.accept",
        "certificate.refuse",
    ]


def test_only_possible_certificates(world: World, mine: TenantWorld) -> None:
    for wrong in (
        {"valid_until": today() - DAY, "valid_from": today() - 2 * DAY},
        {"valid_until": today(), "valid_from": today() + DAY},
        {"kind": "none"},
        {"number": " "},
        {"issuer": "x" * 201},
        {"sku": mine.skus[1]},
        {"file_name": "a.html", "chunks": [b"<script>"]},
        {"file_name": "a.pdf", "chunks": [b"<script>"]},
        {"file_name": "a.pdf", "chunks": []},
    ):
        with pytest.raises(InvalidInput):
            add(mine, **wrong)
    add(mine)
    with pytest.raises(InvalidInput):
        add(mine)
    assert QualityCertificate.objects.count() == 1


def test_a_file_is_kept_with_its_certificate_only(mine: TenantWorld) -> None:
    paper = add(mine, file_name="C:\\x\\report.PDF", chunks=[PDF, b"!"])
    assert default_storage.open(paper.stored_file).read() == PDF + b"!"
    assert paper.file_name == "report.PDF"
    folder = paper.stored_file.rpartition("/")[0]
    before = default_storage.listdir(folder)[1]
    with pytest.raises(InvalidInput):
        add(mine, file_name="again.pdf", chunks=[PDF])
    assert default_storage.listdir(folder)[1] == before


def test_the_database_keeps_what_was_handed_in(mine: TenantWorld) -> None:
    paper, other = accepted(mine), add(mine, number="SGS-2")
    rows = QualityCertificate.objects
    for pk, wrong in (
        (paper.pk, {"number": "SGS-3"}),
        (paper.pk, {"valid_until": today() + 999 * DAY}),
        (paper.pk, {"state": CertificateState.PENDING, "decided_at": None}),
        (paper.pk, {"state": CertificateState.REFUSED}),
        (other.pk, {"state": CertificateState.ACCEPTED}),
        (other.pk, {"number": "SGS-1"}),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.filter(pk=pk).update(**wrong)


def test_where_the_park_asks_nothing_everything_may_be_shown(mine: TenantWorld, session: LiveSession) -> None:
    assert put(mine).pk
    assert explain(mine, session).pk
    assert [one.uncertified for one in outcomes(mine.owner, mine.booking)] == [False]


def test_a_run_of_show_takes_certified_goods_only(strict: None, mine: TenantWorld, manager: Actor) -> None:
    product, day = mine.skus[0].product, business_day(mine.booking.starts_at)
    told = refusal(lambda: put(mine))
    assert product.code in told
    assert "it has no certificate" in told
    paper = add(mine)
    assert "still to be checked" in refusal(lambda: put(mine))
    certificate_refuse(actor=manager, certificate=paper, reason="blurred")
    assert "SGS-1 was refused" in refusal(lambda: put(mine))
    accepted(mine, number="BRAND", kind="authorisation")
    assert "SGS-1 was refused" in refusal(lambda: put(mine))  # who may sell is not what the goods are
    accepted(mine, number="LATE", valid_from=day + DAY)
    assert f"LATE is valid from {day + DAY}" in refusal(lambda: put(mine))
    accepted(mine, number="SHORT", valid_until=day - DAY)
    assert f"SHORT is valid until {day - DAY}" in refusal(lambda: put(mine))
    accepted(mine, number="GOOD", valid_until=business_day(mine.booking.ends_at - timedelta(seconds=1)))
    line = put(mine)
    assert [one.uncertified for one in outcomes(mine.owner, mine.booking)] == [False]
    good = QualityCertificate.objects.get(number="GOOD")
    certificate_refuse(actor=manager, certificate=good, reason="forged")
    assert [(one.line, one.uncertified) for one in outcomes(mine.owner, mine.booking)] == [(line, True)]


def test_goods_of_the_pool_need_one_of_their_owner(strict: None, world: World, mine: TenantWorld) -> None:
    theirs = world.tenants[1]
    offer = goods_offer(
        actor=theirs.owner,
        product=theirs.skus[0].product,
        floor_price=Decimal(1),
        commission_rate=Decimal(20),
        pieces=9,
    )
    assert offer.product.code in refusal(lambda: put(mine, product=None, offer=offer))
    accepted(theirs)
    assert put(mine, product=None, offer=offer).pk


def test_nothing_uncertified_is_explained(mine: TenantWorld, session: LiveSession, manager: Actor) -> None:
    put(mine)  # planned before the park asked for certificates
    explain(mine, session)
    ParkSettings.objects.update(requires_certificates=True)
    assert mine.skus[0].product.code in refusal(lambda: explain(mine, session))
    paper = accepted(mine)
    assert explain(mine, session).pk
    certificate_refuse(actor=manager, certificate=paper, reason="forged")
    refusal(lambda: explain(mine, session))
    assert explain(mine, session, product=None, kind="end").pk  # to end is never refused


def test_a_sku_of_its_own_certificate(strict: None, mine: TenantWorld, session: LiveSession) -> None:
    sku = mine.skus[0]
    other = type(sku).objects.create(tenant=sku.tenant, product=sku.product, code="other")
    accepted(mine, sku=sku)
    asked = Asked(today(), today())
    assert not certified([sku.product_id], asked)
    assert "not each of its SKUs" in refusal(lambda: explain(mine, session))
    assert explain(mine, session, sku=sku).pk
    assert "it has no certificate" in refusal(lambda: explain(mine, session, sku=other))
    accepted(mine, sku=other, number="SGS-2")
    assert certified_today([sku.product_id]) == {sku.product_id}
    assert explain(mine, session).pk


def test_what_is_soon_over(mine: TenantWorld) -> None:
    soon = accepted(mine, valid_until=today() + 30 * DAY)
    accepted(mine, number="far", valid_until=today() + 31 * DAY)
    accepted(mine, number="open", valid_until=None)
    add(mine, number="unchecked", valid_until=today() + DAY)
    assert list(QualityCertificate.objects.expiring()) == [soon]
    assert soon.is_expiring
    with time_machine.travel(now() + 31 * DAY, tick=False):
        assert not QualityCertificate.objects.expiring().filter(pk=soon.pk)
        assert soon.is_over
        assert not soon.is_expiring
