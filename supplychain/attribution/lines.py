"""An order as its lines: which facts decide where a line belongs, and which follow it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from supplychain.attribution.rule import Final, Placed, Result
from supplychain.choices import ATTRIBUTION_KEPT, AttributionRule, LineType, SalesKind


def order_of(kind: str, order_no: str, ref_order_no: str) -> str:
    """The order that a fact is about: a refund that names none is about none."""
    return ref_order_no if kind == SalesKind.REFUNDED else order_no


class Fact(NamedTuple):
    """What is known of a current ledger row. `rule` is its latest answer's, empty without one."""

    id: int
    source: str
    external_id: str
    kind: str
    line_type: str
    order_no: str
    line_no: str
    ref_order_no: str
    ref_line: str
    slot: int
    occurred_at: datetime
    channel: str
    host_ref: str
    session_ref: str
    session: int | None
    rule: str
    version: int

    @property
    def is_fixed(self) -> bool:
        """Whether the order or a person has said it: no rule changes that, and an unknown name waits for itself."""
        return self.rule in ATTRIBUTION_KEPT or (not self.rule and self.session_ref != "")

    @property
    def of_order(self) -> str:
        return order_of(self.kind, self.order_no, self.ref_order_no)

    @property
    def of_line(self) -> str:
        """The line that it is about; empty may mean all of them."""
        return self.ref_line if self.kind == SalesKind.REFUNDED else self.line_no

    @property
    def makes_a_line(self) -> bool:
        return self.kind in (SalesKind.PAID, SalesKind.CREATED)


class Answer(NamedTuple):
    """A new version for a fact: its session or none, and by which clause."""

    fact: Fact
    session: int | None
    rule: str


class Decision(NamedTuple):
    """What is decided of a line; its other facts follow it. `is_open`: nothing is, so they follow nothing."""

    session: int | None
    rule: str
    is_open: bool = False


OPEN = Decision(None, "", is_open=True)

Judge = Callable[[Fact], Result]


def answers_of(facts: Iterable[Fact], judge: Judge) -> list[Answer]:
    """The answers of one order that are other than the ones it has, from all its current facts.

    `judge` says what the rule says of a line by the fact that speaks for it: its first payment, or, as long as nobody
    paid, its first order.
    """
    everything, lines = _in_lines(facts)
    decided: dict[str, Decision] = {}
    freight = {
        number for number, line in lines.items() if all(fact.line_type == LineType.FREIGHT for fact in line)
    }
    for number in sorted(lines.keys() - freight):
        decided[number] = _decide(lines[number], judge)
    of_goods = _agreed(decided.values())
    for number in sorted(freight):
        follows = decided.keys() - freight and not any(fact.is_fixed for fact in lines[number])
        decided[number] = of_goods if follows else _decide(lines[number], judge)
    of_order = of_goods if lines.keys() - freight else _agreed(decided.values())
    answers = []
    for fact in everything:
        known = fact.makes_a_line or (fact.of_line and fact.of_line in decided)
        decision = decided[fact.of_line] if known else of_order
        answer = None if fact.is_fixed else _answer(fact, decision, lines)
        if answer is not None:
            answers.append(answer)
    return answers


def told_together(facts: Iterable[Fact]) -> list[list[Fact]]:
    """What of one order a person says a session at once: each line, and each other fact that follows no line.

    The first of them speaks for the others. Of a line these are the facts that make it and those that the order or a
    person placed: no rule would let them follow.
    """
    everything, lines = _in_lines(facts)
    fixed = [fact for fact in everything if fact.is_fixed and not fact.makes_a_line]
    found = []
    for number, line in lines.items():
        speaker = _speaker(line)
        others = [fact for fact in line if fact is not speaker]
        found.append([speaker, *others, *(fact for fact in fixed if number and fact.of_line == number)])
    return found + [[fact] for fact in fixed if not fact.of_line or fact.of_line not in lines]


def _in_lines(facts: Iterable[Fact]) -> tuple[list[Fact], dict[str, list[Fact]]]:
    """The facts of one order by time, and those that make its lines by line."""
    everything = sorted(facts, key=lambda fact: (fact.occurred_at, fact.external_id, fact.id))
    lines: dict[str, list[Fact]] = defaultdict(list)
    for fact in everything:
        if fact.makes_a_line:
            lines[fact.line_no].append(fact)
    return everything, lines


def _speaker(line: list[Fact]) -> Fact:
    return next((fact for fact in line if fact.kind == SalesKind.PAID), line[0])


def _decide(line: list[Fact], judge: Judge) -> Decision:
    """By what the order or a person said of any of its facts, payments before others; else by the first payment."""
    paid = [fact for fact in line if fact.kind == SalesKind.PAID]
    for fact in (*paid, *line):
        if fact.is_fixed:
            return OPEN if fact.session is None and not fact.rule else Decision(fact.session, fact.rule)
    result = judge(_speaker(line))
    if isinstance(result, Placed):
        return Decision(result.session, result.clause)
    if isinstance(result, Final):
        return Decision(None, result.kind)
    # What is not paid yet is worth no question.
    return Decision(None, AttributionRule.UNCLEAR, is_open=True) if paid else OPEN


def _agreed(decisions: Iterable[Decision]) -> Decision:
    """What holds for an order as a whole: the session of all its lines, or none where they differ."""
    found = list(decisions)
    sessions = {decision.session for decision in found}
    if len(sessions) != 1 or any(decision.is_open for decision in found):
        return OPEN
    return Decision(sessions.pop(), AttributionRule.FOLLOWS)


def _answer(fact: Fact, decision: Decision, lines: Mapping[str, list[Fact]]) -> Answer | None:
    if _decides(fact, decision, lines):
        same = (fact.session, fact.rule) == (decision.session, decision.rule)
        return None if same else Answer(fact, decision.session, decision.rule)
    # Whatever follows has no session without an answer: only another session is worth one.
    same = fact.session == decision.session and fact.rule != AttributionRule.UNCLEAR
    return None if same else Answer(fact, decision.session, AttributionRule.FOLLOWS)


def _decides(fact: Fact, decision: Decision, lines: Mapping[str, list[Fact]]) -> bool:
    """Whether a fact carries its line's own answer: it is a payment, or an order that nobody paid yet."""
    if not decision.rule or decision.rule in (AttributionRule.FOLLOWS, *ATTRIBUTION_KEPT):
        return False
    if fact.kind == SalesKind.PAID:
        return True
    paid = any(other.kind == SalesKind.PAID for other in lines.get(fact.line_no, ()))
    return fact.kind == SalesKind.CREATED and not paid
