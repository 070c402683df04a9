"""Importing order files: upload, look before anything is stored, watch it run, take the errors home."""

from __future__ import annotations

from typing import Any

from django.http import FileResponse

from core.doors.portal import ScopedListPage, ServiceFormPage, TenantPage
from core.errors import NotFound
from core.scoping import may
from supplychain.forms import UploadForm
from supplychain.importing import PROFILES
from supplychain.importing.profiles.base import SAMPLES
from supplychain.models import ImportBatch

SAMPLE_FILES = {name: profile for profile in PROFILES.values() for name in (*profile.samples, "mapping.csv")}


class Imports(ScopedListPage, ServiceFormPage):
    """An upload form with sample files beside it, and what was imported before."""

    template_name = "portal/imports.html"
    section = "imports"
    needs = ("view", ImportBatch)
    model = ImportBatch
    form_class = UploadForm
    page_size = 20

    def base_queryset(self) -> Any:
        return ImportBatch.objects.exclude(file_name="").select_related("created_by").order_by("-id")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            can_import=may(self.actor, "add", ImportBatch, self.node.pk), profiles=PROFILES.values(), **kwargs
        )


class Sample(TenantPage):
    """A sample file, as a platform exports it."""

    needs = ("view", ImportBatch)

    def get(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        name = self.kwargs["name"]
        if name not in SAMPLE_FILES:
            raise NotFound
        return FileResponse((SAMPLES / name).open("rb"), as_attachment=True, filename=name)
