"""A festival every fortnight over the demo's lighting parks: one runs on every day, and those before it are over."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

from django.db import transaction

from analytics.choices import EventReach
from analytics.demo.built import BuiltPark, uid
from analytics.demo.logins import SYSTEM
from analytics.services import event_claim
from core.money import to_cents
from parks.choices import EventKind
from parks.models import Event, EventVenue
from supplychain.models import EventItem, Product
from tenants.models import EventEntry

LENGTH, WARM_UP, MAIN = 14, 4, 4
ANY_FIRST_DAY = date(2020, 5, 14)
"""Four days later it was 18 May 2020."""
INDUSTRY = "灯饰"
ENTRANTS, ITEMS = 8, 2
TARGET_PER_DAY = Decimal(30_000)
"""Joint target in CNY for each tenant that takes part and each day."""

SAID = (
    (EventReach.TOWN, None, "灯都晚报"),
    (EventReach.ROOMS, 17, "灯都晚报（只算基地直播间）"),
)
SAID_SALES, SAID_DAYS = Decimal(280_000_000), 7
"""What was published of a town's festival, and what the same would be of one base's rooms alone."""


@transaction.atomic
def build_festivals(parks: Sequence[BuiltPark], since: date, until: date) -> None:
    """Make the festivals that touch the days from `since` to `until`, where they are missing."""
    taking_part = [built for built in parks if INDUSTRY in built.plan.industries]
    # Where lighting is the only industry stands the main venue.
    taking_part.sort(key=lambda built: len(built.plan.industries))
    number = (since - ANY_FIRST_DAY).days // LENGTH
    while taking_part and (first := ANY_FIRST_DAY + timedelta(days=number * LENGTH)) <= until:
        if not Event.objects.filter(uid=uid("event", first)).exists():
            _festival(taking_part, first)
        if first + timedelta(days=SAID_DAYS) <= until:
            _said(first)
        number += 1


def _festival(parks: list[BuiltPark], first: date) -> None:
    main_from = first + timedelta(days=WARM_UP)
    sellers = {built.plan.code: built.tenants[: min(ENTRANTS, built.plan.sellers)] for built in parks}
    event = Event.objects.create(
        uid=uid("event", first),
        park=parks[0].park,
        kind=EventKind.FESTIVAL,
        name_zh=f"{main_from.month}·{main_from.day} 灯都直播带货节",
        name_en=f"Lighting Live Festival {main_from:%d %b}",
        industry=INDUSTRY,
        first_day=first,
        main_from=main_from,
        main_until=main_from + timedelta(days=MAIN - 1),
        last_day=first + timedelta(days=LENGTH - 1),
        target_gmv_paid=TARGET_PER_DAY * LENGTH * sum(map(len, sellers.values())),
    )
    EventVenue.objects.bulk_create(
        EventVenue(event=event, park=built.park, is_main=built is parks[0]) for built in parks
    )
    entries = EventEntry.objects.bulk_create(
        EventEntry(uid=uid("entry", first, tenant.code), event=event, tenant=tenant, park=built.park)
        for built in parks
        for tenant in sellers[built.plan.code]
    )
    EventItem.objects.bulk_create(
        EventItem(
            uid=uid("item", first, product.code),
            entry=entry,
            product=product,
            price=to_cents(product.list_price * Decimal("0.8")),
            quantity=200,
        )
        for entry in entries
        for product in Product.objects.filter(tenant=entry.tenant_id).order_by("code")[:ITEMS]
    )


def _said(first: date) -> None:
    """What a paper would have had: of the town, and of a base's rooms alone. Said again it is kept once."""
    for reach, rooms, paper in SAID:
        event_claim(
            actor=SYSTEM,
            event=Event.objects.get(uid=uid("event", first)),
            said_by=paper,
            sales=SAID_SALES,
            reach=reach,
            rooms=rooms,
            first_day=first,
            last_day=first + timedelta(days=SAID_DAYS - 1),
        )
