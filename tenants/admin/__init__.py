"""The operator's door to tenants: firms, where they sit, what they lease and owe."""

from __future__ import annotations

from tenants.admin import lease, tenant

__all__ = ["lease", "tenant"]
