from django.db import migrations, models
from django.db.models import F, Q


class Migration(migrations.Migration):
    dependencies = [
        ("livestreams", "0015_room_opened_on"),
    ]

    operations = [
        migrations.RemoveConstraint(model_name="plannedslot", name="livestreams_slot_whole"),
        migrations.AddConstraint(
            model_name="plannedslot",
            constraint=models.CheckConstraint(
                condition=Q(room__isnull=True, starts_at__isnull=True, ends_at__isnull=True)
                | Q(starts_at__isnull=False, ends_at__gt=F("starts_at")),
                name="livestreams_slot_whole",
            ),
        ),
    ]
