"""Kinds of figures, sources and indicators."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class ValueSource(models.TextChoices):
    OFFICIAL = "official", _("official statistics")
    ROLLUP = "rollup", _("counted from the parks")
    SYNTHETIC = "synthetic", _("synthetic data")


class PeriodKind(models.TextChoices):
    MONTH = "month", _("month")
    QUARTER = "quarter", _("quarter")
    YEAR = "year", _("year")


class Dimension(models.TextChoices):
    MARKET = "market", _("market size")
    FACILITIES = "facilities", _("supporting facilities")
    POTENTIAL = "potential", _("growth potential")
    CONTEXT = "context", _("context")
    PARKS = "parks", _("park-born")


class SharePart(models.TextChoices):
    """Among whom a session's sales are shared out."""

    HOST = "host", _("host")
    CONTROLLER = "controller", _("controller")
    AGENCY = "agency", _("agency of the host")
    OWNER = "owner", _("owner of the goods")


class Withheld(models.TextChoices):
    """Why a cell over firms is not shown."""

    FEW_FIRMS = "few_firms", _("withheld: fewer than three firms")
    DOMINANT_FIRM = "dominant_firm", _("withheld: one firm makes more than 80 %")


class Verdict(models.TextChoices):
    """What can be said of the figures stated of a session."""

    VERIFIED = "verified", _("verified")
    DOUBTFUL = "doubtful", _("doubtful")
    CANNOT_TELL = "cannot_tell", _("cannot tell")


class Witness(models.TextChoices):
    """Who speaks on a session; one that contradicts is also the reason of the verdict."""

    ORDERS = "orders", _("orders paid in the session")
    AFTER_SALES = "after_sales", _("after-sales")
    PARCELS = "parcels", _("parcels sent")
    WATCH = "watch", _("watch time")
    ENTRIES = "entries", _("entries counted")
    COUNTERS = "counters", _("counters that only grow")
    CHECK_IN = "check_in", _("check-in at the room")
    ENCODER = "encoder", _("encoder on air")
    ROOM_SESSIONS = "room_sessions", _("best sessions of such rooms")
    ROOM_DAYS = "room_days", _("best days of such rooms")


class Origin(models.TextChoices):
    """Where witnesses draw from: two of one origin are not independent."""

    LEDGER = "ledger", _("order lines")
    WAREHOUSE = "warehouse", _("the park's warehouses")
    AUDIENCE = "audience", _("audience samples")
    DOOR = "door", _("the park's door")
    NODE = "node", _("the park's media node")
    HOST_RECORD = "host_record", _("published sales of hosts")
    FESTIVAL_RECORD = "festival_record", _("published sales of festivals")


class Reason(models.TextChoices):
    """Why a verdict is not a contradiction."""

    AGREEMENT = "agreement", _("independent witnesses agree")
    FEW_WITNESSES = "few_witnesses", _("fewer than two independent witnesses")
    SALES_UNWITNESSED = "sales_unwitnessed", _("nobody vouches for the sales")
    NOTHING_STATED = "nothing_stated", _("nothing was stated")


class ReadBy(models.TextChoices):
    """How a row of a platform's report found its session."""

    KNOWN = "known", _("read before")
    LIVE_ID = "live_id", _("live id")
    TIME = "time", _("time and account")
    CHOSEN = "chosen", _("chosen by hand")
    OPENED = "opened", _("opened by the report")


class ClaimSource(models.TextChoices):
    """Who stated the figures of a session."""

    REPORT = "report", _("the platform's report")
    AGENCY = "agency", _("the host's agency")
    TENANT = "tenant", _("the firm itself")


class EventReach(models.TextChoices):
    """Whose sales somebody stated of an event."""

    TOWN = "town", _("the whole town, nobody knows how many rooms")
    ROOMS = "rooms", _("so many live rooms")
    ENTRANTS = "entrants", _("the firms that take part")


class MatchState(models.TextChoices):
    """How an assignment of goods to hosts stands."""

    RUNNING = "running", _("being computed")
    DONE = "done", _("computed")
    STOPPED = "stopped", _("stopped")


class ResultPart(models.TextChoices):
    """The lines of a session's result: what comes in, and what it costs."""

    NET = "net_sales", _("net sales")
    GOODS = "goods", _("cost of goods")
    PLATFORM = "platform", _("commission of the platform")
    COMMISSION = "commission", _("commission of hosts, agencies and others")
    SLOT_FEE = "slot_fee", _("slot fees")
    ROOM = "room", _("price of the room")
    AD_SPEND = "ad_spend", _("ad spend")
    PARCELS = "parcels", _("packing and carriage")


class SourceKind(models.TextChoices):
    """On what record an amount of a result rests."""

    ORDERS = "orders", _("order lines of the session")
    PRODUCT = "product", _("cost of a product")
    AGREEMENT = "agreement", _("agreement")
    STATEMENT = "statement", _("statement")
    BOOKING = "booking", _("booking")
    HOUR = "hour", _("ad spend of an hour")
    PARCEL = "parcel", _("parcels of a warehouse")
    PAYOUT = "payout", _("settlement of a platform")
    NONE = "none", _("no record")


class BesidePart(models.TextChoices):
    """Why a platform's figure is another than ours. What is added to ours to get the platform's."""

    NOT_SETTLED = "not_settled", _("not settled yet")
    GIVEN_BACK = "given_back", _("given back before it was settled")
    NOT_IMPORTED = "not_imported", _("not in our ledger: orders to be imported")
    REFUNDS_MISSING = "refunds_missing", _("refunds that our ledger does not have")
    LATE_REFUNDS = "late_refunds", _("refunds after the platform's export")
    COUPONS = "coupons", _("coupons and subsidies of the platform")
    FREIGHT = "freight", _("freight")
    TAIL = "tail", _("paid before or after the broadcast")
    OTHER_SESSION = "other_session", _("placed in another session or in none")
    UNEXPLAINED = "unexplained", _("not explained")


class CashKind(models.TextChoices):
    """What comes in or goes out on a day of the cash-flow calendar."""

    TRANSIT = "transit", _("in transit")
    PAYOUT = "payout", _("paid out by the platform")
    STATEMENT = "statement", _("statement")
    AD_SPEND = "ad_spend", _("ad spend")
    CHARGE = "charge", _("charge of the park")
