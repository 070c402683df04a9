"""By what facts have their session, or why they have none: what a page and the API say of it."""

from __future__ import annotations

from collections.abc import Iterable

from supplychain.attribution.answers import latest_answers
from supplychain.models import Attribution, SalesEvent
from supplychain.services.references import session_rule


def tell(facts: Iterable[SalesEvent]) -> None:
    """Give each fact its `answer`: the latest, else what the order itself says. Without either its rule is empty."""
    rows = list(facts)
    latest = latest_answers([fact.pk for fact in rows])
    for fact in rows:
        fact.answer = latest.get(fact.pk) or _of_the_order(fact)  # type: ignore[attr-defined]


def _of_the_order(fact: SalesEvent) -> Attribution:
    rule = session_rule(fact.session_ref) if fact.session_id is not None else ""
    return Attribution(event_id=fact.pk, session_id=fact.session_id, rule=rule)
