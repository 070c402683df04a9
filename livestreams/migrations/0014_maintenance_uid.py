from typing import Any

import uuid6
from django.db import migrations, models


def name_windows(apps: Any, schema_editor: Any) -> None:
    """Each window that is there gets a public id of its own."""
    windows = apps.get_model("livestreams", "Maintenance").objects
    for window in windows.filter(uid=None):
        windows.filter(pk=window.pk).update(uid=uuid6.uuid7())


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
        migrations.AlterField(
            model_name="maintenance",
            name="uid",
            field=models.UUIDField(
                default=uuid6.uuid7, editable=False, unique=True, verbose_name="public id"
            ),
        ),
    ]
