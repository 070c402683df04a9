"""What a person said of a line holds for its corrections too: each new version gets the answer of the one before."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from core.portions import in_turn
from supplychain.attribution.answers import latest_answers
from supplychain.choices import AttributionRule
from supplychain.facts import SaleFact
from supplychain.models import Attribution, SalesEvent
from supplychain.services.lines import Line
from tenants.models import Tenant

AT_ONCE = 5_000
BY_PERSON = (AttributionRule.MANUAL, AttributionRule.NO_SESSION)


def keep_said(seller: Tenant, lines: Sequence[Line], superseded: Iterable[SalesEvent]) -> None:
    """Answer corrections as a person answered what they correct, as long as they are about the same line.

    In their transaction, by who holds the facts of the seller alone. A correction that names another session says so
    itself.
    """
    answered = latest_answers([event.pk for event in superseded])
    said = {pk: answer for pk, answer in answered.items() if answer.rule in BY_PERSON}
    if not said:
        return
    before: dict[str, list[SalesEvent]] = {}
    for some in in_turn(sorted(said), AT_ONCE):
        for event in SalesEvent.objects.filter(pk__in=some):
            before.setdefault(event.external_id, []).append(event)
    for events in before.values():
        events.sort(key=lambda event: event.version, reverse=True)
    answers = []
    for line in lines:
        fact = line.fact
        for event in before.get(fact.external_id, ()):
            if event.version < fact.version and _about(event) == _about(fact):
                answer = said[event.pk]
                answers.append(
                    Attribution(
                        event_id=line.id,
                        version=1,
                        seller=seller,
                        session_id=answer.session_id,
                        rule=answer.rule,
                    )
                )
                break
    Attribution.objects.bulk_create(answers, batch_size=1_000)


def _about(told: SaleFact | SalesEvent) -> tuple[str, ...]:
    """What a fact is about; with another name of a session it is about something else."""
    return (told.kind, told.order_no, told.line_no, told.ref_order_no, told.ref_line, told.session_ref)
