"""The demo's quality certificates: accepted ones, one that is soon over, one to be checked and one that was refused.

The goods of one more firm are all certified: where a collective store sells them, it bears the quality mark.
"""

from __future__ import annotations

from django.db.models import QuerySet

from analytics.demo.built import BuiltPark
from core.actors import Actor
from core.clock import DAY, today
from core.days import open_on
from supplychain.choices import CertificateKind
from supplychain.models import Product, QualityCertificate
from supplychain.services import certificate_accept, certificate_add, certificate_refuse
from tenants.models import Tenant

FIRMS = 3
GOODS = 4
YEAR = 365 * DAY
SOON = 12 * DAY
ISSUER = "广东省质量监督检验站（演示）"
REASON = "扫描件看不清，请重新提交（演示）"
# What becomes of a firm's certificates, one of each of its first goods.
ACCEPTED, EXPIRING, PENDING, REFUSED = range(GOODS)


def build_certificates(built: BuiltPark, *, actor: Actor) -> None:
    """Certificates of the goods of the park's first firms, made once for each of them."""
    for firm in filter(_has_none, built.tenants[:FIRMS]):
        for turn, product in enumerate(_goods_of(firm)[:GOODS]):
            paper = _hand_in(product, actor, turn)
            if turn in (ACCEPTED, EXPIRING):
                certificate_accept(actor=actor, certificate=paper)
            elif turn == REFUSED:
                certificate_refuse(actor=actor, certificate=paper, reason=REASON)
    for firm in filter(_has_none, built.tenants[FIRMS : FIRMS + 1]):
        for product in _goods_of(firm):
            certificate_accept(actor=actor, certificate=_hand_in(product, actor))


def _has_none(firm: Tenant) -> bool:
    return not QualityCertificate.objects.filter(tenant=firm).exists()


def _goods_of(firm: Tenant) -> QuerySet[Product]:
    return Product.objects.filter(open_on(today()), tenant=firm).order_by("code")


def _hand_in(product: Product, actor: Actor, turn: int = ACCEPTED) -> QualityCertificate:
    return certificate_add(
        actor=actor,
        product=product,
        kind=CertificateKind.CCC if turn == EXPIRING else CertificateKind.INSPECTION,
        number=f"YS-{product.code}",
        issuer=ISSUER,
        valid_from=today() - YEAR,
        valid_until=today() + (SOON if turn == EXPIRING else YEAR),
    )
