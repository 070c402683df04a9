"""Small panels to test with: a few real provinces and values that differ by province, year and indicator."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from analytics.choices import ValueSource
from analytics.eci.indicators import eci_indicators
from analytics.models import IndicatorValue
from analytics.services.indicators import indicators_load, province_nodes
from core.choices import NodeKind
from core.models import ScopeNode
from parks.geography import nation
from parks.models import Province
from parks.provinces import province_by_code

CODES = [spec.code for spec in eci_indicators()]
PUBLISHED_ON = date(2024, 1, 1)


def make_provinces(*codes: str) -> dict[str, Province]:
    """Provinces as the reference geography has them, without loading all of it."""
    return {code: _province(code) for code in codes}


def _province(code: str) -> Province:
    known = province_by_code(code)
    assert known is not None
    names = {"name_zh": known.name_zh, "name_en": known.name_en}
    node, _made = ScopeNode.objects.get_or_create(
        code=f"cn-{code}", defaults={"kind": NodeKind.PROVINCE, "parent": nation(), **names}
    )
    return Province.objects.get_or_create(
        code=code, defaults={"node": node, "region": known.region or "", **names}
    )[0]


def store_values(
    provinces: Iterable[str],
    years: Iterable[int],
    source: str = ValueSource.OFFICIAL,
    day: date = PUBLISHED_ON,
) -> None:
    """One value of each of the twelve indicators for every province and year."""
    make_provinces(*provinces)
    rows, nodes = indicators_load(), province_nodes(provinces)
    IndicatorValue.objects.bulk_create(
        IndicatorValue(
            indicator=rows[code],
            place_id=node,
            period=date(year, 1, 1),
            published_on=day,
            value=Decimal(int(province) * (place + 1) % 17 + (year - 2000) * (place % 3)) / 4,
            source=source,
            is_synthetic=source == ValueSource.SYNTHETIC,
        )
        for province, node in nodes.items()
        for year in years
        for place, code in enumerate(CODES)
    )
