"""Walks the audit's chain."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from core import audit
from core.models import AuditSeal


class Command(BaseCommand):
    help = "Check that no sealed audit entry was changed, removed or added."

    def handle(self, *args: Any, **options: Any) -> None:
        problems = audit.verify()
        if problems:
            raise CommandError("\n".join(problems))
        self.stdout.write(f"{AuditSeal.objects.count()} seals, the chain is whole")
