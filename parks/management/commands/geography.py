"""manage.py geography: the places that parks stand in."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from parks.geography import geography_load


class Command(BaseCommand):
    help = "Load the provinces, cities and industrial clusters that ship with Livepark; what is there stays as it is."

    def handle(self, *args: Any, **options: Any) -> None:
        counts = geography_load()
        self.stdout.write(_("%(provinces)d provinces, %(cities)d cities, %(clusters)d clusters.") % counts)
