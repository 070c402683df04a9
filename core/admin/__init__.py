"""The operator's door to the kernel: people and rights, work in progress, the audit."""

from __future__ import annotations

from core.admin import people, webhooks, work

__all__ = ["people", "webhooks", "work"]
