"""Column mappings that tenants keep for files nobody foresaw."""

from __future__ import annotations

import msgspec
from django.db import transaction
from django.utils.translation import gettext as _

from core import audit
from core.actors import Actor
from core.errors import InvalidInput
from core.locking import retried
from core.policy import ADD
from core.scoping import require
from supplychain.importing import Mapping
from supplychain.models import ImportProfileMap
from tenants.models import Tenant


@retried
@transaction.atomic
def import_map_save(*, actor: Actor, tenant: Tenant, name: str, mapping: Mapping) -> ImportProfileMap:
    """Keep a mapping under a name; the same name again takes the new mapping."""
    require(actor, ADD, ImportProfileMap, tenant.pk)
    if not name.strip():
        raise InvalidInput(_("Give the mapping a name."), field="name")
    values = msgspec.to_builtins(mapping)
    saved, _created = ImportProfileMap.objects.update_or_create(
        tenant=tenant, name=name.strip(), defaults={"mapping": values}
    )
    after = {"name": saved.name, "columns": values["columns"]}
    audit.record(actor=actor, verb="import_map.save", obj=saved, node_id=tenant.pk, after=after)
    return saved
