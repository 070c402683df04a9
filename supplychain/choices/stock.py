"""What moves goods, what is held for orders, and what lies in parcels."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class MoveKind(models.TextChoices):
    INBOUND = "inbound", _("inbound")
    SALE = "sale", _("sale")
    RETURN = "return", _("return")
    TRANSFER = "transfer", _("transfer")
    SAMPLE_LOAN = "sample_loan", _("sample loan")
    ADJUSTMENT = "adjustment", _("adjustment")
    COUNT = "count", _("stock count")


# What a person or a scanner writes down; the other moves follow from what happens to an order or a sample.
MOVES_BY_HAND = (MoveKind.INBOUND, MoveKind.RETURN, MoveKind.ADJUSTMENT, MoveKind.SAMPLE_LOAN)


class InboundState(models.TextChoices):
    """Where announced goods are."""

    ANNOUNCED = "announced", _("announced")
    RECEIVED = "received", _("received")
    WITHDRAWN = "withdrawn", _("withdrawn")


INBOUND_TRANSITIONS: dict[str, tuple[str, ...]] = {
    InboundState.ANNOUNCED: (InboundState.RECEIVED, InboundState.WITHDRAWN),
    InboundState.RECEIVED: (),
    InboundState.WITHDRAWN: (),
}


class BackorderState(models.TextChoices):
    OPEN = "open", _("open")
    FILLED = "filled", _("filled")
    CANCELLED = "cancelled", _("cancelled")


class ReservationState(models.TextChoices):
    """From the sale of a line to its way out of the warehouse."""

    RESERVED = "reserved", _("reserved")
    IN_WAVE = "in_wave", _("in a wave")
    DISPATCHED = "dispatched", _("dispatched")
    RELEASED = "released", _("released")


RESERVATION_OPEN = (ReservationState.RESERVED, ReservationState.IN_WAVE)


class WaveState(models.TextChoices):
    PICKING = "picking", _("being picked")
    PICKED = "picked", _("picked")


class ParcelState(models.TextChoices):
    WAITING = "waiting", _("to be packed")
    PACKED = "packed", _("packed")
    DISPATCHED = "dispatched", _("dispatched")
    CANCELLED = "cancelled", _("cancelled")


class Carrier(models.TextChoices):
    SF = "sf", _("SF Express")
    YTO = "yto", _("YTO Express")
    ZTO = "zto", _("ZTO Express")
    STO = "sto", _("STO Express")
    YUNDA = "yunda", _("Yunda Express")
    JT = "jt", _("J&T Express")
    JD = "jd", _("JD Logistics")
    EMS = "ems", _("EMS")
    OTHER = "other", _("other")


class GoodsCondition(models.TextChoices):
    """What the inspection of returned goods found."""

    GOOD = "good", _("as new, back to stock")
    DAMAGED = "damaged", _("damaged")
    TO_OWNER = "to_owner", _("handed to the owner")


class FeeKind(models.TextChoices):
    PARCEL = "parcel", _("parcel sent")
    PIECE = "piece", _("piece packed")
    RETURN = "return", _("piece inspected that came back")
    NIGHT = "night", _("piece stored for a night")
