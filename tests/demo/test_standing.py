"""What the demo makes once beside its ledger: the collective store and the certificates of goods."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from django.db.models import Count, Min

from analytics.demo.build import build_park
from analytics.demo.built import BuiltPark
from analytics.demo.certificates import FIRMS, GOODS, build_certificates
from analytics.demo.plans import PLANS, SEED, TINY, ParkPlan
from analytics.demo.stores import build_collective_store
from livestreams.models import Certificate
from parks.geography import geography_load
from supplychain.choices import CertificateState
from supplychain.models import Product, QualityCertificate
from tenants.models import Store
from tests.factories import SYSTEM

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

MIXED = replace(TINY, mixed_owners=True, tenants=5, sellers=5)


def built(plan: ParkPlan) -> BuiltPark:
    geography_load()
    return build_park(plan, actor=SYSTEM, seed=SEED, until=dt.date(2025, 5, 10))


def test_where_owners_are_mixed_the_first_firm_has_a_collective_store_of_three_neighbours() -> None:
    park = built(MIXED)
    for _start in range(2):
        build_collective_store(park)
        (store,) = Store.objects.all()
        assert (store.tenant, store.platform) == (park.tenants[0], MIXED.platform)
        assert set(store.members.all()) == set(park.tenants[1:4])
    assert PLANS[0].mixed_owners  # the park that a newcomer sees


def test_nobody_has_the_certificate_of_a_course_before_it_was_held() -> None:
    built(TINY)
    given = list(Certificate.objects.exclude(course=None).annotate(held=Min("course__runs__last_day")))
    assert given
    assert all(certificate.issued_on >= certificate.held for certificate in given)


def test_where_each_firm_sells_its_own_goods_there_is_no_collective_store() -> None:
    build_collective_store(built(TINY))
    assert not Store.objects.exists()


def test_each_firm_gets_its_certificates_once_also_when_others_have_theirs() -> None:
    park = built(MIXED)

    def papers() -> dict[int, int]:
        rows = QualityCertificate.objects.values_list("tenant_id").annotate(papers=Count("pk"))
        return dict(rows.order_by())

    first, last = park.tenants[0], park.tenants[FIRMS]
    build_certificates(replace(park, tenants=[first]), actor=SYSTEM)
    assert papers() == {first.pk: GOODS}
    goods = Product.objects.filter(tenant=last, closed_on__isnull=True).count()
    expected = {**{firm.pk: GOODS for firm in park.tenants[:FIRMS]}, last.pk: goods}
    for _start in range(2):
        build_certificates(park, actor=SYSTEM)
        assert papers() == expected
    accepted = QualityCertificate.objects.filter(tenant=last, state=CertificateState.ACCEPTED)
    assert accepted.values("product").distinct().count() == goods > 0
