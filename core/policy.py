"""The access policy as one table: role x model x verb. What is not in the table is refused.

Reach says which rows of a model a role gets:
  SUBTREE  rows that hang on the role's node or below it
  NODE     rows that hang on the role's node itself: a park's own, and not its tenants'
  PARK     rows that hang on the park a tenant is in (shared rooms, warehouses, services)
  OWN      rows of the person (a host's shifts)
  SHARED   rows below the role's node whose tenant shows them to its park, for as long as it does
Besides view, add and change a few verbs stand for one thing each: check_in; view_private, to read columns that a
model declares private; disclose, to decide what leaves the firm; view_result, to read what a firm keeps of its sales.
docs/scoping.md prints this table; a test compares the two.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from core.choices import ANALYST_ROLES, PARK_ROLES, TENANT_ROLES, Role

VIEW, ADD, CHANGE = "view", "add", "change"
CHECK_IN, VIEW_PRIVATE, DISCLOSE = "check_in", "view_private", "disclose"
VIEW_RESULT = "view_result"


class Reach(Enum):
    SUBTREE = "subtree"
    NODE = "node"
    PARK = "park"
    OWN = "own"
    SHARED = "shared"


@dataclass(frozen=True)
class Permission:
    verbs: frozenset[str]
    reach: Reach = Reach.SUBTREE


def _p(verbs: str, reach: Reach = Reach.SUBTREE) -> Permission:
    return Permission(frozenset(verbs.split()), reach)


SEE = _p("view")
RUN = _p("view add change")
RUN_NODE = _p("view add change", Reach.NODE)
SEE_NODE = _p("view", Reach.NODE)
SEE_PARK = _p("view", Reach.PARK)
SEE_OWN = _p("view", Reach.OWN)
SEE_SHARED = _p("view", Reach.SHARED)

MANAGER, LEASING, STUDIO = Role.PARK_MANAGER, Role.PARK_LEASING, Role.PARK_STUDIO
KEEPER, PARK_MONEY, WATCHER = Role.PARK_WAREHOUSE, Role.PARK_FINANCE, Role.PARK_VIEWER
OWNER, STAFF, MONEY, STOREMAN = (
    Role.TENANT_OWNER,
    Role.TENANT_STAFF,
    Role.TENANT_FINANCE,
    Role.TENANT_WAREHOUSE,
)


def _each(roles: tuple[Role, ...], permission: Permission) -> dict[str, Permission]:
    return dict.fromkeys(roles, permission)


# Reference rows (places, indicators, rates): everybody with a role reads them.
_REFERENCE = {
    **_each(ANALYST_ROLES, SEE),
    **_each(PARK_ROLES, SEE),
    **_each(TENANT_ROLES, SEE),
    Role.HOST: SEE,
    Role.TOOL: SEE,
}
# What a park owns and its tenants use.
_SHARED = {**_each(PARK_ROLES, SEE), **_each(TENANT_ROLES, SEE_PARK), Role.HOST: SEE_PARK}
# Sums of one tenant: its park sees them instead of the lines. Bureaus see sums over firms only (analytics.figures).
_SUMS = {**_each(PARK_ROLES, SEE), OWNER: SEE, STAFF: SEE, MONEY: SEE, Role.TOOL: SEE}
_SESSION_SUMS = {**_SUMS, Role.HOST: SEE_OWN}
# Order lines and their answers: of the park only who runs it and who settles with it, and only what a tenant shares.
_LINES = {**_each((MANAGER, PARK_MONEY), SEE_SHARED), **_each((OWNER, STAFF), _p("view add")), MONEY: SEE}
# Goods: a park's keeper looks them up.
_GOODS = {**_each((OWNER, STAFF), RUN), **_each((MONEY, STOREMAN, KEEPER), SEE), Role.TOOL: _p("view add")}

# What a firm has made for itself: its own keys read it, those of its park do not.
_MADE = {**_each((OWNER, STAFF, MONEY, STOREMAN), SEE), Role.TOOL: SEE_NODE}
_MAKING = {**_MADE, **_each((OWNER, STAFF), RUN)}

# What belongs to hosts, written by their firm and by the park's studio.
_HOSTS = {
    **_each(PARK_ROLES, SEE),
    **_each((MANAGER, STUDIO, OWNER, STAFF), RUN),
    MONEY: SEE,
    Role.HOST: SEE_OWN,
}

# What tenants book, and the studio for them.
_BOOKED = {
    **_each(PARK_ROLES, SEE),
    **_each((MANAGER, STUDIO, OWNER, STAFF, Role.TOOL), RUN),
    MONEY: SEE,
    Role.HOST: SEE_OWN,
}

# What parks and firms lend each other.
_EXCHANGED = {
    **_each(PARK_ROLES, SEE),
    **_each((MANAGER, STUDIO, OWNER, STAFF, Role.TOOL), RUN),
    MONEY: SEE,
}

TABLE: dict[str, dict[str, Permission]] = {
    # --- kernel
    "core.ScopeNode": {
        **_each(ANALYST_ROLES, SEE),
        **_each(PARK_ROLES, SEE),
        **_each(TENANT_ROLES, SEE),
        Role.HOST: SEE,
    },
    "core.User": {**_each(tuple(Role), SEE_OWN)},
    # Who works for a firm and which tools act for it is the firm's own affair (core.services.membership_grant).
    "core.Membership": {
        MANAGER: RUN_NODE,
        OWNER: RUN,
        **_each(ANALYST_ROLES, SEE_OWN),
        Role.HOST: SEE_OWN,
        STAFF: SEE_OWN,
    },
    "core.ToolKey": {MANAGER: RUN_NODE, OWNER: RUN, STUDIO: _p("view", Reach.NODE)},
    # Where news of a firm or park goes is decided by whoever makes its keys.
    "core.WebhookEndpoint": {MANAGER: RUN_NODE, OWNER: RUN},
    "core.WebhookDelivery": {MANAGER: _p("view change", Reach.NODE), OWNER: _p("view change")},
    "core.AuditEntry": {MANAGER: SEE, OWNER: SEE, PARK_MONEY: SEE},
    "core.Job": {MANAGER: RUN, OWNER: RUN, STAFF: RUN, MONEY: RUN, **_each(ANALYST_ROLES, SEE)},
    "core.Unresolved": {OWNER: RUN, STAFF: RUN, MONEY: SEE},
    "core.ExchangeRate": {**_REFERENCE},
    # --- parks
    "parks.Province": {**_REFERENCE},
    "parks.City": {**_REFERENCE},
    "parks.Town": {**_REFERENCE},
    "parks.IndustrialCluster": {**_REFERENCE},
    "parks.Park": {**_each(ANALYST_ROLES, SEE), **_SHARED, MANAGER: _p("view change"), Role.TOOL: SEE_PARK},
    "parks.ParkSettings": {**_each(PARK_ROLES, SEE), MANAGER: RUN},
    "parks.Accreditation": {**_each(ANALYST_ROLES, SEE), **_SHARED, MANAGER: RUN},
    "parks.Building": {**_SHARED, MANAGER: RUN, LEASING: RUN},
    "parks.Unit": {**_SHARED, MANAGER: RUN, LEASING: RUN},
    "parks.UnitUse": {**_SHARED, MANAGER: RUN, LEASING: RUN},
    "parks.ServiceOffer": {**_SHARED, MANAGER: RUN, LEASING: RUN},
    "parks.Event": {**_each(ANALYST_ROLES, SEE), **_SHARED, MANAGER: RUN, Role.TOOL: SEE_PARK},
    "parks.EventVenue": {**_each(ANALYST_ROLES, SEE), **_SHARED, MANAGER: RUN, Role.TOOL: SEE_PARK},
    # --- tenants
    "tenants.Company": {**_each(PARK_ROLES, SEE), **_each(TENANT_ROLES, SEE), MANAGER: RUN, LEASING: RUN},
    "tenants.Tenant": {
        **_each(ANALYST_ROLES, SEE),
        **_each(PARK_ROLES, SEE),
        **_each(TENANT_ROLES, SEE),
        MANAGER: RUN,
        LEASING: RUN,
        OWNER: _p("view change disclose view_result"),
        MONEY: _p("view view_result"),
        Role.HOST: SEE,
        Role.TOOL: SEE,
    },
    "tenants.Tenancy": {
        **_each(PARK_ROLES, SEE),
        **_each(TENANT_ROLES, SEE),
        MANAGER: RUN,
        LEASING: RUN,
        Role.TOOL: SEE,
    },
    # To enter an event is to be shown at its venues: the owner decides. A park may send an entrant away.
    "tenants.EventEntry": {
        **_each(PARK_ROLES, SEE),
        **_each(TENANT_ROLES, SEE),
        MANAGER: _p("view change"),
        OWNER: RUN,
    },
    "tenants.Store": {**_each(TENANT_ROLES, SEE), **_each((MANAGER, OWNER, STAFF), RUN)},
    "tenants.Lease": {MANAGER: RUN, LEASING: RUN, PARK_MONEY: SEE, OWNER: SEE, MONEY: SEE},
    "tenants.LeaseUnit": {MANAGER: RUN, LEASING: RUN, PARK_MONEY: SEE, OWNER: SEE, MONEY: SEE},
    "tenants.Charge": {MANAGER: SEE, PARK_MONEY: RUN, **_each((OWNER, MONEY, Role.TOOL), SEE)},
    "tenants.VerifiedFigure": {MANAGER: SEE, PARK_MONEY: SEE, OWNER: SEE, MONEY: SEE},
    # --- livestreams
    "livestreams.LiveRoom": {**_SHARED, MANAGER: RUN, STUDIO: RUN, Role.TOOL: SEE_PARK},
    "livestreams.Maintenance": {**_SHARED, MANAGER: RUN, STUDIO: RUN},
    "livestreams.Booking": {
        **_each(PARK_ROLES, SEE),
        **_each((MANAGER, STUDIO, OWNER, STAFF, Role.TOOL), _p("view add change check_in")),
        MONEY: SEE,
        Role.HOST: _p("view check_in", Reach.OWN),
    },
    "livestreams.BookingSeries": {**_BOOKED},
    "livestreams.WaitlistEntry": {**_BOOKED},
    "livestreams.SlotRequest": {**_BOOKED},
    "livestreams.SlotQuota": {
        **_each(PARK_ROLES, SEE),
        **_each((MANAGER, STUDIO), RUN),
        **_each((OWNER, STAFF, MONEY, Role.TOOL), SEE),
    },
    # Both sides of an exchange: which of them may answer and which withdraw, the service says.
    "livestreams.ExchangeOffer": {**_EXCHANGED},
    "livestreams.ExchangeRequest": {**_EXCHANGED},
    "livestreams.SchedulePlan": {**_each(PARK_ROLES, SEE), **_each((MANAGER, STUDIO), RUN)},
    "livestreams.PlannedSlot": {
        **_each(PARK_ROLES, SEE),
        **_each((OWNER, STAFF, MONEY, Role.TOOL), SEE),
        Role.HOST: SEE_OWN,
    },
    "livestreams.Host": {
        **_each(PARK_ROLES, SEE),
        STUDIO: RUN,
        OWNER: RUN,
        STAFF: RUN,
        MONEY: SEE,
        Role.HOST: SEE_OWN,
        Role.TOOL: SEE,
    },
    "livestreams.Engagement": {**_HOSTS},
    "livestreams.HostAccount": {**_HOSTS, Role.TOOL: SEE},
    "livestreams.FollowerReading": {
        **_HOSTS,
        **_each((MANAGER, STUDIO, OWNER, STAFF, Role.TOOL), _p("view add")),
    },
    # Who is ill or on leave is for those who plan the host's days.
    "livestreams.HostAbsence": {**_each((MANAGER, STUDIO, OWNER, STAFF), RUN), Role.HOST: SEE_OWN},
    "livestreams.PlannedShift": {**_BOOKED},
    "livestreams.Course": {**_SHARED, MANAGER: RUN, STUDIO: RUN, Role.TOOL: SEE_PARK},
    "livestreams.CourseRun": {**_SHARED, MANAGER: RUN, STUDIO: RUN, Role.TOOL: SEE_PARK},
    "livestreams.Enrolment": {**_HOSTS, **_each((OWNER, STAFF), _p("view add")), Role.TOOL: SEE},
    "livestreams.Certificate": {**_HOSTS, Role.TOOL: SEE},
    "livestreams.IncubationStage": {**_SHARED, MANAGER: RUN, STUDIO: RUN, Role.TOOL: SEE_PARK},
    "livestreams.HostStage": {**_HOSTS, **_each((OWNER, STAFF), SEE)},
    "livestreams.LiveSession": {
        **_each(PARK_ROLES, SEE),
        MANAGER: RUN,
        STUDIO: RUN,
        OWNER: RUN,
        STAFF: RUN,
        MONEY: SEE,
        Role.HOST: SEE_OWN,
        Role.TOOL: RUN,
    },
    "livestreams.SessionTenant": {
        **_each(PARK_ROLES, SEE),
        **_each((MANAGER, STUDIO, Role.TOOL), RUN),
        **_each(TENANT_ROLES, SEE),
    },
    "livestreams.HostShift": {**_HOSTS, Role.TOOL: RUN},
    # The key is the tenant's proof that it was on air: nobody of the park sees it.
    "livestreams.MediaNode": {MANAGER: RUN, STUDIO: RUN},
    "livestreams.StreamKey": {OWNER: RUN, STAFF: RUN, Role.HOST: SEE_OWN, Role.TOOL: RUN},
    # A platform's key is read by nobody: the media node alone is given it.
    "livestreams.Broadcast": {
        **_each(PARK_ROLES, SEE),
        **_each((OWNER, STAFF, Role.TOOL), RUN),
        Role.HOST: SEE_OWN,
    },
    "livestreams.ScreenToken": {**_each((OWNER, STAFF), RUN)},
    "livestreams.Publish": {
        **_each(PARK_ROLES, SEE),
        **_each((MANAGER, STUDIO), _p("view change")),
        **_each((OWNER, STAFF), SEE),
        Role.HOST: SEE_OWN,
    },
    "livestreams.EncoderSample": {
        **_each(PARK_ROLES, SEE),
        **_each((OWNER, STAFF), _p("view add")),
        Role.TOOL: SEE,
        Role.HOST: SEE_OWN,
    },
    "livestreams.PublishDecision": {
        **_each((MANAGER, STUDIO, OWNER, STAFF, Role.TOOL), SEE),
        Role.HOST: SEE_OWN,
    },
    # The studio's day: what is the park's own, and what a firm has of it, reports and announces.
    "livestreams.Equipment": {**_SHARED, MANAGER: RUN, STUDIO: RUN, Role.TOOL: SEE_PARK},
    "livestreams.EquipmentLoan": {
        **_each(PARK_ROLES, SEE),
        **_each((MANAGER, STUDIO), RUN),
        **_each((OWNER, STAFF, MONEY, Role.TOOL), SEE),
    },
    "livestreams.Fault": {
        **_each(PARK_ROLES, SEE),
        **_each((MANAGER, STUDIO), RUN),
        **_each((OWNER, STAFF, Role.TOOL), _p("view add")),
        MONEY: SEE,
        Role.HOST: _p("view add", Reach.OWN),
    },
    "livestreams.FaultStep": {
        **_each(PARK_ROLES, SEE),
        **_each((OWNER, STAFF, MONEY, Role.TOOL), SEE),
        Role.HOST: SEE_OWN,
    },
    "livestreams.Cleaning": {**_each(PARK_ROLES, SEE), **_each((MANAGER, STUDIO), _p("view add"))},
    "livestreams.CleaningDuty": {**_each(PARK_ROLES, SEE), **_each((MANAGER, STUDIO), _p("view add"))},
    "livestreams.RoomCheck": {
        **_each(PARK_ROLES, SEE),
        **_each((MANAGER, STUDIO), _p("view add")),
        **_each((OWNER, STAFF, Role.TOOL), SEE),
        Role.HOST: SEE_OWN,
    },
    # Names of people: for their hosts and for whoever lets them in.
    "livestreams.Visit": {**_each((MANAGER, STUDIO, OWNER, STAFF, Role.TOOL), RUN)},
    "livestreams.AdSpend": {**_each((OWNER, STAFF, Role.TOOL), _p("view add")), MONEY: SEE},
    "livestreams.AudienceSample": {
        MANAGER: SEE,
        STUDIO: SEE,
        OWNER: RUN,
        STAFF: RUN,
        Role.TOOL: _p("view add"),
    },
    # --- supplychain: costs never leave the tenant, lines only by its choice; a park keeps the stock it stores
    "supplychain.Product": {
        **_GOODS,
        **_each((OWNER, STAFF), _p("view add change view_private")),
        MONEY: _p("view view_private"),
    },
    "supplychain.Sku": {**_GOODS},
    "supplychain.EventItem": {
        **_each(PARK_ROLES, SEE),
        **_each(TENANT_ROLES, SEE),
        **_each((OWNER, STAFF), RUN),
    },
    # Whoever is in the park reads its pool (GoodsOffer.scope.told); whoever books plans the show.
    "supplychain.GoodsOffer": {
        **_each(PARK_ROLES, SEE),
        **_each((OWNER, STAFF, Role.TOOL), RUN),
        **_each((MONEY, STOREMAN, Role.HOST), SEE),
    },
    # Handed in by the firm, accepted or refused by its park.
    "supplychain.QualityCertificate": {
        **_each((OWNER, STAFF), RUN),
        **_each((MONEY, STOREMAN, KEEPER, STUDIO), SEE),
        MANAGER: _p("view change"),
        Role.TOOL: _p("view add"),
    },
    # Both sides: the service says who answers. A warehouse hands samples out and takes them back.
    "supplychain.SampleRequest": {
        **_each((MANAGER, STUDIO, KEEPER, MONEY, STOREMAN), SEE),
        **_each((OWNER, STAFF), RUN),
        Role.HOST: _p("view add", Reach.OWN),
        # A park's key would read what firms agreed among themselves.
        Role.TOOL: _p("view add", Reach.NODE),
    },
    "supplychain.OfferAnswer": {
        **_each((MANAGER, STUDIO, MONEY), SEE),
        **_each((OWNER, STAFF), _p("view add")),
        Role.HOST: _p("view add", Reach.OWN),
        Role.TOOL: _p("view add", Reach.NODE),
    },
    "supplychain.RunLine": {
        **_each((MANAGER, STUDIO, MONEY), SEE),
        **_each((OWNER, STAFF, Role.TOOL), RUN),
        Role.HOST: SEE_OWN,
    },
    "supplychain.Shortage": {
        **_each((MANAGER, STUDIO, MONEY, OWNER, STAFF, Role.TOOL), SEE),
        Role.HOST: SEE_OWN,
    },
    "supplychain.Warehouse": {**_SHARED, MANAGER: RUN, KEEPER: RUN, Role.TOOL: SEE_PARK},
    "supplychain.WarehouseTariff": {
        **_each(PARK_ROLES, SEE),
        **_each(TENANT_ROLES, SEE_PARK),
        **_each((MANAGER, PARK_MONEY), _p("view add")),
    },
    "supplychain.StockMove": {
        KEEPER: _p("view add"),
        OWNER: SEE,
        STAFF: SEE,
        STOREMAN: _p("view add"),
        MANAGER: SEE,
        Role.TOOL: _p("view add"),
    },
    # Announced by the firm; received by whoever takes in its stock.
    "supplychain.InboundNotice": {
        **_each((OWNER, STAFF, STOREMAN), RUN),
        **_each((KEEPER, MANAGER), SEE),
        Role.TOOL: _p("view add"),
    },
    "supplychain.StockLevel": {**_each((KEEPER, MANAGER, OWNER, STAFF, STOREMAN, Role.TOOL), SEE)},
    "supplychain.ZoneLevel": {**_each((KEEPER, MANAGER, OWNER, STAFF, STOREMAN, Role.TOOL), SEE)},
    # Whoever makes its waves packs what is in them: a keeper, or the scanners of the park's own warehouse.
    "supplychain.Wave": {KEEPER: RUN, MANAGER: SEE, Role.TOOL: RUN_NODE},
    "supplychain.Parcel": {**_each((KEEPER, MANAGER, OWNER, STAFF, STOREMAN, Role.TOOL), SEE)},
    "supplychain.Reservation": {**_each((KEEPER, MANAGER, OWNER, STAFF, STOREMAN, Role.TOOL), SEE)},
    "supplychain.ReturnedGoods": {
        KEEPER: _p("view add"),
        **_each((MANAGER, OWNER, STAFF, STOREMAN), SEE),
        Role.TOOL: _p("view add", Reach.NODE),
    },
    "supplychain.Backorder": {**_each((KEEPER, MANAGER, OWNER, STAFF, STOREMAN, Role.TOOL), SEE)},
    "supplychain.ExplainEvent": {
        **_each((MANAGER, STUDIO, MONEY), SEE),
        **_each((OWNER, STAFF, Role.TOOL), _p("view add")),
        Role.HOST: SEE_OWN,
    },
    "supplychain.ImportBatch": {OWNER: RUN, STAFF: RUN, MONEY: SEE, Role.TOOL: SEE},
    "supplychain.ImportProfileMap": {OWNER: RUN, STAFF: RUN},
    "supplychain.SalesEvent": {**_LINES, Role.TOOL: _p("view add")},
    # Which shops tell a firm of its orders is decided by whoever makes its keys; who imports also reads what they told.
    "supplychain.ShopHook": {OWNER: RUN, **_each((STAFF, MONEY), SEE)},
    "supplychain.ShopMessage": {**_each((OWNER, STAFF), _p("view change")), MONEY: SEE},
    # What a platform keeps of the sales stays in the firm.
    "supplychain.PayoutEntry": {
        **_each((OWNER, STAFF), _p("view add")),
        MONEY: SEE,
        Role.TOOL: SEE_NODE,
    },
    "supplychain.SkuResolution": {**_LINES},
    "supplychain.Attribution": {**_LINES},
    "supplychain.AttributionSettings": {OWNER: RUN, STAFF: SEE, MONEY: SEE},
    # Of both parties those who run the firm or the park and those who settle; a park only what it is a party to.
    "supplychain.Agreement": {
        **_each((MANAGER, PARK_MONEY), RUN_NODE),
        **_each((OWNER, MONEY), RUN),
        Role.HOST: SEE_OWN,
        Role.TOOL: SEE_NODE,
    },
    "supplychain.Statement": {
        **_each((MANAGER, PARK_MONEY), RUN_NODE),
        **_each((OWNER, MONEY), RUN),
        Role.HOST: SEE_OWN,
        Role.TOOL: SEE_NODE,
    },
    "supplychain.StatementLine": {
        **_each((MANAGER, PARK_MONEY, Role.TOOL), SEE_NODE),
        **_each((OWNER, MONEY), SEE),
        Role.HOST: SEE_OWN,
    },
    # Order by order between firms; a park has the lines.
    "supplychain.StatementOrder": {**_each((OWNER, MONEY), SEE)},
    # Factories and launches are the firm's own affair: what it makes, what that costs, and how it goes. A warehouse
    # takes in what was made and does not see what it cost.
    "supplychain.Factory": {**_MAKING},
    "supplychain.FactoryStep": {**_MAKING},
    "supplychain.FactoryDay": {**_MADE},
    "supplychain.Launch": {
        **_MAKING,
        **_each((OWNER, STAFF), _p("view add change view_private")),
        MONEY: _p("view view_private"),
    },
    "supplychain.LaunchDay": {**_MADE},
    "supplychain.Reorder": {
        **_MAKING,
        **_each((OWNER, STAFF), _p("view add change view_private")),
        MONEY: _p("view view_private"),
    },
    "supplychain.ReorderLine": {**_MADE},
    "supplychain.ReorderWork": {**_MADE},
    # --- analytics
    "analytics.HourSales": {**_SUMS},
    "analytics.DaySales": {**_SUMS},
    "analytics.MonthSales": {**_SUMS},
    "analytics.SessionFigures": {**_SESSION_SUMS},
    "analytics.SessionShare": {**_SESSION_SUMS},
    # Whoever may state the figures of a session may answer the verdict on them; the park enters what agencies told it.
    "analytics.SessionClaim": {
        **_SESSION_SUMS,
        **_each((OWNER, STAFF, MANAGER, STUDIO, Role.TOOL), _p("view add")),
    },
    # Reports of platforms are brought by the firm whose account it is.
    "analytics.SessionReading": {**_SESSION_SUMS, **_each((OWNER, STAFF), _p("view add"))},
    "analytics.ReadingWithdrawal": {**_SESSION_SUMS, **_each((OWNER, STAFF), _p("view add"))},
    # That none will come the park may hear first, as from an agency that left.
    "analytics.ReportExpectation": {
        **_SESSION_SUMS,
        **_each((OWNER, STAFF, MANAGER, STUDIO), _p("view add")),
    },
    "analytics.TrustVerdict": {**_SESSION_SUMS},
    "analytics.TrustReply": {**_SESSION_SUMS, **_each((OWNER, STAFF), _p("view add"))},
    "analytics.EventClaim": {
        **_each(ANALYST_ROLES, SEE),
        **_SHARED,
        **_each((MANAGER, Role.TOOL), _p("view add")),
    },
    "analytics.EventVerdict": {**_each(ANALYST_ROLES, SEE), **_SHARED, Role.TOOL: SEE},
    # They draw on sessions of all firms: tenants get ranks of their own hosts (analytics.selectors.matching).
    "analytics.MatchRun": {**_each(PARK_ROLES, SEE), **_each((MANAGER, STUDIO), RUN)},
    "analytics.PeriodClose": {MANAGER: _p("view add"), PARK_MONEY: _p("view add"), OWNER: SEE, MONEY: SEE},
    # A screen in a hall: a park's manager opens the park's wall, an analyst that of the own place.
    "analytics.DisplayLink": {
        **_each((MANAGER, *ANALYST_ROLES), RUN_NODE),
        STUDIO: _p("view", Reach.NODE),
    },
    "analytics.Indicator": {**_REFERENCE},
    "analytics.IndicatorValue": {**_REFERENCE, Role.PROVINCE_ANALYST: RUN},
    # A bureau sees the parks behind a value by the rule on single firms (analytics.selectors.park_series).
    "analytics.ParkValue": {**_each(PARK_ROLES, SEE)},
    "analytics.IndexRun": {**_REFERENCE, Role.PROVINCE_ANALYST: RUN},
    "analytics.IndexScore": {**_REFERENCE},
}


def seen_below(role: str) -> list[str]:
    """The models of which a role views the rows below its node as well, without anybody's leave."""
    return [
        label
        for label, roles in TABLE.items()
        if role in roles and VIEW in roles[role].verbs and roles[role].reach is Reach.SUBTREE
    ]


def permission(model_label: str, role: str) -> Permission | None:
    """What a role may do with a model, or None."""
    return TABLE.get(model_label, {}).get(role)
