"""The demo's quality certificates: accepted ones, one that is soon over, one to be checked and one that was refused."""

from __future__ import annotations

from analytics.demo.build import BuiltPark
from core.actors import Actor
from core.clock import DAY, today
from supplychain.choices import CertificateKind
from supplychain.models import Product, QualityCertificate
from supplychain.services import certificate_accept, certificate_add, certificate_refuse

FIRMS = 3
GOODS = 4
YEAR = 365 * DAY
SOON = 12 * DAY
ISSUER = "广东省质量监督检验站（演示）"
REASON = "扫描件看不清，请重新提交（演示）"
# What becomes of a firm's certificates, one of each of its first goods.
ACCEPTED, EXPIRING, PENDING, REFUSED = range(GOODS)


def build_certificates(built: BuiltPark, *, actor: Actor) -> None:
    """Certificates of the goods of the park's first firms, made once."""
    if QualityCertificate.objects.filter(tenant__in=built.tenants).exists():
        return
    for firm in built.tenants[:FIRMS]:
        goods = Product.objects.filter(tenant=firm, closed_on__isnull=True).order_by("code")[:GOODS]
        for turn, product in enumerate(goods):
            paper = certificate_add(
                actor=actor,
                product=product,
                kind=CertificateKind.CCC if turn == EXPIRING else CertificateKind.INSPECTION,
                number=f"YS-{product.code}",
                issuer=ISSUER,
                valid_from=today() - YEAR,
                valid_until=today() + (SOON if turn == EXPIRING else YEAR),
            )
            if turn in (ACCEPTED, EXPIRING):
                certificate_accept(actor=actor, certificate=paper)
            elif turn == REFUSED:
                certificate_refuse(actor=actor, certificate=paper, reason=REASON)
