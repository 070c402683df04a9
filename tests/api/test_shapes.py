"""Recorded answers: which fields the API gives, and of which type. A change of shape shows in the diff of shapes.json.

`UPDATE_SHAPES=1` rewrites the file; a field that goes or changes its type needs a new version of the API.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from analytics.models import Indicator, IndicatorValue
from analytics.services import park_indicators_publish
from core.models import Job
from tests.api.answers_live import (
    answers_of_claims,
    of_hosts,
    of_matching,
    of_reports,
    of_the_exchange,
    of_the_schedule,
    of_the_studio,
)
from tests.api.answers_sales import (
    of_certificates,
    of_inbound,
    of_reorders,
    of_samples,
    of_settlement,
    of_shops,
    of_the_pool,
    of_webhooks,
)
from tests.api.conftest import Caller
from tests.api.keepers import of_keepers
from tests.api.operators import of_operators
from tests.factories import (
    SYSTEM,
    World,
)

# Of a list the first element is recorded, and that of a calendar is the first of the month.
pytestmark = pytest.mark.usefixtures("mid_month")
RECORDED = Path(__file__).parent / "shapes.json"
LINE = {
    "kind": "paid",
    "order_no": "O1",
    "qty": 1,
    "amount": "1.00",
    "occurred_at": "2025-06-01T20:00:00+08:00",
}


def shape(value: Any) -> Any:
    """Field names and types; of a list the shape of its first element."""
    if isinstance(value, dict):
        return {name: shape(inner) for name, inner in sorted(value.items())}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return type(value).__name__


def published_lineage(world: World) -> Any:
    """The series of the parks are published first; the park's manager sees its part."""
    park_indicators_publish(actor=SYSTEM)
    manager = Caller(user=world.users["park_manager"])
    return manager.get("indicators/park_gmv_paid/lineage", place="alpha-town", period="2025-06")


def answers(world: World, at: Callable[..., str]) -> dict[str, Any]:
    """One good answer of every operation, and one of each kind of refusal."""
    tool = Caller(world.tenants[0].secret)
    owner = Caller(user=world.tenants[0].users["tenant_owner"])
    series = Indicator.objects.create(
        code="s", name_zh="系列", dimension="market", published_weight=Decimal("8.1")
    )
    IndicatorValue.objects.create(
        indicator=series, place=world.province.node, period=date(2022, 1, 1), published_on=date(2023, 1, 1),
        value=Decimal(1), source="official",
    )  # fmt: skip
    job = Job.objects.create(kind="import", node=world.tenants[0].tenant.node)
    wish = {"tenant": "alpha-a", "room": "alpha-room-0", "starts_at": at(9), "ends_at": at(11), "hold": True}
    booking = tool.post("bookings", wish)
    uid = booking.json()["uid"]
    day = at(9)[:10]
    series = tool.post(
        "booking-series",
        {
            "tenant": "alpha-a",
            "room": "alpha-room-1",
            "first_day": day,
            "last_day": day,
            "weekdays": list(range(7)),
            "start": "15:00",
            "minutes": 60,
        },
    )
    pair = [
        tool.post("bookings", {**wish, "starts_at": at(hour), "ends_at": at(hour + 1)}).json()["uid"]
        for hour in (18, 20)
    ]
    waiting = tool.post("waitlist", {"tenant": "alpha-a", "earliest": at(9), "latest": at(11), "minutes": 60})
    session = tool.post("live-sessions", {"tenant": "alpha-a", "platform": "jd", "host": "alpha-a-host"})
    sid = session.json()["uid"]
    readings = [{"at": session.json()["started_at"], "concurrent": 1}]
    hour_of_session = f"{session.json()['started_at'][:13]}:00:00+08:00"
    sku = tool.post("skus", {"tenant": "alpha-a", "code": "s", "name_zh": "灯"})
    closer = Caller(user=world.users["park_finance"])
    replies = {
        "POST bookings": booking,
        "POST bookings 409": tool.post("bookings", wish),
        "GET bookings": tool.get("bookings"),
        "GET bookings/{uid}": tool.get(f"bookings/{uid}"),
        "POST bookings/{uid}/confirm": tool.post(f"bookings/{uid}/confirm"),
        "POST bookings/{uid}/move": tool.post(f"bookings/{uid}/move", {"ends_at": at(12)}),
        "POST bookings/{uid}/cancel": tool.post(f"bookings/{uid}/cancel"),
        "POST booking-series": series,
        "GET booking-series": tool.get("booking-series"),
        "GET booking-series/{uid}": tool.get(f"booking-series/{series.json()['uid']}"),
        "POST booking-series/{uid}/cancel": tool.post(f"booking-series/{series.json()['uid']}/cancel"),
        "POST bookings/{uid}/stream-key": tool.post(f"bookings/{pair[0]}/stream-key"),
        "GET bookings/{uid}/stream-key": tool.get(f"bookings/{pair[0]}/stream-key"),
        "POST bookings/{uid}/broadcast": tool.post(
            f"bookings/{pair[0]}/broadcast",
            {"route": "node", "platform": "jd", "server": "rtmp://push.platform.example/live", "key": "k"},
        ),
        "GET bookings/{uid}/broadcast": tool.get(f"bookings/{pair[0]}/broadcast"),
        "POST bookings/{uid}/swap": tool.post(f"bookings/{pair[0]}/swap", {"other": pair[1]}),
        "POST waitlist": waiting,
        "GET waitlist": tool.get("waitlist"),
        "GET waitlist/{uid}": tool.get(f"waitlist/{waiting.json()['uid']}"),
        "POST waitlist/{uid}/withdraw": tool.post(f"waitlist/{waiting.json()['uid']}/withdraw"),
        "POST live-sessions": session,
        "GET live-sessions": tool.get("live-sessions"),
        "GET live-sessions/{uid}": tool.get(f"live-sessions/{sid}"),
        "POST live-sessions/{uid}/samples": tool.post(
            f"live-sessions/{sid}/samples", {"source": "obs", "readings": readings}
        ),
        "POST live-sessions/{uid}/ad-spend": tool.post(
            f"live-sessions/{sid}/ad-spend", {"hours": [{"hour": hour_of_session, "amount": "1.50"}]}
        ),
        "GET live-sessions/{uid}/ad-spend": tool.get(f"live-sessions/{sid}/ad-spend"),
        "POST explain-events": tool.post(
            "explain-events", {"session": sid, "kind": "start", "sku": sku.json()["uid"]}
        ),
        "GET explain-events": tool.get("explain-events", session=sid),
        "POST session-claims": tool.post("session-claims", {"session": sid, "sales": "1.00", "viewers": 5}),
        "POST live-sessions/{uid}/end": tool.post(f"live-sessions/{sid}/end"),
        "POST orders/bulk": tool.post("orders/bulk", [LINE, {}]),
        "POST orders/bulk 400": tool.post("orders/bulk?atomic=true", [{}]),
        "GET orders": tool.get("orders"),
        "POST skus": sku,
        "GET charges": owner.get("charges"),
        "GET charges/{uid}": owner.get(f"charges/{world.tenants[0].tenant.charges.earliest('pk').uid}"),
        "GET parcels": owner.get("parcels"),
        "GET parcels/{uid}": owner.get(f"parcels/{world.tenants[0].tenant.parcels.earliest('pk').uid}"),
        "GET stock-levels": owner.get("stock-levels"),
        "GET stock-moves": owner.get("stock-moves"),
        "GET skus": owner.get("skus"),
        "GET skus/{uid}": tool.get(f"skus/{sku.json()['uid']}"),
        "POST closed-months": closer.post("closed-months", {"tenant": "alpha-b", "month": "2025-01-01"}),
        "GET closed-months": closer.get("closed-months"),
        "GET figures": tool.get("figures", since="2025-06-01", until="2025-06-01"),
        "GET figures place": Caller(user=world.users["province_analyst"]).get(
            "figures", place="alpha-town", since="2025-06-01", until="2025-06-01"
        ),
        "GET figures/metrics": tool.get("figures/metrics"),
        "GET indicators": tool.get("indicators"),
        "GET indicators/{code}": tool.get("indicators/s"),
        "GET indicator-values": tool.get("indicator-values"),
        "GET indicators/{code}/lineage": published_lineage(world),
        "GET rooms": tool.get("rooms"),
        "GET rooms/{code}": tool.get("rooms/alpha-room-0"),
        "GET rooms/{code}/free-windows": tool.get("rooms/alpha-room-0/free-windows"),
        "GET events": tool.get("events"),
        "GET events/{uid}": tool.get(f"events/{world.event.uid}"),
        **answers_of_claims(world),
        "GET events/{uid}/report": tool.get(f"events/{world.event.uid}/report"),
        "GET towns": tool.get("towns"),
        "GET towns/{code}": tool.get(f"towns/{world.town.code}"),
        "GET parks": tool.get("parks"),
        "GET parks/{code}": tool.get("parks/alpha"),
        "GET me": tool.get("me"),
        "GET jobs": owner.get("jobs"),
        "GET jobs/{uid}": owner.get(f"jobs/{job.uid}"),
        "POST jobs/{uid}/pause": owner.post(f"jobs/{job.uid}/pause"),
        "POST jobs/{uid}/resume": owner.post(f"jobs/{job.uid}/resume"),
        "POST jobs/{uid}/cancel": owner.post(f"jobs/{job.uid}/cancel"),
        "GET 401": Caller().get("me"),
        "GET 404": tool.get("nowhere"),
        **of_hosts(world, at),
        **of_the_exchange(world, at),
        **of_matching(world, at),
        **of_the_schedule(world, at),
        **of_the_studio(world, at),
        **of_reorders(world, owner),
        "GET slow-stock": Caller(user=world.users["park_manager"]).get("slow-stock", park=world.park.code),
        **of_settlement(world, owner),
        **of_webhooks(world, owner),
        **of_shops(world, owner),
        **of_the_pool(world, tool),
        **of_operators(world),
        **of_keepers(world),
        **of_samples(world),
        **of_inbound(world),
        **of_certificates(world),
        **of_reports(world, owner),
    }
    return {
        name: {"status": reply.status_code, "body": shape(reply.json())} for name, reply in replies.items()
    }


@pytest.mark.django_db
def test_the_shape_of_every_answer_is_the_recorded_one(world: World, at: Callable[..., str]) -> None:
    found = answers(world, at)
    if os.environ.get("UPDATE_SHAPES"):
        RECORDED.write_text(json.dumps(found, indent=1, sort_keys=True, ensure_ascii=False) + "\n")
    recorded = json.loads(RECORDED.read_text())
    assert sorted(found) == sorted(recorded)
    for name, answer in found.items():
        assert answer == recorded[name], name


def test_every_operation_has_its_recorded_answer() -> None:
    from drf_spectacular.generators import SchemaGenerator

    recorded = json.loads(RECORDED.read_text())
    document = SchemaGenerator().get_schema(request=None, public=True)
    operations = {
        f"{method.upper()} {path.removeprefix('/api/v1/')}"
        for path, methods in document["paths"].items()
        for method in methods
    }
    # Checking in needs the hour of the booking; its answer is that of the other steps. Files have no fields.
    assert operations - recorded.keys() == {
        "POST bookings/{uid}/check-in",
        "GET statements/{uid}/paper",
        "GET statements/{uid}/table",
    }
