"""Who is in a demo park: its tenants, and their hosts."""

from __future__ import annotations

import random
from datetime import date
from decimal import Decimal

from analytics.demo import names
from analytics.demo.built import uid
from analytics.demo.days import tenant_code
from analytics.demo.plans import ParkPlan
from core.choices import NodeKind
from core.models import ScopeNode
from livestreams.models import Host
from parks.models import IndustrialCluster, Park
from tenants.choices import TenantKind, WallVisibility
from tenants.models import Company, Tenancy, Tenant


def build_tenants(plan: ParkPlan, park: Park, opened: date, draw: random.Random) -> list[Tenant]:
    """The tenants of a park by their number, in it since it opened; the first ones are its sellers."""
    kinds = _kinds(plan, draw)
    firms = [names.firm(draw, plan.industries[index % len(plan.industries)]) for index in range(plan.tenants)]
    companies = Company.objects.bulk_create(
        Company(
            credit_code=f"91DEMO{uid('company', plan.code, index).hex[:12].upper()}",
            name_zh=f"{zh}有限公司（演示）",
            name_en=f"{en} Ltd (demo)",
        )
        for index, (zh, en) in enumerate(firms)
    )
    nodes = ScopeNode.objects.bulk_create(
        ScopeNode(
            kind=NodeKind.TENANT, code=tenant_code(plan, index), name_zh=zh, name_en=en, parent=park.node
        )
        for index, (zh, en) in enumerate(firms)
    )
    for node in nodes:
        node.path = node.path_below_parent()
    ScopeNode.objects.bulk_update(nodes, ["path"], batch_size=200)
    clusters = list(IndustrialCluster.objects.filter(province=park.town.city.province).order_by("number"))
    visibility = (WallVisibility.AMOUNT, WallVisibility.AMOUNT, WallVisibility.RANK, WallVisibility.HIDDEN)
    tenants = Tenant.objects.bulk_create(
        Tenant(
            node=node,
            uid=uid("tenant", node.code),
            company=company,
            code=node.code,
            name_zh=zh,
            name_en=en,
            kind=kind,
            industry=plan.industries[index % len(plan.industries)],
            cluster=clusters[index % len(clusters)] if clusters and index % 3 else None,
            headcount=draw.randint(4, 60),
            has_own_brand=kind == TenantKind.BRAND,
            wall_visibility=visibility[index % len(visibility)],
            is_synthetic=True,
        )
        for index, (node, company, kind, (zh, en)) in enumerate(
            zip(nodes, companies, kinds, firms, strict=True)
        )
    )
    Tenancy.objects.bulk_create(Tenancy(tenant=tenant, park=park, from_day=opened) for tenant in tenants)
    return tenants


def _kinds(plan: ParkPlan, draw: random.Random) -> list[str]:
    """The kind of each tenant. With a number of cross-border firms these stand behind the sellers, which are brands."""
    kinds = draw.choices(
        [kind for kind, _w in plan.kinds], [weight for _k, weight in plan.kinds], k=plan.tenants
    )
    if not plan.cross_border:
        return kinds
    kinds = [kind if kind != TenantKind.CROSS_BORDER else TenantKind.BRAND for kind in kinds]
    kinds[: plan.sellers] = [TenantKind.BRAND] * plan.sellers
    kinds[plan.sellers : plan.sellers + plan.cross_border] = [TenantKind.CROSS_BORDER] * plan.cross_border
    return kinds


def build_hosts(plan: ParkPlan, tenants: list[Tenant], draw: random.Random) -> list[Host]:
    """The hosts of a park: a third are sellers' own, the others its agencies'."""
    agencies = [tenant for tenant in tenants if tenant.kind == TenantKind.MCN] or tenants[:1]
    hosts = []
    for index in range(plan.hosts):
        own = index % 3 == 0
        hosts.append(
            Host(
                uid=uid("host", plan.code, index),
                tenant=tenants[index % plan.sellers] if own else agencies[index % len(agencies)],
                code=f"{plan.code}-host-{index + 1:03d}",
                name_zh=names.person(draw),
                name_en=f"Host {index + 1}",
                level=draw.choice("ABC"),
                languages=["zh"] if index % 4 else ["zh", "en"],
                markets=["CN"] if index % 4 else ["CN", "SEA"],
                categories=[plan.industries[index % len(plan.industries)]],
                day_rate=Decimal(draw.randrange(300, 3000, 100)),
            )
        )
    return Host.objects.bulk_create(hosts)
