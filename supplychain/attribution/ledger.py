"""What the rule reads of the ledger: orders as facts with their latest answers, and what is asked of a fact."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import timedelta
from typing import TypeVar

from core.clock import HOUR
from core.portions import in_turn
from supplychain.attribution.lines import Fact
from supplychain.attribution.rule import OrderLine, Result, decide
from supplychain.attribution.stages import Evidence
from supplychain.choices import SalesKind, TailWindow
from supplychain.models import Attribution, AttributionSettings, SalesEvent, Sku
from supplychain.samenumber import paid_under
from tenants.choices import Platform
from tenants.models import Tenant

Order = tuple[str, str]
"""Source and order number, of one seller."""
T = TypeVar("T")


def window_of(seller_id: int) -> timedelta:
    """How long after its end a session may be given lines of a seller; none unless it says so."""
    settings = AttributionSettings.objects.filter(pk=seller_id).first()
    return (settings.window_hours if settings else TailWindow.NONE) * HOUR


def facts_of(seller: Tenant, numbers: Iterable[str]) -> dict[Order, list[Fact]]:
    """The current facts of the orders of a seller with some numbers, with their latest answers.

    A refund is of the order where that is paid, whichever door told it.
    """
    wanted = set(numbers)
    events = SalesEvent.objects.current().of_orders(seller.pk, sorted(wanted))
    columns = (name for name in Fact._fields if name not in ("session", "rule", "version"))
    rows = list(events.values_list(*columns, "session_id"))
    latest = _latest(row[0] for row in rows)
    facts: list[Fact] = []
    payers: dict[str, set[str]] = defaultdict(set)
    for pk, *values, session in rows:
        version, rule, answered = latest.get(pk, (0, "", session))
        facts.append(Fact._make((pk, *values, answered, rule, version)))
        if facts[-1].kind == SalesKind.PAID:
            payers[facts[-1].order_no].add(facts[-1].source)
    found: dict[Order, list[Fact]] = defaultdict(list)
    for fact in facts:
        number, source = fact.of_order, fact.source
        if fact.kind == SalesKind.REFUNDED:
            source = paid_under(source, payers[number])
        if number in wanted:
            found[source, number].append(fact)
    return dict(found)


def _latest(ids: Iterable[int]) -> dict[int, tuple[int, str, int | None]]:
    """The latest answer of facts: version, rule, session."""
    found: dict[int, tuple[int, str, int | None]] = {}
    for some in in_turn(ids, 5_000):
        rows = Attribution.objects.filter(event_id__in=some).order_by("version")
        for event, version, rule, session in rows.values_list("event_id", "version", "rule", "session_id"):
            found[event] = (version, rule, session)
    return found


class Judge:
    """Asks the rule about facts of one seller."""

    def __init__(self, seller: Tenant, evidence: Evidence, window: timedelta) -> None:
        self.evidence, self.window = evidence, window
        self._goods: dict[int, tuple[int, int]] = {}
        self._seller = seller

    def learn(self, facts: Iterable[Fact]) -> None:
        """Look up what was sold, where a session shows anything."""
        if not any(stage.shown for stages in self.evidence.by_hour.values() for stage in stages):
            return
        ids = [fact.id for fact in facts]
        for some in in_turn(ids, 5_000):
            events = SalesEvent.objects.filter(pk__in=some).with_sku()
            skus = dict(events.values_list("pk", "sku_now"))
            products = dict(Sku.objects.filter(pk__in=set(skus.values())).values_list("pk", "product_id"))
            self._goods |= {pk: (products[sku], sku) for pk, sku in skus.items() if sku in products}

    def __call__(self, fact: Fact) -> Result:
        at = fact.occurred_at
        product, sku = self._goods.get(fact.id, (None, None))
        line = OrderLine(
            paid_at=at,
            channel=fact.channel,
            platform=fact.source if fact.source in Platform.values else "",
            account=fact.host_ref,
            product=product,
            sku=sku,
        )
        return decide(line, self.evidence.near(at), self.evidence.ours_at(at), self.window)
