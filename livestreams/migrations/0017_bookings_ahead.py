from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("livestreams", "0016_slots_of_new_rooms"),
        ("tenants", "0003_entries_sent_away"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="booking",
            index=models.Index(fields=["room", "blocked_until"], name="livestreams_booking_ahead"),
        ),
        migrations.AddIndex(
            model_name="booking",
            index=models.Index(fields=["host", "ends_at"], name="livestreams_booking_host_ahead"),
        ),
    ]
