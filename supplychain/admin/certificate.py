"""Quality certificates: the park looks at what its firms handed in, accepts or refuses it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import FileResponse, HttpRequest
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter

from core.doors.admin import Operation, OperationForm, ScopedModelAdmin, badge, style
from core.doors.download import kept_file
from core.errors import NotFound
from supplychain import services
from supplychain.choices import CERTIFICATE_STANDS, CertificateState
from supplychain.models import QualityCertificate


class RefuseForm(OperationForm):
    reason = style(forms.CharField, _("reason"), max_length=300)


class ExpiringFilter(DropdownFilter):
    """Accepted ones that are soon over."""

    title = _("expires within 30 days")
    parameter_name = "expiring"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("true", _("yes"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.expiring() if self.value() == "true" else queryset


@admin.register(QualityCertificate)
class QualityCertificateAdmin(ScopedModelAdmin):
    list_display = (
        "product",
        "sku",
        "tenant",
        "kind",
        "number",
        "issuer",
        "valid_from",
        "valid_until",
        badge(
            "state",
            _("state"),
            {
                CertificateState.PENDING: "warning",
                CertificateState.ACCEPTED: "success",
                CertificateState.REFUSED: "danger",
            },
        ),
    )
    list_filter = ("state", "kind", ExpiringFilter, "valid_until", "tenant")
    list_select_related = ("product", "sku", "tenant")
    search_fields = ("number", "issuer", "product__code", "product__name_zh", "tenant__code")
    fields = (
        "tenant",
        ("product", "sku"),
        ("kind", "number"),
        "issuer",
        ("valid_from", "valid_until"),
        "download",
        "state",
        "reason",
        ("decided_at", "decided_by"),
    )
    readonly_fields = ("download",)
    operations = (
        Operation(
            "accept",
            _("Accept"),
            services.certificate_accept,
            row="certificate",
            icon="verified",
            when=lambda row: row.state == CertificateState.PENDING,
        ),
        Operation(
            "refuse",
            _("Refuse"),
            services.certificate_refuse,
            row="certificate",
            form=RefuseForm,
            icon="block",
            danger=True,
            when=lambda row: row.state in CERTIFICATE_STANDS,
        ),
    )

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.file_view)
        name = "supplychain_qualitycertificate_file"
        return [path("<path:object_id>/file/", view, name=name), *super().get_urls()]

    def file_view(self, request: HttpRequest, object_id: str) -> FileResponse:
        row = self.get_object(request, object_id)
        if row is None:
            raise NotFound
        return kept_file(row.stored_file, row.file_name)

    @admin.display(description=_("file"))
    def download(self, row: QualityCertificate) -> str:
        if not row.stored_file:
            return "-"
        address = reverse("admin:supplychain_qualitycertificate_file", args=(row.pk,))
        return format_html('<a href="{}">{}</a>', address, row.file_name)
