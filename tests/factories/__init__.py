"""Worlds to test in. `make_world("alpha")` builds a whole province with everything a park has, all of it visible
to its own people and to nobody else's. Every name carries the world's canary, every number its own offset.
"""

from tests.factories.goods import make_launch_of, make_parcels, make_shop, make_sku, make_stock, make_webhook
from tests.factories.live import (
    make_host,
    make_item,
    make_media_node,
    make_record_of,
    make_room,
    make_session,
    make_studio_day_of,
)
from tests.factories.places import (
    PASSWORD,
    SYSTEM,
    make_park,
    make_province,
    make_tenant,
    make_town,
    make_user,
)
from tests.factories.tenants import (
    TenantWorld,
    make_exchange_of,
    make_settlement_of,
    make_tenant_world,
    make_training_of,
)
from tests.factories.worlds import World, make_world

__all__ = [
    "PASSWORD",
    "SYSTEM",
    "TenantWorld",
    "World",
    "make_exchange_of",
    "make_host",
    "make_item",
    "make_launch_of",
    "make_media_node",
    "make_parcels",
    "make_park",
    "make_province",
    "make_record_of",
    "make_room",
    "make_session",
    "make_settlement_of",
    "make_shop",
    "make_sku",
    "make_stock",
    "make_studio_day_of",
    "make_tenant",
    "make_tenant_world",
    "make_town",
    "make_training_of",
    "make_user",
    "make_webhook",
    "make_world",
]
