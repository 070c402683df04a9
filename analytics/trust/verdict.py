"""From findings to a verdict. One plain rule, so that everybody can follow it:

- without a claim, or with fewer than two independent witnesses, it cannot be told;
- a witness that contradicts makes the claim doubtful;
- otherwise it is verified, unless sales were stated and no witness vouches for them.

Witnesses are independent when they draw on different origins: paid orders and after-sales are one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from analytics.choices import Reason, Verdict, Witness
from analytics.trust import thresholds
from analytics.trust.evidence import Claim, Evidence
from analytics.trust.witnesses import WITNESSES, Finding

VOUCH_FOR_SALES = frozenset({Witness.ORDERS})


@dataclass(frozen=True)
class Judgement:
    """A verdict, why, and the findings of the witnesses that were heard, in the order of their names.

    `reasons` are codes of Reason, or of the witnesses that contradict.
    """

    verdict: Verdict
    reasons: tuple[str, ...]
    findings: tuple[Finding, ...]

    @property
    def strain(self) -> float:
        """The largest strain of a finding: what sessions are ranked by when the verdicts are measured."""
        return max((finding.strain for finding in self.findings), default=0.0)


def judge(evidence: Evidence) -> Judgement:
    """Hear all witnesses on a piece of evidence."""
    return decide(evidence.claim, (finding for witness in WITNESSES for finding in witness(evidence)))


def decide(claim: Claim, findings: Iterable[Finding]) -> Judgement:
    """The verdict that follows from findings, in whatever order they come."""
    heard = tuple(sorted((one for one in findings if one.is_heard), key=lambda one: one.witness.value))
    against = tuple(dict.fromkeys(one.witness.value for one in heard if one.contradicts))
    if claim.is_empty:
        return Judgement(Verdict.CANNOT_TELL, (Reason.NOTHING_STATED.value,), heard)
    if len({one.origin for one in heard}) < thresholds.INDEPENDENT:
        return Judgement(Verdict.CANNOT_TELL, (Reason.FEW_WITNESSES.value, *against), heard)
    if against:
        return Judgement(Verdict.DOUBTFUL, against, heard)
    if claim.sales is not None and not any(one.witness in VOUCH_FOR_SALES for one in heard):
        return Judgement(Verdict.CANNOT_TELL, (Reason.SALES_UNWITNESSED.value,), heard)
    return Judgement(Verdict.VERIFIED, (Reason.AGREEMENT.value,), heard)


def fingerprint(evidence: Evidence) -> str:
    """SHA-256 over the evidence and the thresholds: the same hash is the same verdict."""
    rules = sorted((name, str(value)) for name, value in vars(thresholds).items() if name.isupper())
    return hashlib.sha256(repr((evidence, rules)).encode()).hexdigest()
