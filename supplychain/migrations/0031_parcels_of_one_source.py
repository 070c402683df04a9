"""A parcel says of which source its order is. One at the packing table that holds two orders is taken apart."""

from collections import defaultdict
from typing import Any

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import OuterRef, Subquery

AT_A_TIME = 1_000


def parcels_are_of_one_source(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """By the ledger; what has left as a parcel of two orders stays one, of the source of its first line."""
    alias = editor.connection.alias
    parcels = apps.get_model("supplychain", "Parcel").objects.using(alias)
    keys = apps.get_model("supplychain", "SalesEventKey").objects.using(alias).filter(pk=OuterRef("event_id"))
    lines = apps.get_model("supplychain", "Reservation").objects.using(alias)
    last = 0
    while rows := list(parcels.filter(pk__gt=last).order_by("pk")[:AT_A_TIME]):
        last = rows[-1].pk
        of_parcel: dict[int, list[Any]] = defaultdict(list)
        for line in (
            lines.filter(parcel__in=rows).annotate(source=Subquery(keys.values("source"))).order_by("pk")
        ):
            of_parcel[line.parcel_id].append(line)
        for parcel in rows:
            mine = of_parcel[parcel.pk]
            held = [line for line in mine if line.state == "in_wave"]
            sources = list(dict.fromkeys(line.source or "" for line in held or mine)) or [""]
            parcel.source = sources[0]
            if held and len(sources) > 1:
                _take_apart(parcel, sources[1:], held, parcels, lines)
        parcels.bulk_update(rows, ["source", "state"])


def _take_apart(parcel: Any, others: list[str], held: list[Any], parcels: Any, lines: Any) -> None:
    """Each order its parcel, and every piece is scanned once more: they lie in one box."""
    parcel.state = "waiting"
    lines.filter(pk__in=[line.pk for line in held]).update(packed=0)
    for source in others:
        apart = parcels.create(
            warehouse_id=parcel.warehouse_id,
            wave_id=parcel.wave_id,
            seller_id=parcel.seller_id,
            source=source,
            order_no=parcel.order_no,
        )
        lines.filter(pk__in=[line.pk for line in held if (line.source or "") == source]).update(parcel=apart)


class Migration(migrations.Migration):
    dependencies = [("supplychain", "0030_from_where_goods_are_fetched")]

    operations = [
        migrations.AddField(
            "parcel",
            "source",
            models.CharField(blank=True, db_default="", default="", max_length=32, verbose_name="source"),
        ),
        migrations.RunPython(parcels_are_of_one_source, migrations.RunPython.noop),
    ]
