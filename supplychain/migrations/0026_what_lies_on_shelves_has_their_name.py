from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.utils import timezone

AT_A_TIME = 1_000


def what_lies_there_has_its_name(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """Moves of before name no zone and stay as they are: what lies on a shelf by now is brought there by two moves."""
    alias = editor.connection.alias
    moves = apps.get_model("supplychain", "StockMove")
    levels = apps.get_model("supplychain", "StockLevel").objects.using(alias).exclude(zone="")
    now, last = timezone.now(), 0
    while rows := list(levels.filter(on_hand__gt=0, pk__gt=last).order_by("pk")[:AT_A_TIME]):
        last = rows[-1].pk
        moves.objects.using(alias).bulk_create(
            moves(
                warehouse_id=level.warehouse_id,
                sku_id=level.sku_id,
                owner_id=level.owner_id,
                kind="transfer",
                quantity=quantity,
                zone=zone,
                source="place",
                source_key=f"named:{level.pk}",
                occurred_at=now,
            )
            for level in rows
            for zone, quantity in (("", -level.on_hand), (level.zone, level.on_hand))
        )


class Migration(migrations.Migration):
    """Not to be taken back: moves stay, and without zones two of one document are one too many (0025)."""

    dependencies = [("supplychain", "0025_stock_by_zone")]

    operations = [migrations.RunPython(what_lies_there_has_its_name)]
