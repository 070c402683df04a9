"""The demo's collective store: the first firm of a park sells its neighbours' goods beside its own."""

from __future__ import annotations

from analytics.demo.built import BuiltPark, uid
from tenants.models import Store

MEMBERS = 3  # as many neighbours as a session shows beside its seller


def build_collective_store(built: BuiltPark) -> None:
    """One store on the park's platform, made once; none where each firm sells its own goods alone."""
    seller, *neighbours = built.tenants
    if not built.plan.mixed_owners or Store.objects.filter(tenant=seller).exists():
        return
    store = Store.objects.create(
        uid=uid("store", seller.code),
        tenant=seller,
        name_zh="联盟旗舰店（演示）",
        name_en="Alliance flagship store (demo)",
        platform=built.plan.platform,
        account=f"{seller.code}-alliance",
    )
    store.members.set(neighbours[:MEMBERS])
