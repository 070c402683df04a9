from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def sums_name_their_currency(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    batches = apps.get_model("supplychain", "ImportBatch").objects.using(editor.connection.alias)
    for batch in batches.exclude(file_name="").iterator():
        sums = batch.report.get("sums", {})
        if any(isinstance(total, str) for total in sums.values()):
            currency = batch.report.get("currency") or "CNY"
            batch.report["sums"] = {kind: {currency: total} for kind, total in sums.items()}
            batch.save(update_fields=["report"])


class Migration(migrations.Migration):
    dependencies = [("supplychain", "0022_what_platforms_withhold_of_statements")]

    operations = [migrations.RunPython(sums_name_their_currency, migrations.RunPython.noop)]
