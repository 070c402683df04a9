"""The synthetic panel of the provinces, stored as indicator values, and the index computed from it."""

from __future__ import annotations

from datetime import date

from django.db import transaction
from django.utils.translation import gettext_noop as _

from analytics.choices import ValueSource
from analytics.eci.synthetic import FIRST_YEAR, LAST_YEAR, synthetic_panel
from analytics.models import IndicatorValue
from analytics.services.index_runs import index_run_create
from analytics.services.indicators import indicators_load, province_nodes
from core import audit
from core.actors import Actor

# A fixed day, so that the same seed gives the same rows.
PUBLISHED_ON = date(LAST_YEAR + 1, 1, 1)


@transaction.atomic
def load_panel(*, actor: Actor, seed: int) -> int:
    """Store the panel of `seed` once and compute the index from it; returns the values stored, 0 when there is one."""
    if IndicatorValue.objects.filter(source=ValueSource.SYNTHETIC).exists():
        return 0
    panel = synthetic_panel(seed)
    indicators = indicators_load()
    nodes = province_nodes({row.province_code for row in panel})
    lineage = {"panel": "synthetic", "seed": seed}
    IndicatorValue.objects.bulk_create(
        IndicatorValue(
            indicator=indicators[row.indicator_code],
            place_id=nodes[row.province_code],
            period=date(row.year, 1, 1),
            published_on=PUBLISHED_ON,
            value=row.value,
            source=ValueSource.SYNTHETIC,
            is_synthetic=True,
            source_note=_("drawn to the published moments, not observed"),
            lineage=lineage,
        )
        for row in panel
    )
    audit.record(
        actor=actor,
        verb="demo.panel",
        object_type=IndicatorValue._meta.label,
        after={"seed": seed, "stored": len(panel)},
    )
    index_run_create(actor=actor, first_year=FIRST_YEAR, last_year=LAST_YEAR)
    return len(panel)
