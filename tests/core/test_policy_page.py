"""docs/scoping.md shows the policy as it is in the code."""

from __future__ import annotations

import os

from core import policy
from core.choices import Role
from core.policy import Reach
from tests.servers import ROOT

PAGE = ROOT / "docs" / "scoping.md"
MARK = "<!-- table -->"
WORDS = {
    Reach.SUBTREE: "",
    Reach.NODE: " (node)",
    Reach.PARK: " (park)",
    Reach.OWN: " (own)",
    Reach.SHARED: " (shared)",
}
VERBS = (
    policy.VIEW,
    policy.ADD,
    policy.CHANGE,
    policy.CHECK_IN,
    policy.VIEW_PRIVATE,
    policy.DISCLOSE,
    policy.VIEW_RESULT,
)


def table() -> str:
    lines = ["| model | role: what it may do |", "|---|---|"]
    for model, roles in policy.TABLE.items():
        by_permission: dict[str, list[str]] = {}
        for role in Role:
            held = roles.get(role)
            if held is not None:
                assert held.verbs <= set(VERBS)
                verbs = " ".join(verb for verb in VERBS if verb in held.verbs)
                by_permission.setdefault(verbs + WORDS[held.reach], []).append(role.value)
        cells = "; ".join(f"**{what}**: {', '.join(who)}" for what, who in by_permission.items())
        lines.append(f"| {model} | {cells} |")
    return "\n".join(lines) + "\n"


def test_the_page_shows_the_table() -> None:
    text, _mark, shown = PAGE.read_text(encoding="utf-8").partition(MARK)
    if os.environ.get("UPDATE_DOCS"):
        PAGE.write_text(f"{text}{MARK}\n{table()}", encoding="utf-8")
        return
    assert shown.strip() == table().strip(), (
        "run: UPDATE_DOCS=1 .venv/bin/python -m pytest tests/core/test_policy_page.py"
    )
