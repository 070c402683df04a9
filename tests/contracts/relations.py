"""How a row can be named, rightly and wrongly, and where input names one: for test_related_fields.

A relation of a form or a serializer is found by its class. Where input names a row by mere text (a filter, a
reference of an order line), NAMES says which row that would be, and WORDS which texts name none: a text that
stands in neither fails the test.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar
from urllib.parse import quote, quote_plus
from uuid import UUID

from django.db.models import F, Model
from django.utils.html import escape
from rest_framework import relations, serializers

from core import strict
from supplychain.models import SalesEvent
from tests.contracts.matrix import difference, normal, text_of
from tests.contracts.objects import ABSENT_UID, NoFactory
from tests.contracts.rows import row_in
from tests.factories import TenantWorld, World

WIDE = {code: code + 0xFEE0 for code in range(ord("!"), ord("~") + 1)}
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:\+\d\d:\d\d|Z)?")
FURTHER = 10**6
"""Further than any key of a test."""

# Text that names a row: the row, and the attribute by which it is named.
NAMES: dict[str, Callable[[World, TenantWorld], tuple[Model | None, str]]] = {
    "tenant": lambda world, mine: (mine.tenant, "code"),
    "owner": lambda world, mine: (mine.tenant, "code"),
    "park": lambda world, mine: (world.park, "code"),
    "place": lambda world, mine: (world.town.node, "code"),
    "room": lambda world, mine: (world.rooms[0], "code"),
    "session": lambda world, mine: (mine.session, "uid"),
    "host": lambda world, mine: (mine.host, "code"),
    "session_ref": lambda world, mine: (mine.session, "uid"),
    "host_ref": lambda world, mine: (mine.host, "code"),
    "sku_code": lambda world, mine: (mine.skus[0], "code"),
    # The code of its SKU names a level: who looks at stock need not look at goods.
    "sku": lambda world, mine: (
        mine.tenant.stock_levels.annotate(code=F("sku__code")).earliest("pk"),
        "code",
    ),
    "order_no": lambda world, mine: (_sale(mine), "order_no"),
    "ref_order_no": lambda world, mine: (_sale(mine), "order_no"),
    "external_id": lambda world, mine: (_sale(mine), "external_id"),
    "course": lambda world, mine: (world.course_run.course, "code"),
    "event": lambda world, mine: (world.event, "uid"),
    "factory": lambda world, mine: (mine.tenant.factories.earliest("id"), "uid"),
    "booking": lambda world, mine: (mine.booking, "uid"),
    "offer": lambda world, mine: (mine.tenant.goods_offers.earliest("id"), "uid"),
    "tracking_no": lambda world, mine: (
        mine.tenant.parcels.exclude(tracking_no="").earliest("pk"),
        "tracking_no",
    ),
    "agreement": lambda world, mine: (mine.tenant.agreements.earliest("id"), "uid"),
    "webhook": lambda world, mine: (mine.tenant.node.webhooks.earliest("id"), "uid"),
    "connection": lambda world, mine: (mine.tenant.shop_hooks.earliest("id"), "uid"),
}
# Text that names no row, or one that is everybody's.
WORDS = {
    "indicator-values code": "indicators are published",
    "reorders/{uid}/receive sku": "a code among the lines of that re-order",
    "indicator-values province": "places are published",
    "indicator-values place": "likewise",
    "indicators/(?P<code>[^/.]+)/lineage place": "likewise; whose parks are behind a value is scoped",
    "orders cursor": "a place in the list that was asked for",
    "live-sessions platform_live_id": "a number of the platform, given once, whoever has it",
    "host-accounts account": "a name on the platform among the host's own accounts, whoever else uses it",
    "stock-levels warehouse": "a code in the rows that the caller sees: others are no candidates",
    "stock-moves warehouse": "likewise",
    "parcels warehouse": "likewise",
    "reservations warehouse": "likewise",
    "waves warehouse": "likewise",
    "statement-orders line": "a number in the rows that the caller sees: others are no candidates",
    "statement-orders statement": "likewise",
    "statement-orders order_no": "likewise",
    "reservations order_no": "likewise",
    "parcels wave": "likewise",
    "cleaning-duties person": "a log-in among the people of the park's own studio, whoever else is called so",
    "beyond_quota": "why the park goes beyond a quota, in its own words",
    "may_give_up": "an amount",
    "zone": "a shelf, in the words of the warehouse",
    "from_zone": "likewise",
    "to_zone": "likewise",
    "parcels/{uid}/scan code": "a code among the lines of that parcel",
    "stock-moves cursor": "a place in the list that was asked for",
    "skus code": "a code among the tenant's own goods, whoever else uses it",
    "skus product": "likewise: products of others are no candidates",
    "exchange-offers 0": "codes of parks and places, which everybody knows",
    "park_code": "codes of parks are known to everybody: they stand in the addresses of walls",
    "agreements partner": "codes of parks are known to everybody, a firm gives its own to whom it deals with",
    **dict.fromkeys(
        ("rooms code", "hosts code", "courses code", "media-nodes code"),
        "of a new object: codes are unique for ever, whoever has one",
    ),
    **dict.fromkeys(
        ("rooms 0", "rooms/(?P<code>[^/.]+)/change 0", "hosts 0", "hosts/(?P<code>[^/.]+)/change 0"),
        "equipment, languages, hours of the week: words of its own",
    ),
    "report-drops content": "a file: what its rows name is looked for among the firm's own sessions, by a job",
    "shop-messages order_no": "a number as the shop told it, whether or not the order is in the ledger",
    "orders/bulk source": "half of the key under which the seller's own lines are known",
    **dict.fromkeys(
        (
            "atomic", "begins", "by", "ends", "category", "cost", "list_price", "name_en", "name_zh", "scene", "search",
            "day", "specification", "start", "note", "reason", "hourly_rate",
            "channel", "currency", "customs_mode", "delivery", "destination", "kind", "line_no",
            "line_type", "market", "period_kind", "platform", "purpose", "ref_line", "source", "state", "title",
            "company", "name", "said_by", "note", "plate", "text",
            "answer", "difference", "budget", "hours", "language", "price", "since", "stock", "times", "until",
            "floor_price", "commission_rate", "certificates", "sells", "current",
            "guarantee", "guaranteed_sales", "slot_fee", "leftover_value", "deduction", "deduction_rate", "invoice_no",
            "objection", "outside_name", "outside_ref", "above", "tax_rate",
            "key", "server", "vintages", "year", "amount", "sales", "amount_foreign", "rate", "period", "vintage",
            "issuer", "expiring", "month",
            "level", "trainer", "number", "opens_at", "closes_at", "address", "control_url", "day_rate", "overdue",
            "industry", "target_gmv_paid", "target_net_sales",
            "url", "app_key", "aes_key", "secret", "shop_id", "not_imported",
        ),
        "a word, a number, a choice",
    ),
}  # fmt: skip


def _sale(mine: TenantWorld) -> Model | None:
    return SalesEvent.objects.filter(seller=mine.tenant).order_by("id").first()


@dataclass(frozen=True)
class Name:
    """What a row answers to: its key, its name in addresses and forms, its uid, its name for people."""

    key: int
    public: str
    uid: str
    spoken: str

    @classmethod
    def of(cls, row: Model, public: object) -> Name:
        uid = getattr(row, "uid", None) or UUID(int=int(row.pk))
        return cls(int(row.pk), str(public), str(uid), str(row))

    def absent(self) -> Name:
        """The same kind of name, of a row that does not exist."""
        public = self.public.replace(self.uid, ABSENT_UID)
        if public == self.public:
            public = str(self.key + FURTHER) if public == str(self.key) else f"{public}x"
        return Name(self.key + FURTHER, public, ABSENT_UID, f"{self.spoken}x")

    def typed(self) -> dict[str, str]:
        """Spellings as people and programs type them into forms and addresses."""
        key, public = str(self.key), self.public
        return {
            "as it is": public,
            "between spaces": f" {public} ",
            "in capitals": public.upper(),
            "in full width": public.translate(WIDE),
            "with a NUL": f"{public}\0",
            "as a list": f"[{public}]",
            "as an object": f'{{"id": {key}}}',
            "by its key": key,
            "by its key between spaces": f" {key} ",
            "by its key as a decimal": f"{key}.0",
            "by its key in full width": key.translate(WIDE),
            "by its uid": self.uid,
            "by its uid in capitals": self.uid.upper(),
            "by its name": self.spoken,
        }

    def sent(self) -> dict[str, Any]:
        """Spellings as JSON carries them."""
        return self.typed() | {
            "as a number": self.key,
            "as a float": float(self.key),
            "in a list": [self.public],
            "by its key in a list": [self.key],
            "by its key in an object": {"id": self.key},
            "in an object": {"code": self.public, "uid": self.uid},
        }


def name_in(model: type[Model], mine: TenantWorld, world: World, written: Callable[[Any], object]) -> Name:
    """The name of one row of a model in a world. A relation that no world has a row for cannot be tested."""
    row = row_in(model, mine, world)
    if row is None:
        raise NoFactory(f"{world.name} has no row of {model._meta.label}")
    return Name.of(row, written(row))


# --- relations of serializers ----------------------------------------------------------------------------

Path = tuple[str | int, ...]


def relations_of(
    serializer: Any, path: Path = ()
) -> Iterator[tuple[Path, relations.RelatedField[Any, Any, Any]]]:
    """Every relation that a serializer reads, with where it stands in the body; lists stand for their first row."""
    if isinstance(serializer, relations.ManyRelatedField):
        yield from relations_of(serializer.child_relation, (*path, 0))
    elif isinstance(serializer, relations.RelatedField):
        yield path, serializer
    elif isinstance(serializer, serializers.ListField | serializers.ListSerializer):
        yield from relations_of(serializer.child, (*path, 0))
    elif isinstance(serializer, serializers.Serializer):
        for name, field in serializer.fields.items():
            if not field.read_only:
                yield from relations_of(field, (*path, name))


def with_value(body: Any, path: Path, value: Any) -> Any:
    """A copy of a JSON value with another value at a path."""
    if not path:
        return value
    first, *rest = path
    if isinstance(first, int):
        rows = list(body) if isinstance(body, list) else []
        return [with_value(rows[0] if rows else None, tuple(rest), value), *rows[1:]]
    known = dict(body) if isinstance(body, dict) else {}
    return {**known, first: with_value(known.get(first), tuple(rest), value)}


# --- what two answers say -------------------------------------------------------------------------------

Where = TypeVar("Where")
Ask = Callable[[dict[Where, Any]], Any]


def told_apart(
    names: Mapping[Where, Name],
    ask: Ask[Where],
    spellings: Callable[[Name], dict[str, Any]] = Name.sent,
    *,
    thorough: bool = True,
) -> Iterator[str]:
    """In which spellings rows that exist get another answer than rows that do not, and where the answers differ.

    `ask` sends a value for each place and gives back the answers: responses, or texts made of them. What reads
    the spellings is the same for every caller: one is `thorough`, the others send the first of them.
    """
    absent = {where: name.absent() for where, name in names.items()}
    known = (*names.values(), *absent.values())
    hows = list(spellings(known[0])) if known else []
    for how in hows if thorough else hows[:1]:
        one, two = (
            told(ask({where: spellings(name)[how] for where, name in each.items()}), *known)
            for each in (names, absent)
        )
        if one != two:
            yield f"{how}: {difference((0, one), (0, two))}"


def told(answers: Any, *names: Name) -> str:
    """What answers say, without what the caller itself said and without the moment."""
    texts = [
        each if isinstance(each, str) else f"{each.status_code}\n{text_of(each)}"
        for each in (answers if isinstance(answers, list) else [answers])
    ]
    # Addresses within addresses: what was asked for stands in them in a wrapping of its own.
    text = "\n\n".join(texts).replace("%3D", "=").replace("%26", "&")
    text = INSTANT.sub("INSTANT", text)
    if said := [spelling for spelling in _spellings(names) if spelling in text]:
        text = re.sub("|".join(rf"(?<!\w){re.escape(each)}(?!\w)" for each in said), "ASKED", text)
    return normal(text)


@lru_cache(maxsize=64)
def _spellings(names: tuple[Name, ...]) -> list[str]:
    """Longer ones first, so that none is cut by a shorter one inside it."""
    values = (value for name in names for value in name.sent().values())
    return sorted({each for value in values for each in _written(value) if each}, key=len, reverse=True)


def _written(value: Any) -> Iterator[str]:
    """How a value that was sent may stand in an answer."""
    text = value.strip('"') if isinstance(value, str) else json.dumps(value)
    for each in (text, text.strip(), strict.shown(value).strip('"')):
        yield each
        yield escape(each)
        yield json.dumps(each)[1:-1]
        yield quote(each)
        yield quote_plus(each)
