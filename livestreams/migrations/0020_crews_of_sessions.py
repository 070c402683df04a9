import json
from typing import Any

from django.db import migrations, models


def as_several(apps: Any, schema_editor: Any) -> None:
    """A stored problem names the needs of its requests as a row of them; there was one at most."""
    plans = apps.get_model("livestreams", "SchedulePlan").objects
    for pk in plans.exclude(inputs="").values_list("pk", flat=True):
        plan = plans.only("inputs").get(pk=pk)
        problem = json.loads(plan.inputs)
        for request in problem.get("requests", ()):
            need = request.pop("need", None)
            if need is not None:
                request["needs"] = [need]
        plan.inputs = json.dumps(problem, ensure_ascii=False, separators=(",", ":"))
        plan.save(update_fields=["inputs"])


class Migration(migrations.Migration):
    dependencies = [
        ("livestreams", "0019_quotas_of_firms"),
    ]

    operations = [
        migrations.AddField(
            model_name="slotrequest",
            name="crews",
            field=models.JSONField(blank=True, default=list, verbose_name="crews"),
        ),
        migrations.RunPython(as_several, migrations.RunPython.noop),
    ]
