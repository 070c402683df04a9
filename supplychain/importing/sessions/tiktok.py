"""Live Analysis of TikTok Shop, whose header stands in the first or third row and names the currency of the market.

It has no live id: an account and the second at which it went on air name a session.
"""

from __future__ import annotations

from django.utils.translation import gettext_lazy

from supplychain.importing.currencies import SIGNS
from supplychain.importing.profiles.base import Profile
from supplychain.importing.sessions.row import SessionBuilder, SessionRow

PAID = (
    "LIVE gross merchandise value",
    "Gross merchandise value",
    "LIVE attributed GMV",
    "LIVE-attributed GMV",
)
CURRENCIES = {f"paid_{code}": code for code in dict.fromkeys(SIGNS.values())}

PROFILE: Profile[SessionRow] = Profile(
    code="tiktok-live",
    name=gettext_lazy("TikTok live sessions"),
    source="tiktok-live",
    columns={
        "account_id": ("Creator ID",),
        "account": ("Creator", "Nickname"),
        "started_at": ("Launched Time",),
        "length": ("Duration",),
        "viewers": ("Viewers",),
        "stay": ("Average viewing duration (LIVE streams)", "Avg. Viewing Duration"),
        "orders": ("LIVE SKU orders", "Orders Paid"),
        "paid": PAID,
        **{
            field: tuple(
                f"{name} ({sign})" for name in PAID for sign, known in SIGNS.items() if known == code
            )
            for field, code in CURRENCIES.items()
        },
    },
    required=("account_id", "started_at", "length", "viewers"),
    build=lambda options: SessionBuilder("tiktok", options, currencies=CURRENCIES, signs=SIGNS),
    known=(
        "Products added",
        "Different Products Sold",
        "Created SKU orders",
        "Orders Created",
        "LIVE items sold",
        "Unit Sales",
        "Unique customers",
        "Buyers",
        "Click-to-order rate (LIVE)",
        "Views",
        "Comments",
        "Shares",
        "LIVE likes",
        "Likes",
        "New followers (Creator video)",
        "New Followers",
        "Product Impressions",
        "Product Clicks",
        "CTR",
    ),
    examples=("tiktok-live.csv",),
)
