"""Two full worlds that share one transaction per test file, and clients that are logged in to them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.admin import site
from django.db import models
from django.test import Client

from analytics.models import (
    DaySales,
    IndexRun,
    Indicator,
    IndicatorValue,
    MatchRun,
    MonthSales,
    ParkValue,
    PeriodClose,
    SessionFigures,
    SessionShare,
)
from analytics.services import session_claim, verdict_reply
from analytics.trust import judging
from core.actors import Actor, user_actor
from core.choices import Role
from core.clock import DAY, hour_of, month_of, now, today
from core.models import BucketFailure, ExchangeRate, Job, Unresolved, User
from core.policy import VIEW
from core.scoping import visible_to
from parks.models import IndustrialCluster
from supplychain.models import Backorder, ImportBatch, PayoutEntry, SalesEvent
from tenants.models import VerifiedFigure
from tests.contracts.goods import make_show_of
from tests.contracts.worlds import read_reports
from tests.factories import SYSTEM, World, make_user, make_world

AMOUNTS = {"gmv_paid": Decimal("1234.50"), "refunds": Decimal("34.50"), "orders": 7, "lines": 9}
REGISTERED = sorted(site._registry.items(), key=lambda item: item[0]._meta.label)


@dataclass
class Worlds:
    """The one that the tests look from, and the one they must not see."""

    mine: World
    other: World
    root: User

    @property
    def manager(self) -> Actor:
        return user_actor(self.mine.users[Role.PARK_MANAGER])


@pytest.fixture(scope="module")
def worlds(file_transaction: None) -> Worlds:
    """Made once for a file."""
    made = Worlds(make_world("alpha"), make_world("beta"), make_user("root"))
    User.objects.filter(pk=made.root.pk).update(is_superuser=True)
    for world in (made.mine, made.other):
        complete(world)
    return made


def complete(world: World) -> None:
    """Add rows of the models that a world has none of: figures, work in progress, the ledger."""
    canary = world.canary
    cluster = IndustrialCluster.objects.create(province=world.province, number=1, name_zh=f"{canary}集群")
    MatchRun.objects.create(park=world.park, first_day=today(), last_day=today(), goods=[])
    run = IndexRun.objects.create(
        made_at=now(),
        first_year=2013,
        last_year=2022,
        parameters={},
        inputs_hash="0" * 64,
        weights={},
        base={},
    )
    indicator = Indicator.objects.create(
        code=f"{world.name}-series", name_zh=f"{canary}指标", dimension="context"
    )
    IndicatorValue.objects.create(
        indicator=indicator,
        place=world.province.node,
        period=month_of(today()),
        published_on=today(),
        value=Decimal(1),
        source="official",
    )
    ParkValue.objects.create(
        indicator=indicator,
        park=world.park,
        period=month_of(today()),
        published_on=today(),
        value=Decimal(1),
        firms=3,
        lines=1,
        lines_hash="0" * 64,
        counted_at=now(),
    )
    ExchangeRate.objects.create(
        currency=f"X{world.name[0].upper()}X", day=today(), cny_per_unit=7, source=canary
    )
    for index, seat in enumerate(world.tenants):
        tenant, sku = seat.tenant, seat.skus[0]
        make_show_of(seat, canary)
        for day in (today(), today() - DAY):
            DaySales.objects.create(tenant=tenant, day=day, **AMOUNTS)
        MonthSales.objects.create(tenant=tenant, month=month_of(today()), **AMOUNTS)
        SessionFigures.objects.create(session=seat.session, **AMOUNTS)
        SessionShare.objects.create(
            session=seat.session,
            part="host",
            party=seat.host.pk,
            host=seat.host,
            gmv_paid=AMOUNTS["gmv_paid"],
        )
        session_claim(actor=SYSTEM, session=seat.session, sales=AMOUNTS["gmv_paid"])
        read_reports(seat, f"{canary}{index}", AMOUNTS["gmv_paid"])
        judging.drain()
        verdict_reply(actor=SYSTEM, session=seat.session, text=world.canary)
        PeriodClose.objects.create(
            tenant=tenant,
            month=month_of(today()),
            seq=1,
            published_on=today(),
            figures={
                "closed_at": now().isoformat(),
                "values": {"verified_net": "9.99"},
                "adjustments": {},
                "note": canary,
            },
            lines=1,
            lines_hash="0" * 64,
        )
        VerifiedFigure.objects.create(
            tenant=tenant,
            metric="verified_net",
            period=month_of(today()),
            version=1,
            value=1,
            source_hash="0" * 64,
        )
        node = tenant.node
        Job.objects.create(
            kind="test.work", node=node, message=canary, total=10, done=3, params={}, checkpoint={}
        )
        Unresolved.objects.create(
            kind="sku", node=node, reference=f"{canary}-ref-{index}", detail={"why": canary}
        )
        BucketFailure.objects.create(family="sales", node=node, slot=index, error=canary, retry_at=now())
        batch = ImportBatch.objects.create(
            tenant=tenant, source="test", file_name=f"{canary}.csv", options={}, report={"note": canary}
        )
        PayoutEntry.objects.create(
            tenant=tenant,
            platform="douyin",
            external_id=canary,
            kind="settled",
            order_no=f"{canary}-1",
            amount=Decimal("12.50"),
            occurred_at=now(),
            business_day=today(),
            import_batch=batch,
        )
        event_id = 10**6 + cluster.pk * 10 + index
        Backorder.objects.create(
            owner=tenant, sku=sku, event_id=event_id, order_no=f"{canary}-1", quantity=2, occurred_at=now()
        )
        SalesEvent.objects.create(
            id=event_id,
            seller=tenant,
            owner=tenant,
            source="test",
            external_id=f"{canary}-{index}",
            version=1,
            kind="paid",
            line_type="goods",
            order_no=f"{canary}-1",
            quantity=1,
            amount=Decimal("12.50"),
            currency="CNY",
            occurred_at=now(),
            received_at=now(),
            business_day=today(),
            slot=hour_of(now()),
            channel="live",
            customs_mode="domestic",
            import_batch=batch,
        )
    assert run.pk


@pytest.fixture
def as_user(db: None, worlds: Worlds) -> Callable[[User], Client]:
    """Log somebody in: `as_user(user).get(...)`."""

    def client(user: User) -> Client:
        logged_in = Client()
        logged_in.force_login(user)
        return logged_in

    return client


@pytest.fixture
def manager(as_user: Callable[[User], Client], worlds: Worlds) -> Client:
    """The manager of the park that the tests look from."""
    return as_user(worlds.mine.users[Role.PARK_MANAGER])


@pytest.fixture
def root(as_user: Callable[[User], Client], worlds: Worlds) -> Client:
    return as_user(worlds.root)


def url_of(model: type[models.Model], rest: str = "") -> str:
    return f"/admin/{model._meta.app_label}/{model._meta.model_name}/{rest}"


def hidden_row(model: type[models.Model], actor: Actor) -> models.Model | None:
    """A row that exists and that the actor may not see."""
    seen = visible_to(model._default_manager.all(), actor, VIEW).values("pk")
    return model._default_manager.exclude(pk__in=seen).order_by("-pk").first()


def absent_key(model: type[models.Model]) -> int:
    """A key of the same kind that no row has."""
    highest: int = model._default_manager.order_by("-pk").values_list("pk", flat=True).first() or 0
    return highest + 1000


def errors_of(answer: Any) -> dict[str, list[str]]:
    """The errors of the form that came back, as texts by field."""
    assert answer.status_code == 200, answer.content[:500]
    form = answer.context["adminform"].form if "adminform" in answer.context else answer.context["form"]
    return {name: [str(text) for text in texts] for name, texts in form.errors.items()}
