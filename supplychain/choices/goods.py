"""Goods before they are sold: samples, certificates, what is shown in a session and what is short."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class SampleState(models.TextChoices):
    """Where a request for samples of an offer stands."""

    ASKED = "asked", _("waiting for an answer")
    AGREED = "agreed", _("agreed")
    REFUSED = "refused", _("refused")
    WITHDRAWN = "withdrawn", _("withdrawn")
    OUT = "out", _("lent out")
    BACK = "back", _("back")
    CHARGED = "charged", _("charged")


# Only forward. What came back damaged may still be charged.
SAMPLE_TRANSITIONS: dict[str, tuple[str, ...]] = {
    SampleState.ASKED: (SampleState.AGREED, SampleState.REFUSED, SampleState.WITHDRAWN),
    SampleState.AGREED: (SampleState.OUT, SampleState.WITHDRAWN),
    SampleState.REFUSED: (),
    SampleState.WITHDRAWN: (),
    SampleState.OUT: (SampleState.BACK, SampleState.CHARGED),
    SampleState.BACK: (SampleState.CHARGED,),
    SampleState.CHARGED: (),
}
# Of these the pieces that are not back whole are gone from what the offer lends.
SAMPLE_LENT = (SampleState.AGREED, SampleState.OUT, SampleState.BACK, SampleState.CHARGED)


class CertificateKind(models.TextChoices):
    """What a paper says of goods."""

    CCC = "ccc", _("3C certification")
    INSPECTION = "inspection", _("inspection report")
    FOOD = "food", _("food production licence")
    AUTHORISATION = "authorisation", _("brand authorisation")


# A brand authorisation says who may sell, not what the goods are: it does not make them fit to be shown.
CERTIFYING = (CertificateKind.CCC, CertificateKind.INSPECTION, CertificateKind.FOOD)


class CertificateState(models.TextChoices):
    """What the park says of a certificate."""

    PENDING = "pending", _("to be checked")
    ACCEPTED = "accepted", _("accepted by the park")
    REFUSED = "refused", _("refused")
    WITHDRAWN = "withdrawn", _("withdrawn")


# What was accepted may turn out to be wrong; what was refused is handed in anew.
CERTIFICATE_TRANSITIONS: dict[str, tuple[str, ...]] = {
    CertificateState.PENDING: (
        CertificateState.ACCEPTED,
        CertificateState.REFUSED,
        CertificateState.WITHDRAWN,
    ),
    CertificateState.ACCEPTED: (CertificateState.REFUSED,),
    CertificateState.REFUSED: (),
    CertificateState.WITHDRAWN: (),
}
CERTIFICATE_STANDS = (CertificateState.PENDING, CertificateState.ACCEPTED)


class ExplainKind(models.TextChoices):
    """What is told of a product in a session."""

    START = "start", _("explained from here on")
    END = "end", _("no longer explained")


class ShortOf(models.TextChoices):
    """What there is too little of for a run of show."""

    OFFER = "offer", _("pieces offered")
    STOCK = "stock", _("stock")
