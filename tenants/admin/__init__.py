"""The operator's door to tenants: firms, where they sit, what they lease and owe."""

from __future__ import annotations

from tenants.admin import event, lease, tenant

__all__ = ["event", "lease", "tenant"]
