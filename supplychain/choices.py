"""Kinds and states of goods, stock and sales."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class SalesKind(models.TextChoices):
    CREATED = "created", _("ordered")
    PAID = "paid", _("paid")
    REFUNDED = "refunded", _("refunded")
    CANCELLED = "cancelled", _("cancelled")
    ADJUSTED = "adjusted", _("adjusted")


class Channel(models.TextChoices):
    LIVE = "live", _("live session")
    PRODUCT_CARD = "product_card", _("product card")
    SHORT_VIDEO = "short_video", _("short video")
    OUTSIDE_HOST = "outside_host", _("outside host")
    SHOP = "shop", _("shop")
    OFFLINE = "offline", _("offline")
    OTHER = "other", _("other")


class LineType(models.TextChoices):
    GOODS = "goods", _("goods")
    FREIGHT = "freight", _("freight")


class CustomsMode(models.TextChoices):
    DOMESTIC = "domestic", _("domestic")
    BONDED_1210 = "1210", _("1210 bonded import")
    BONDED_1239 = "1239", _("1239 bonded import, type A")
    DIRECT_9610 = "9610", _("9610 direct retail")
    B2B_9710 = "9710", _("9710 B2B direct export")
    B2B_9810 = "9810", _("9810 export to an overseas warehouse")
    GENERAL_0110 = "0110", _("0110 general trade")


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


class FeeKind(models.TextChoices):
    PARCEL = "parcel", _("parcel sent")
    PIECE = "piece", _("piece packed")
    RETURN = "return", _("piece inspected that came back")
    NIGHT = "night", _("piece stored for a night")


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


class AttributionRule(models.TextChoices):
    """By what a line has its session, or why it has none."""

    # what the order names, and what a person says: no rule changes it
    EXPLICIT = "explicit", _("named by the order")
    LIVE_ID = "live_id", _("platform's live id")
    MANUAL = "manual", _("set by a person")
    NO_SESSION = "no_session", _("no park session")
    # what the rule finds
    ACCOUNT = "account", _("host's account and time")
    PRODUCT = "product", _("shown in one session only")
    TAIL = "tail", _("after the end, within the window")
    FOLLOWS = "follows", _("as its paid line")
    # classes without a session
    PRODUCT_CARD = "product_card", _("product card")
    SHORT_VIDEO = "short_video", _("short video")
    OUTSIDE_HOST = "outside_host", _("outside host")
    SHOP = "shop", _("shop")
    OFFLINE = "offline", _("offline")
    OUTSIDE = "outside", _("outside of every session")
    # waits for a person
    UNCLEAR = "unclear", _("unclear")


ATTRIBUTION_KEPT = (
    AttributionRule.EXPLICIT,
    AttributionRule.LIVE_ID,
    AttributionRule.MANUAL,
    AttributionRule.NO_SESSION,
)


class TailWindow(models.IntegerChoices):
    """Hours after its end."""

    NONE = 0, _("none: only while on air")
    HALF_A_DAY = 12, _("12 hours")
    WEEK = 168, _("7 days")


# The source of imports that are platforms' reports on sessions; all others bring sales.
SESSION_REPORT = "session-report"


class PayoutKind(models.TextChoices):
    """What an amount of a platform's settlement is. All but the first add up to it."""

    SETTLED = "settled", _("settled")
    GOODS = "goods", _("paid for goods")
    FREIGHT = "freight", _("freight")
    SUBSIDY = "subsidy", _("subsidy of the platform")
    REFUND = "refund", _("given back")
    COMMISSION = "commission", _("commission and fees of the platform")
    OTHER = "other", _("other")
    VOID = "void", _("taken back")


class ImportState(models.TextChoices):
    STAGED = "staged", _("waiting for confirmation")
    IMPORTED = "imported", _("imported")
    REFUSED = "refused", _("refused")


class ExplainKind(models.TextChoices):
    """What is told of a product in a session."""

    START = "start", _("explained from here on")
    END = "end", _("no longer explained")


class AgreementKind(models.TextChoices):
    """With whom a seller shares what it sells."""

    PARK = "park", _("park")
    AGENCY = "agency", _("MCN or agency")
    HOST = "host", pgettext_lazy("agreement", "own host")
    OUTSIDE_HOST = "outside_host", _("outside host")
    OWNER = "owner", _("factory or owner of the goods")
    SERVICE = "service", _("service firm")
    PLATFORM = "platform", _("platform")


class AgreementState(models.TextChoices):
    PROPOSED = "proposed", _("proposed")
    SIGNED = "signed", _("signed")
    WITHDRAWN = "withdrawn", _("withdrawn")


class SettledSales(models.TextChoices):
    """Which of the seller's sales an agreement is about."""

    ALL = "all", _("all sales")
    SESSIONS = "sessions", _("sales in live sessions")
    HOSTS = "hosts", _("what the partner's hosts sell on their shifts")
    OWNED = "owned", _("goods of the partner")
    OUTSIDE = "outside", _("what the outside host sells")
    FOR_OTHERS = "for_others", _("what the own host sells for other firms")


# Each of them holds those after it: an order line may be of all three.
SALES_OVERLAPPING = (SettledSales.ALL, SettledSales.SESSIONS, SettledSales.HOSTS)


class SettledBase(models.TextChoices):
    GROSS_PAID = "gross_paid", _("paid GMV")
    VERIFIED_NET = "verified_net", _("verified net")
    COMMISSION = "commission", _("commission that the agency earns")


class SlotFeePer(models.TextChoices):
    SESSION = "session", _("a session")
    PRODUCT = "product", _("a product explained in a session")
    MONTH = "month", _("a month")


class SlotFeeBack(models.TextChoices):
    """What of a month's slot fees comes back when fewer sales came than were guaranteed."""

    PRO_RATA = "pro_rata", _("the part that is missing")
    WHOLE = "whole", _("all of it")


class StatementState(models.TextChoices):
    DRAFT = "draft", _("to be looked at")
    DISPUTED = "disputed", _("disputed")
    APPROVED = "approved", _("approved")
    INVOICED = "invoiced", _("invoiced")
    PAID = "paid", _("paid")


# These are counted again; all others stand as they are.
STATEMENT_OPEN = (StatementState.DRAFT, StatementState.DISPUTED)
STATEMENT_TRANSITIONS: dict[str, tuple[str, ...]] = {
    StatementState.DRAFT: (StatementState.APPROVED, StatementState.DISPUTED),
    StatementState.DISPUTED: (StatementState.APPROVED,),
    StatementState.APPROVED: (StatementState.INVOICED, StatementState.PAID),
    StatementState.INVOICED: (StatementState.PAID,),
    StatementState.PAID: (),
}


class DueKind(models.TextChoices):
    """What a line of a statement is for."""

    SHARE = "share", _("share of sales")
    GUARANTEE = "guarantee", _("up to the guarantee")
    SLOT_FEE = "slot_fee", _("slot fee")
    SLOT_FEE_BACK = "slot_fee_back", _("slot fees back: guaranteed sales not met")
    DEDUCTION = "deduction", _("deduction")
    SAMPLE = "sample", _("samples that were kept")


class WorkStep(models.TextChoices):
    """A step of making a garment, in the order of the work."""

    FABRIC = "fabric", _("fabric")
    TRIMS = "trims", _("trims")
    PRINTING = "printing", _("printing")
    WASHING = "washing", _("washing")
    SEWING = "sewing", _("sewing")


class ReorderState(models.TextChoices):
    PROPOSED = "proposed", _("proposed")
    CONFIRMED = "confirmed", _("confirmed")
    PRODUCED = "produced", _("produced")
    RECEIVED = "received", _("received")
    DECLINED = "declined", _("declined")
    CANCELLED = "cancelled", _("cancelled")


# What is being made, or lies at the factory.
REORDER_COMING = (ReorderState.CONFIRMED, ReorderState.PRODUCED)


class ShortOf(models.TextChoices):
    """What there is too little of for a run of show."""

    OFFER = "offer", _("pieces offered")
    STOCK = "stock", _("stock")


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


class ShopKind(models.TextChoices):
    """Who sends the messages of a shop, and by whose rules they are signed."""

    STANDARD = "standard", _("Standard Webhooks (ERP, own shop)")
    TIKTOK = "tiktok", _("TikTok Shop")
    DOUYIN = "douyin", _("Douyin shop")
    WECHAT = "wechat", _("WeChat shop")


class ShopRefusal(models.TextChoices):
    """Why a message was not even kept."""

    SIGNATURE = "signature", _("the signature is not that of this connection")
    STALE = "stale", _("the time of the message is too far from now")
    SECRET = "secret", _("the secret cannot be read: renew it")


class ShopMessageState(models.TextChoices):
    WAITING = "waiting", _("still to be read")
    STORED = "stored", _("in the order ledger")
    NEWS = "news", _("tells of an order, not what it is worth")
    IDLE = "idle", _("tells nothing about sales")
    DEAD = "dead", _("not understood")
    CLOSED = "closed", _("set aside")


SHOP_MESSAGE_UNREAD = frozenset({ShopMessageState.DEAD, ShopMessageState.CLOSED})
"""Not understood: such a message waits for somebody, or somebody has set it aside."""


class ShopNews(models.TextChoices):
    """What a message without amounts says of an order."""

    PAID = "paid", _("paid")
    GIVEN_BACK = "given_back", _("money was given back")
    CHANGED = "changed", _("changed")


class ShopFault(models.TextChoices):
    """Why a message was not understood."""

    SHAPE = "shape", _("not of the shape that was agreed")
    EVENT = "event", _("a kind of message that is not known")
    SHOP = "shop", _("of another shop")
    LINES = "lines", _("order lines that cannot be stored")
    ERROR = "error", _("a failure here")
