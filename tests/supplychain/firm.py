"""A firm that has goods made: a factory with two steps, a style of two SKUs, and a warehouse of its park."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from core.actors import Actor, user_actor
from core.choices import Role
from supplychain.models import Launch, Reorder, Warehouse
from supplychain.services import factory_create, launch_create
from supplychain.services.launches import drain
from tests.factories import make_park, make_sku, make_tenant, make_user
from tests.supplychain.ledger import fact, record

DAY = dt.timedelta(days=1)
DROP = dt.date(2025, 3, 3)
NOON = dt.datetime(2025, 3, 4, 4, 0, tzinfo=dt.UTC)


class Firm:
    """See the module. Its drop was on DROP, and it is noon of the day after."""

    def __init__(self, pieces: int = 200) -> None:
        self.park = make_park("east")
        self.tenant, self.other = make_tenant(self.park, "ming"), make_tenant(self.park, "hua")
        self.sku = make_sku(self.tenant, "RED-M")
        self.sku_2 = self.sku.product.skus.create(tenant=self.tenant, code="RED-L")
        self.warehouse = Warehouse.objects.create(park=self.park, code="wh", name_zh="仓")
        self.owner, self.storeman, self.finance = (
            self.person(role) for role in (Role.TENANT_OWNER, Role.TENANT_WAREHOUSE, Role.TENANT_FINANCE)
        )
        self.stranger = user_actor(make_user("stranger", Role.TENANT_OWNER, self.other.node))
        self.factory = factory_create(
            actor=self.owner,
            tenant=self.tenant,
            name="East sewing",
            steps={"fabric": (pieces * 2, 1), "sewing": (pieces, 0)},
        )

    def person(self, role: Role) -> Actor:
        return user_actor(make_user(f"ming-{role}", role, self.tenant.node))

    def launch(self, **values: Any) -> Launch:
        defaults: dict[str, Any] = {
            "product": self.sku.product,
            "factory": self.factory,
            "day": DROP,
            "season_end": DROP + 45 * DAY,
            "test_batch": 100,
            "price": Decimal(120),
            "cost": Decimal(50),
            "leftover_value": Decimal(20),
        }
        return launch_create(actor=self.owner, tenant=self.tenant, **{**defaults, **values})

    def sell(self, number: int, at: dt.datetime = NOON, code: str = "RED-M", key: str = "") -> None:
        record(
            self.tenant,
            fact(
                f"{key or code}-{at:%d%H%M}",
                amount="120.00",
                occurred_at=at,
                sku_code=code,
                qty=number,
            ),
        )

    def proposal(self) -> Reorder:
        self.launch()
        self.sell(40)
        drain()
        return Reorder.objects.get()
