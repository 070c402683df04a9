"""The schedule: what tenants ask for, plans with their proof, and publishing."""

from __future__ import annotations

from livestreams.admin.schedule import plans, requests

__all__ = ["plans", "requests"]
