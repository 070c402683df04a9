"""Quality certificates in the portal: handed in, what the park says of them, which are soon over."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.clock import today
from core.days import open_on
from core.doors.download import kept_file
from core.doors.filters import DayInput
from core.doors.formfields import DayField, LineField
from core.doors.portal import (
    ScopedChoiceField,
    ScopedForm,
    ScopedListPage,
    ServiceAction,
    ServiceFormPage,
    TenantPage,
)
from core.scoping import may
from supplychain import services
from supplychain.certificates import asks_for_certificates
from supplychain.choices import CertificateKind
from supplychain.filters import QualityCertificateFilter
from supplychain.models import Product, QualityCertificate, Sku


class Certificates(ScopedListPage):
    """What was handed in, the latest first."""

    template_name = "portal/certificates.html"
    section = "goods"
    needs = ("view", QualityCertificate)
    model = QualityCertificate
    filterset_class = QualityCertificateFilter

    def base_queryset(self) -> QuerySet[Any]:
        return QualityCertificate.objects.in_full().order_by("-pk")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            can_add=may(self.actor, "add", QualityCertificate, self.node.pk),
            can_withdraw=may(self.actor, "change", QualityCertificate, self.node.pk),
            required=asks_for_certificates(self.node.parent_id),  # type: ignore[arg-type]
            **kwargs,
        )


class CertificateForm(ScopedForm):
    """What a certificate says of which goods."""

    product = ScopedChoiceField(Product, to_field="code", label=gettext_lazy("Product"))
    sku = ScopedChoiceField(
        Sku,
        label=gettext_lazy("SKU"),
        required=False,
        help_text=gettext_lazy("Empty: the certificate is of all SKUs of the product."),
    )
    kind = forms.ChoiceField(choices=CertificateKind, label=gettext_lazy("Kind"))
    number = LineField(label=gettext_lazy("Certificate number"), max_length=100)
    issuer = LineField(label=gettext_lazy("Issued by"), max_length=200)
    valid_from = DayField(label=gettext_lazy("Valid from"), widget=DayInput)
    valid_until = DayField(label=gettext_lazy("Valid until"), widget=DayInput, required=False)
    file = forms.FileField(
        label=gettext_lazy("File"),
        required=False,
        max_length=255,
        widget=forms.ClearableFileInput(attrs={"accept": ".pdf,.jpg,.jpeg,.png"}),
        help_text=gettext_lazy("PDF, JPEG or PNG; only your firm and the park see it."),
    )

    def narrow(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(open_on(today()), tenant=self.tenant).order_by("code")


class AddCertificate(ServiceFormPage):
    """Hands a certificate in."""

    template_name = "portal/certificate_new.html"
    section = "goods"
    needs = ("add", QualityCertificate)
    form_class = CertificateForm

    def carry_out(self, form: Any) -> HttpResponse:
        values = dict(form.cleaned_data)
        file = values.pop("file")
        if file is not None:
            values |= {"file_name": file.name, "chunks": file.chunks()}
        services.certificate_add(actor=self.actor, **values)
        messages.success(self.request, _("The certificate is handed in: the park checks it."))
        return redirect(self.url("portal-certificates"))


class CertificateFile(TenantPage):
    """The file of a certificate, to be stored and never to be shown as a page of this site."""

    needs = ("view", QualityCertificate)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        certificate = self.named(QualityCertificate.objects.all())
        return kept_file(certificate.stored_file, certificate.file_name)


class WithdrawCertificate(ServiceAction):
    """Takes back what was not checked yet."""

    needs = ("change", QualityCertificate)
    done = gettext_lazy("The certificate is withdrawn.")

    def carry_out(self) -> None:
        certificate = self.named(QualityCertificate.objects.all(), "change")
        services.certificate_withdraw(actor=self.actor, certificate=certificate)

    def back_to(self) -> str:
        return self.url("portal-certificates")
