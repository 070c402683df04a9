"""A seller on air at noon, and what it sold."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from livestreams.models import Host, HostAccount, LiveSession
from supplychain.models import Attribution, SalesEvent
from supplychain.services import placing
from tenants.models import Tenant
from tests.factories import make_host, make_park, make_session, make_tenant
from tests.supplychain.ledger import NOON, fact, record, statuses

SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)


class Shop:
    """A seller, a host of its own with an account, and a session from noon to two."""

    def __init__(self) -> None:
        park = make_park("east")
        self.seller: Tenant = make_tenant(park, "ming")
        self.other: Tenant = make_tenant(park, "hua")
        self.host: Host = make_host(self.seller, "ming-host")
        HostAccount.objects.create(host=self.host, platform="douyin", account="88001")
        self.session = self.on_air(NOON, host=self.host)

    def on_air(self, at: datetime, **values: Any) -> LiveSession:
        return make_session(values.pop("tenant", self.seller), starts_at=at, **values)

    def sold(self, order_no: str = "A1", at: datetime = NOON + HOUR, **values: Any) -> None:
        values = {"channel": "live", "host_ref": "88001", "occurred_at": at, "external_id": "", **values}
        source = values.pop("source", "test")
        result = record(self.seller, fact(order_no, **values), source=source)
        assert statuses(result) == ["stored"]

    def refunded(self, order_no: str = "A1", at: datetime = NOON + DAY, **values: Any) -> None:
        values = {"ref_order_no": order_no, "ref_line": "1", "line_no": "", **values}
        source = values.pop("source", "test")
        told = fact(f"r-{order_no}", "refunded", occurred_at=at, **values)
        result = record(self.seller, told, source=source)
        assert statuses(result) == ["stored"]

    def answers(self) -> dict[tuple[str, str], tuple[int | None, str]]:
        """Session and rule by kind and order, of facts as they stand."""
        placing.drain()
        found = {}
        for event in SalesEvent.objects.current().with_session().order_by("pk"):
            rule = Attribution.objects.filter(event_id=event.pk).order_by("-version").first()
            found[event.kind, event.ref_order_no or event.order_no] = (
                event.session_now,
                rule.rule if rule else "",
            )
        return found

    def answer(self, order_no: str = "A1", kind: str = "paid") -> tuple[int | None, str]:
        return self.answers()[kind, order_no]


@pytest.fixture
def shop() -> Shop:
    return Shop()
