from datetime import UTC, datetime
from typing import Any

from django.db import migrations, models
from django.db.models import Min

import core.clock
from core.clock import business_day, today

UNIX_TIME_FIRST = 7
"""The version of a UUID that begins with the milliseconds at which it was made."""


def open_known_rooms(apps: Any, schema_editor: Any) -> None:
    """A room that is there opened when it was made, or by its first booking or session if they are older.

    One of which nothing is known opened today, and none after it was closed: no room could be changed any more.
    """
    rooms = apps.get_model("livestreams", "LiveRoom").objects
    used = rooms.annotate(booked=Min("bookings__starts_at")).values_list("pk", "uid", "closed_on", "booked")
    live = dict(rooms.annotate(live=Min("sessions__started_at")).values_list("pk", "live"))
    for pk, uid, closed_on, booked in used:
        made = datetime.fromtimestamp((uid.int >> 80) / 1000, UTC) if uid.version == UNIX_TIME_FIRST else None
        days = [business_day(instant) for instant in (made, booked, live[pk]) if instant is not None] or [
            today()
        ]
        rooms.filter(pk=pk).update(opened_on=min(days if closed_on is None else [*days, closed_on]))


class Migration(migrations.Migration):
    dependencies = [
        ("livestreams", "0014_maintenance_uid"),
    ]

    operations = [
        migrations.AddField(
            model_name="liveroom",
            name="opened_on",
            field=models.DateField(default=core.clock.today, verbose_name="in use from"),
        ),
        migrations.RunPython(open_known_rooms, migrations.RunPython.noop),
    ]
