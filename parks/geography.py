"""Loads the reference geography that ships with Livepark: nation, provinces, cities, industrial clusters."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from django.db import transaction

from core.choices import NodeKind
from core.models import ScopeNode
from parks.models import City, IndustrialCluster, Province, Town
from parks.provinces import PROVINCES
from parks.towns import town_place

DATA = Path(__file__).parent / "data"
NATION_CODE = "cn"


def _rows(name: str) -> Iterator[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def nation() -> ScopeNode:
    """The root of the scope tree."""
    return ScopeNode.objects.get_or_create(
        code=NATION_CODE, defaults={"kind": NodeKind.NATION, "name_zh": "中国", "name_en": "China"}
    )[0]


def _children(kind: str, wanted: list[tuple[str, str, str, ScopeNode]]) -> dict[str, ScopeNode]:
    """Nodes by code of (code, name_zh, name_en, parent), made in bulk where they are missing."""
    known = {node.code: node for node in ScopeNode.objects.filter(kind=kind)}
    missing = [
        ScopeNode(kind=kind, code=code, name_zh=zh, name_en=en, parent=parent)
        for code, zh, en, parent in wanted
        if code not in known
    ]
    for node in ScopeNode.objects.bulk_create(missing):
        node.path = node.path_below_parent()
        known[node.code] = node
    ScopeNode.objects.bulk_update(missing, ["path"], batch_size=200)
    return known


def _place_towns() -> None:
    """Give towns that were entered without coordinates the ones that are known."""
    unplaced = list(Town.objects.filter(latitude__isnull=True).select_related("city"))
    for town in unplaced:
        town.latitude, town.longitude = town_place(town.city.code, town.name_zh)
    Town.objects.bulk_update(unplaced, ["latitude", "longitude"], batch_size=200)


@transaction.atomic
def geography_load() -> dict[str, int]:
    """Make the nation, 34 provinces, their cities and clusters where they are missing, and place towns.

    Returns how many there are.
    """
    provinces = _provinces()
    _cities(provinces)
    _clusters(provinces)
    _place_towns()
    return {
        "provinces": len(provinces),
        "cities": City.objects.count(),
        "clusters": IndustrialCluster.objects.count(),
    }


def _provinces() -> dict[str, Province]:
    """All provinces by code, made below the nation where they are missing."""
    root = nation()
    nodes = _children(NodeKind.PROVINCE, [(f"cn-{p.code}", p.name_zh, p.name_en, root) for p in PROVINCES])
    Province.objects.bulk_create(
        [
            Province(
                node=nodes[f"cn-{p.code}"],
                code=p.code,
                name_zh=p.name_zh,
                name_en=p.name_en,
                region=p.region or "",
            )
            for p in PROVINCES
        ],
        ignore_conflicts=True,
    )
    return {province.code: province for province in Province.objects.select_related("node")}


def _cities(provinces: dict[str, Province]) -> None:
    rows = list(_rows("cities.csv"))
    nodes = _children(
        NodeKind.CITY,
        [
            (f"cn-{row['code']}", row["name_zh"], row["name_en"], provinces[row["province_code"]].node)
            for row in rows
        ],
    )
    City.objects.bulk_create(
        [
            City(
                node=nodes[f"cn-{row['code']}"],
                province=provinces[row["province_code"]],
                code=row["code"],
                name_zh=row["name_zh"],
                name_en=row["name_en"],
            )
            for row in rows
        ],
        ignore_conflicts=True,
    )


def _clusters(provinces: dict[str, Province]) -> None:
    IndustrialCluster.objects.bulk_create(
        [
            IndustrialCluster(
                province=provinces[row["province_code"]],
                number=int(row["no"]),
                name_zh=row["name_zh"],
                place=row["place"],
                industry=row["industry"],
                note=row["note"][:200],
            )
            for row in _rows("clusters.csv")
        ],
        update_conflicts=True,
        unique_fields=["province", "number"],
        update_fields=["place", "industry"],
    )
