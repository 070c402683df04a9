"""Papers that say what goods are (3C, inspection reports ...), checked by the park."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core import clock, dbrules
from core.models import PublicIdMixin, Scope, StampedMixin
from supplychain.choices import CERTIFICATE_STANDS, CERTIFICATE_TRANSITIONS, CertificateKind, CertificateState
from supplychain.models.goods import Product, Sku
from supplychain.querysets import QualityCertificateQuerySet
from tenants.models import Tenant


class QualityCertificate(PublicIdMixin, StampedMixin):
    """A certificate of all SKUs of a product, or of one of them.

    What was handed in is never changed. The park accepts or refuses it, and may refuse later what it accepted; each
    decision stands in the audit.
    """

    tenant = models.ForeignKey(
        Tenant, models.PROTECT, related_name="quality_certificates", verbose_name=_("tenant")
    )
    product = models.ForeignKey(
        Product, models.PROTECT, related_name="quality_certificates", verbose_name=_("product")
    )
    sku = models.ForeignKey(
        Sku,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="quality_certificates",
        verbose_name=_("SKU"),
    )
    kind = models.CharField(_("kind"), max_length=16, choices=CertificateKind)
    number = models.CharField(_("certificate number"), max_length=100)
    issuer = models.CharField(_("issued by"), max_length=200)
    valid_from = models.DateField(_("valid from"))
    valid_until = models.DateField(_("valid until"), null=True, blank=True)
    file_name = models.CharField(_("file"), max_length=255, blank=True, editable=False)
    stored_file = models.CharField(_("stored file"), max_length=255, blank=True, editable=False)
    state = models.CharField(
        _("state"), max_length=16, choices=CertificateState, default=CertificateState.PENDING
    )
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True, editable=False)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("decided by"),
    )

    objects = QualityCertificateQuerySet.as_manager()

    scope = Scope(nodes=("tenant_id",))
    database_rules = (
        dbrules.OneWay(
            CERTIFICATE_TRANSITIONS,
            keeps=(
                "tenant_id",
                "product_id",
                "sku_id",
                "kind",
                "number",
                "issuer",
                "valid_from",
                "valid_until",
                "file_name",
                "stored_file",
            ),
        ),
    )

    class Meta:
        verbose_name = _("quality certificate")
        verbose_name_plural = _("quality certificates")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["product", "kind", "number"],
                condition=Q(sku__isnull=True, state__in=CERTIFICATE_STANDS),
                name="supplychain_certificate_once",
            ),
            models.UniqueConstraint(
                fields=["sku", "kind", "number"],
                condition=Q(state__in=CERTIFICATE_STANDS),
                name="supplychain_certificate_once_sku",
            ),
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True) | Q(valid_until__gte=F("valid_from")),
                name="supplychain_certificate_days",
            ),
            models.CheckConstraint(
                condition=Q(
                    state__in=(CertificateState.PENDING, CertificateState.WITHDRAWN), decided_at__isnull=True
                )
                | Q(state=CertificateState.ACCEPTED, decided_at__isnull=False)
                | (Q(state=CertificateState.REFUSED, decided_at__isnull=False) & ~Q(reason="")),
                name="supplychain_certificate_decided",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.number}"

    @property
    def is_over(self) -> bool:
        return self.valid_until is not None and self.valid_until < clock.today()

    @property
    def is_expiring(self) -> bool:
        """Accepted, and over within the next weeks."""
        return (
            self.state == CertificateState.ACCEPTED
            and self.valid_until is not None
            and clock.today() <= self.valid_until <= clock.today() + QualityCertificateQuerySet.SOON
        )
