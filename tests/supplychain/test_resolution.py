"""Answers that come after the fact: sessions, SKUs and owners that were unknown, and what people decide."""

from __future__ import annotations

from datetime import timedelta

import pytest

from core.errors import InvalidInput, NotFound, Refused
from core.models import AuditEntry, Unresolved
from livestreams.models import SessionTenant
from supplychain.models import Attribution, SalesEvent, SkuResolution
from supplychain.services import attribution_set, resolve_all_pending, resolve_pending, sku_resolve
from tenants.models import Store, Tenant
from tests import factories
from tests.supplychain.ledger import NOON, SLOT, SYSTEM, fact, marked, record, unmark
from tests.supplychain.stockroom import Shop, levels_equal_moves

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.fixture
def shop() -> Shop:
    return Shop()


def event_ids(seller: Tenant) -> list[int]:
    return list(SalesEvent.objects.filter(seller=seller).order_by("order_no").values_list("pk", flat=True))


def waiting() -> set[tuple[str, str]]:
    return set(Unresolved.objects.filter(resolved_at__isnull=True).values_list("kind", "reference"))


def sessions_now() -> list[int | None]:
    return [event.session_now for event in SalesEvent.objects.with_session().order_by("order_no")]


def test_a_person_moves_facts_between_sessions_and_history_stays(shop: Shop) -> None:
    first = factories.make_session(shop.seller, live_id="one")
    second = factories.make_session(shop.seller, live_id="two")
    record(shop.seller, fact("A1", session_ref="one"), fact("A2", occurred_at=NOON + timedelta(hours=3)))
    ids = event_ids(shop.seller)
    unmark()
    assert sessions_now() == [first.pk, None]
    options = {"actor": SYSTEM, "seller": shop.seller, "rule": "manual"}
    assert attribution_set(event_ids=ids, session=second, **options) == 2
    assert sessions_now() == [second.pk, second.pk]
    assert marked(shop.seller) == {SLOT, SLOT + 3}
    attribution_set(event_ids=ids[:1], session=None, **{**options, "rule": "no_session"})
    assert sessions_now() == [None, second.pk]
    versions = Attribution.objects.order_by("event_id", "version").values_list(
        "event_id", "version", "session_id"
    )
    assert list(versions) == [(ids[0], 1, second.pk), (ids[0], 2, None), (ids[1], 1, second.pk)]
    assert AuditEntry.objects.filter(verb="attribution.set", node_id=shop.seller.pk).count() == 2
    with pytest.raises(InvalidInput):
        attribution_set(event_ids=ids, session=first, **{**options, "rule": "guess"})


def test_absent_and_foreign_are_refused_alike() -> None:
    mine, other = factories.make_world("alpha").tenants[0], factories.make_world("beta").tenants[0]
    for each in (mine, other):
        record(each.tenant, fact("A1"))
    (own,), (foreign,) = event_ids(mine.tenant), event_ids(other.tenant)
    options = {"actor": mine.owner, "seller": mine.tenant, "rule": "manual"}
    for bad in (
        {"event_ids": [own, foreign]},
        {"event_ids": [own, 10**12]},
        {"event_ids": []},
        {"session": other.session},
    ):
        with pytest.raises(NotFound) as refusal:
            attribution_set(**{"event_ids": [own], "session": mine.session, **options, **bad})
        assert str(refusal.value) == str(NotFound())
    with pytest.raises(NotFound):
        sku_resolve(actor=mine.owner, seller=mine.tenant, event_ids=[own], sku=other.skus[0])
    for write in (attribution_set, sku_resolve):
        with pytest.raises(Refused):
            write(  # type: ignore[operator]
                actor=other.owner,
                seller=mine.tenant,
                event_ids=[own],
                **(
                    {"session": mine.session, "rule": "manual"} if write is attribution_set else {"sku": None}
                ),
            )
    assert not Attribution.objects.exists()
    assert not SkuResolution.objects.exists()


def test_a_session_that_appears_later_gets_its_facts(shop: Shop) -> None:
    record(shop.seller, fact("A1", session_ref="live-9"), fact("A2", session_ref="live-8"))
    unmark()
    assert resolve_pending(actor=SYSTEM, seller=shop.seller) == 0
    session = factories.make_session(shop.seller, live_id="live-9")
    assert resolve_all_pending(actor=SYSTEM) == 1
    assert resolve_all_pending(actor=SYSTEM) == 0
    assert sessions_now() == [session.pk, None]
    assert Attribution.objects.get().rule == "live_id"
    assert waiting() == {("session", "live-8")}
    assert marked(shop.seller) == {SLOT}
    record(shop.seller, fact("A3", session_ref="live-9"))
    assert sessions_now() == [session.pk, None, session.pk]


def test_a_session_that_begins_to_show_a_seller(shop: Shop) -> None:
    stranger = factories.make_tenant(shop.park, "alpha-b")
    session = factories.make_session(stranger, live_id="live-1")
    record(shop.seller, fact("A1", session_ref=str(session.uid)))
    assert resolve_all_pending(actor=SYSTEM) == 0
    SessionTenant.objects.create(session=session, tenant=shop.seller)
    assert resolve_all_pending(actor=SYSTEM) == 1
    assert (sessions_now(), Attribution.objects.get().rule) == ([session.pk], "explicit")
    assert not waiting()


def test_the_platform_of_the_source_has_a_live_id_that_two_platforms_use(shop: Shop) -> None:
    first = factories.make_session(shop.seller, live_id="77")
    second = factories.make_session(shop.seller)
    type(second).objects.filter(pk=second.pk).update(platform="kuaishou", platform_live_id="77")
    record(shop.seller, fact("A1", session_ref="77"), source="kuaishou")
    record(shop.seller, fact("A2", session_ref="77"), source="douyin")
    record(shop.seller, fact("A3", session_ref="77"), source="file")
    assert sessions_now() == [second.pk, first.pk, None]
    assert waiting() == {("session", "77")}
    assert resolve_all_pending(actor=SYSTEM) == 0


def test_a_sku_that_appears_later_takes_its_stock(shop: Shop) -> None:
    record(shop.seller, fact("A1", sku_code="new", qty=2), fact("A2", sku_code="NEW"))
    assert waiting() == {("sku", "new"), ("sku", "NEW")}
    sku = shop.tracked("new")
    shop.receive(5, sku=sku)
    assert resolve_all_pending(actor=SYSTEM) == 1
    assert [event.sku_now for event in SalesEvent.objects.with_sku().order_by("order_no")] == [sku.pk, None]
    assert shop.on_hand(sku=sku) == 3
    assert waiting() == {("sku", "NEW")}
    assert resolve_all_pending(actor=SYSTEM) == 0


def test_a_strangers_sku_of_the_same_code_is_no_answer(shop: Shop) -> None:
    record(shop.seller, fact("A1", sku_code="new"))
    factories.make_sku(factories.make_tenant(factories.make_park("beta"), "beta-a"), "new")
    assert resolve_all_pending(actor=SYSTEM) == 0
    assert waiting() == {("sku", "new")}


def test_an_owner_that_becomes_connected_gives_the_sku(shop: Shop) -> None:
    owner = factories.make_tenant(shop.park, "alpha-b")
    sku = factories.make_sku(owner, "theirs")
    sku.tracked_since = NOON - timedelta(days=1)
    sku.save()
    shop.receive(4, sku=sku)
    record(shop.seller, fact("A1", sku_code="theirs", owner="alpha-b", qty=3))
    assert resolve_all_pending(actor=SYSTEM) == 0
    assert waiting() == {("owner", "alpha-b")}
    store = Store.objects.create(tenant=shop.seller, platform="jd", account="x", name_zh="集合店")
    store.members.add(owner)
    assert resolve_all_pending(actor=SYSTEM) == 1
    assert not waiting()
    assert (SkuResolution.objects.get().sku_id, shop.on_hand(sku=sku)) == (sku.pk, 1)
    assert levels_equal_moves()


def test_a_decision_by_hand_closes_its_reference(shop: Shop) -> None:
    record(shop.seller, fact("A1", sku_code="x", session_ref="y"), fact("A2", sku_code="x"))
    first, second = event_ids(shop.seller)
    options = {"actor": SYSTEM, "seller": shop.seller}
    attribution_set(event_ids=[first], session=None, rule="no_session", **options)
    assert waiting() == {("sku", "x")}
    sku_resolve(event_ids=[first], sku=shop.sku, **options)
    assert waiting() == {("sku", "x")}
    sku_resolve(event_ids=[second], sku=None, **options)
    assert not waiting()
    factories.make_sku(shop.seller, "x")
    factories.make_session(shop.seller, live_id="y")
    assert resolve_all_pending(actor=SYSTEM) == 0
