"""Who sold what in a session: its sales shared out, to the cent. docs/attribution.md tells the rules."""

from __future__ import annotations

from analytics.shares.counting import drain

__all__ = ["drain"]
