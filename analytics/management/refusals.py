"""What commands say when a file or a panel is refused."""

from __future__ import annotations

from django.utils.translation import gettext as _

from analytics.statfiles.tables import told
from core.errors import DomainError

SHOWN_PROBLEMS = 20


def refusal(error: DomainError) -> str:
    """The refusal, and below it the first problems by their places."""
    lines = [str(error), *(f"  {told(problem)}" for problem in error.rows[:SHOWN_PROBLEMS])]
    if len(error.rows) > SHOWN_PROBLEMS:
        lines.append("  " + _("and %(count)d more") % {"count": len(error.rows) - SHOWN_PROBLEMS})
    return "\n".join(lines)
