"""The count once more, in plain Python over plain dicts, sharing no code with what is compared with it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

SHANGHAI = timezone(timedelta(hours=8))
PLATFORMS = {"1688", "douyin", "jd", "kuaishou", "pinduoduo", "taobao", "tiktok", "wechat", "xiaohongshu"}
ZERO = Decimal(0)


@dataclass(frozen=True, kw_only=True)
class Fact:
    """A line as it was told to the ledger. `at` is aware; `session` is 0 without one."""

    tenant: int
    external_id: str
    version: int
    kind: str
    at: datetime
    order_no: str
    line_no: str = ""
    ref_order_no: str = ""
    ref_line: str = ""
    line_type: str = "goods"
    qty: int = 1
    amount: Decimal = ZERO
    channel: str = "other"
    session: int = 0
    source: str = "test"
    customs_mode: str = "domestic"

    @property
    def hour(self) -> int:
        return int((self.at - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(hours=1))

    @property
    def day(self) -> str:
        return self.at.astimezone(SHANGHAI).strftime("%Y-%m-%d")

    @property
    def month(self) -> str:
        return self.day[:7] + "-01"


@dataclass
class Sums:
    """What a level says of one row."""

    gmv_created: Decimal = ZERO
    gmv_paid: Decimal = ZERO
    refunds: Decimal = ZERO
    cancellations: Decimal = ZERO
    adjustments: Decimal = ZERO
    units_paid: int = 0
    units_refunded: int = 0
    lines: int = 0
    cross_border_paid: Decimal = ZERO
    cross_border_refunds: Decimal = ZERO
    paid: set[Hashable] = field(default_factory=set)
    refunded: set[Hashable] = field(default_factory=set)

    def as_tuple(self) -> tuple[object, ...]:
        return (
            self.gmv_created, self.gmv_paid, self.refunds, self.cancellations, self.adjustments,
            self.units_paid, self.units_refunded, self.lines, len(self.paid), len(self.refunded),
            self.cross_border_paid, self.cross_border_refunds,
        )  # fmt: skip


class Book:
    """Everything that was ever told, in any order."""

    def __init__(self) -> None:
        self.told: dict[tuple[int, str, str], dict[int, Fact]] = defaultdict(dict)
        self.attributed: dict[tuple[int, str, str, int], int] = {}

    def tell(self, fact: Fact) -> bool:
        """Note a fact; False when that version is known already, the first one stands."""
        versions = self.told[fact.tenant, fact.source, fact.external_id]
        if fact.version not in versions:
            versions[fact.version] = fact
            self._keep_said(fact, versions)
        return versions[fact.version] is fact

    def _keep_said(self, fact: Fact, versions: dict[int, Fact]) -> None:
        """What a person said of the last version about the same line is said of this one as well."""
        for version in sorted((version for version in versions if version < fact.version), reverse=True):
            key = (fact.tenant, fact.source, fact.external_id, version)
            if key in self.attributed and about(versions[version]) == about(fact):
                self.attribute(fact, self.attributed[key])
                return

    def attribute(self, fact: Fact, session: int) -> None:
        self.attributed[fact.tenant, fact.source, fact.external_id, fact.version] = session

    def current(self) -> list[Fact]:
        return [versions[max(versions)] for versions in self.told.values() if versions]

    def session_of(self, fact: Fact) -> int:
        key = (fact.tenant, fact.source, fact.external_id, fact.version)
        return self.attributed.get(key, fact.session)

    def count(self, level: Callable[[Fact], Hashable]) -> dict[Hashable, tuple[object, ...]]:
        """The figures by what `level` says of a fact; facts of which it says None stay out."""
        facts = self.current()
        orders = orders_of(facts)
        worth = cancellation_values(orders)
        abroad = cross_border(orders)
        rows: dict[Hashable, Sums] = defaultdict(Sums)
        for fact in facts:
            if (place := level(fact)) is None:
                continue
            row = rows[place]
            row.lines += 1
            goods = fact.qty if fact.line_type == "goods" else 0
            if fact.kind == "created":
                row.gmv_created += fact.amount
            elif fact.kind == "paid":
                row.gmv_paid += fact.amount
                row.units_paid += goods
                row.paid.add(orders[fact])
                row.cross_border_paid += fact.amount if fact in abroad else ZERO
            elif fact.kind == "adjusted":
                row.adjustments += fact.amount
            elif fact.kind == "refunded":
                row.refunds += fact.amount
                row.units_refunded += goods
                row.cross_border_refunds += fact.amount if fact in abroad else ZERO
                if fact.ref_order_no:
                    row.refunded.add(orders[fact])
            elif value := worth.get(fact, ZERO):
                row.refunds += value
                row.cancellations += value
                row.cross_border_refunds += value if fact in abroad else ZERO
                row.refunded.add(orders[fact])
        return {place: row.as_tuple() for place, row in rows.items()}


def about(fact: Fact) -> tuple[object, ...]:
    """Of which line a fact is, and in which session it says that it was."""
    return (fact.kind, fact.order_no, fact.line_no, fact.ref_order_no, fact.ref_line, fact.session)


def orders_of(facts: Iterable[Fact]) -> dict[Fact, tuple[int, str, str]]:
    """The order that each fact is of: tenant, source and number; the number is empty where a refund names none.

    A refund under a source that tells of no payment of the number is of the order that the one other source tells a
    payment of. Two platforms' numbers are of two orders.
    """
    everything = list(facts)
    payers: dict[tuple[int, str], set[str]] = defaultdict(set)
    for fact in everything:
        if fact.kind == "paid":
            payers[fact.tenant, fact.order_no].add(fact.source)
    found = {}
    for fact in everything:
        number = fact.ref_order_no if fact.kind == "refunded" else fact.order_no
        source = fact.source
        if fact.kind == "refunded" and number and source not in payers[fact.tenant, number]:
            others = payers[fact.tenant, number] - (PLATFORMS if source in PLATFORMS else set())
            if len(others) == 1:
                (source,) = others
        found[fact] = (fact.tenant, source, number)
    return found


def cross_border(orders: dict[Fact, tuple[int, str, str]]) -> set[Fact]:
    """Facts with a customs mode, and the refunds and cancellations of paid lines with one, by the order of each.

    A refund may come before its sale; a cancellation takes back what was paid up to it.
    """
    sold: dict[Hashable, list[Fact]] = defaultdict(list)
    for fact, order in orders.items():
        if fact.kind == "paid" and fact.customs_mode != "domestic":
            sold[order].append(fact)
    found = {fact for fact in orders if fact.customs_mode != "domestic"}
    for fact, order in orders.items():
        if fact.kind not in ("cancelled", "refunded") or not order[-1]:
            continue
        line = fact.line_no if fact.kind == "cancelled" else fact.ref_line
        for sale in sold[order]:
            if line in ("", sale.line_no) and (fact.kind == "refunded" or sale.at <= fact.at):
                found.add(fact)
    return found


def cancellation_values(orders: dict[Fact, tuple[int, str, str]]) -> dict[Fact, Decimal]:
    """Walk the cancellations of each order in time and give each what it takes back."""
    by_order: dict[tuple[int, str, str], list[Fact]] = defaultdict(list)
    for fact, order in orders.items():
        by_order[order].append(fact)
    values: dict[Fact, Decimal] = {}
    for (_tenant, _source, order_no), all_of_it in by_order.items():
        if order_no:
            values.update(_walk(all_of_it))
    return values


def _walk(facts: list[Fact]) -> dict[Fact, Decimal]:
    values: dict[Fact, Decimal] = {}
    done: set[str] = set()
    cancellations = [fact for fact in facts if fact.kind == "cancelled"]
    for event in sorted(cancellations, key=lambda fact: (fact.at, fact.external_id)):
        before = [fact for fact in facts if fact.at <= event.at or fact.source != event.source]
        paid = [fact for fact in before if fact.kind == "paid"]
        back = [fact for fact in before if fact.kind == "refunded"]
        if event.line_no:
            paid = [fact for fact in paid if fact.line_no == event.line_no]
            back = [fact for fact in back if fact.ref_line == event.line_no]
        if not paid or "" in done or event.line_no in done:
            continue
        done.add(event.line_no)
        rest = sum((fact.amount for fact in paid), ZERO) - sum((fact.amount for fact in back), ZERO)
        if not event.line_no:
            rest -= sum(values.values(), ZERO)
        values[event] = max(rest, ZERO)
    return values
