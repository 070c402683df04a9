from typing import Any

import uuid6
from django.db import migrations, models


def name_windows(apps: Any, schema_editor: Any) -> None:
    """Each window that is there gets a public id of its own."""
    windows = apps.get_model("livestreams", "Maintenance").objects
    for window in windows.filter(uid=None):
        windows.filter(pk=window.pk).update(uid=uuid6.uuid7())


# The code of the reason of a window that a fault opened; it was stored in the words of whoever reported the fault.
OUT_OF_USE = "Out of use by a fault"


def reasons_of_faults(apps: Any, schema_editor: Any) -> None:
    """The window of a fault has the code for its reason, so that each reads it in a language of their own."""
    apps.get_model("livestreams", "Maintenance").objects.filter(fault__isnull=False).update(reason=OUT_OF_USE)


class Migration(migrations.Migration):
    dependencies = [
        ("livestreams", "0013_slots_given_up"),
    ]

    operations = [
        migrations.AddField(
            model_name="maintenance",
            name="uid",
            field=models.UUIDField(editable=False, null=True, verbose_name="public id"),
        ),
        migrations.RunPython(name_windows, migrations.RunPython.noop),
        migrations.RunPython(reasons_of_faults, migrations.RunPython.noop),
        migrations.AlterField(
            model_name="maintenance",
            name="uid",
            field=models.UUIDField(
                default=uuid6.uuid7, editable=False, unique=True, verbose_name="public id"
            ),
        ),
    ]
