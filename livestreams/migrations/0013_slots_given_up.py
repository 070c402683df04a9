from typing import Any

from django.db import migrations, models


def let_go(apps: Any, schema_editor: Any) -> None:
    """A slot without a room has no booking: repairs kept the one that they gave back beside their refusal."""
    apps.get_model("livestreams", "PlannedSlot").objects.filter(room=None).update(booking=None)


class Migration(migrations.Migration):
    dependencies = [
        ("livestreams", "0012_streams_to_drop"),
    ]

    operations = [
        migrations.RunPython(let_go, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="plannedslot",
            constraint=models.CheckConstraint(
                condition=models.Q(("booking__isnull", True), ("room__isnull", False), _connector="OR"),
                name="livestreams_slot_booked",
            ),
        ),
    ]
