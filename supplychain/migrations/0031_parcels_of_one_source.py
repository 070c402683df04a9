"""A parcel says of which source its order is. One at the packing table that holds two orders is taken apart."""

from collections import defaultdict

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import OuterRef, Subquery, Value
from django.db.models.functions import Coalesce


def parcels_are_of_one_source(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """By what the ledger says of their first line. What has left as a parcel of two orders stays one."""
    alias = editor.connection.alias
    parcels = apps.get_model("supplychain", "Parcel").objects.using(alias)
    reservations = apps.get_model("supplychain", "Reservation").objects.using(alias)
    told = apps.get_model("supplychain", "SalesEventKey").objects.using(alias).filter(pk=OuterRef("event_id"))
    lines = reservations.annotate(source=Coalesce(Subquery(told.values("source")), Value(""))).order_by("pk")
    first = lines.filter(parcel=OuterRef("pk")).values("source")[:1]
    parcels.update(source=Coalesce(Subquery(first), Value("")))
    held: dict[int, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for pk, of_parcel, source in lines.filter(state="in_wave").values_list("pk", "parcel", "source"):
        held[of_parcel][source].append(pk)
    for parcel in parcels.filter(pk__in=list(held)).order_by("pk"):
        orders = held[parcel.pk]
        if list(orders) == [parcel.source]:
            continue
        # Their pieces lie in one box: each is scanned once more.
        reservations.filter(parcel=parcel, state="in_wave").update(packed=0)
        (parcel.source, _its_own), *others = orders.items()
        parcel.state = "waiting"
        parcel.save(update_fields=["source", "state"])
        for source, mine in others:
            apart = parcels.create(
                warehouse_id=parcel.warehouse_id,
                wave_id=parcel.wave_id,
                seller_id=parcel.seller_id,
                source=source,
                order_no=parcel.order_no,
            )
            reservations.filter(pk__in=mine).update(parcel=apart)


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
