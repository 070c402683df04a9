"""Which goods may be shown live where the park asks for certificates, and what is missing of the others."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _

from core.clock import business_day, today
from core.days import open_on
from core.errors import InvalidInput
from parks.models import ParkSettings
from supplychain.choices import CERTIFYING, CertificateState
from supplychain.models import Product, QualityCertificate, Sku


@dataclass(frozen=True)
class Asked:
    """The days on which goods have to be certified: those of a show."""

    first: date
    last: date

    @classmethod
    def of(cls, starts_at: datetime, ends_at: datetime | None = None) -> Asked:
        """The business days of an instant, or from a start to an end that is not part of it."""
        last = ends_at - timedelta(microseconds=1) if ends_at is not None else starts_at
        return cls(business_day(starts_at), business_day(last))


def asks_for_certificates(park_id: int) -> bool:
    """Whether a park lets only certified goods be shown live in its rooms."""
    return ParkSettings.objects.filter(park=park_id, requires_certificates=True).exists()


def certified(products: Iterable[int], asked: Asked) -> set[int]:
    """Which products are certified on all of these days: as a whole, or each of the SKUs that are sold."""
    valid = QualityCertificate.objects.certifying(asked.first, asked.last)
    sold = Sku.objects.filter(open_on(today()), product=OuterRef("pk"))
    bare = sold.exclude(pk__in=valid.filter(sku__isnull=False).values("sku"))
    whole = valid.filter(product=OuterRef("pk"), sku__isnull=True)
    rows = Product.objects.filter(pk__in=list(products))
    found = rows.filter(Q(Exists(whole)) | (Q(Exists(sold)) & ~Q(Exists(bare))))
    return set(found.values_list("pk", flat=True))


def certified_today(products: Iterable[int]) -> set[int]:
    """Which products are certified on this day."""
    return certified(products, Asked(today(), today()))


def check_certified(park_id: int, product: Product, asked: Asked, *, sku: Sku | None = None) -> None:
    """InvalidInput, naming the product and what is missing, where the park lets only certified goods be shown."""
    if not asks_for_certificates(park_id) or certified([product.pk], asked):
        return
    valid = QualityCertificate.objects.certifying(asked.first, asked.last)
    if sku is not None and valid.filter(sku=sku).exists():
        return
    raise InvalidInput(
        _("%(goods)s may not be shown live in this park: %(missing)s")
        % {"goods": f"{product.name} ({product.code})", "missing": missing_of(product, asked, sku)},
        code="uncertified",
        field="product",
    )


def missing_of(product: Product, asked: Asked, sku: Sku | None = None) -> str:
    """Why goods are not certified on these days, by the certificate that is nearest to it."""
    papers = QualityCertificate.objects.filter(product=product, kind__in=CERTIFYING)
    papers = papers.filter(Q(sku__isnull=True) | Q(sku=sku)) if sku is not None else papers
    accepted = papers.filter(state=CertificateState.ACCEPTED)
    if papers.certifying(asked.first, asked.last).exists():
        return _("not each of its SKUs has a certificate.")
    ended = accepted.filter(valid_from__lte=asked.first).order_by("-valid_until").first()
    if ended is not None:
        return _("its certificate %(number)s is valid until %(day)s only.") % {
            "number": ended.number,
            "day": ended.valid_until,
        }
    later = accepted.order_by("valid_from").first()
    if later is not None:
        return _("its certificate %(number)s is valid from %(day)s only.") % {
            "number": later.number,
            "day": later.valid_from,
        }
    if papers.filter(state=CertificateState.PENDING).exists():
        return _("its certificate is still to be checked by the park.")
    refused = papers.filter(state=CertificateState.REFUSED).order_by("-decided_at").first()
    if refused is not None:
        return _("its certificate %(number)s was refused.") % {"number": refused.number}
    return _("it has no certificate.")
