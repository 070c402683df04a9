from django.db import migrations, models

import livestreams.addresses


class Migration(migrations.Migration):
    dependencies = [("livestreams", "0017_bookings_ahead")]

    operations = [
        migrations.AlterField(
            model_name="medianode",
            name="address",
            field=models.CharField(
                help_text="As encoders type it: rtmp://media.park.example/live",
                max_length=200,
                validators=[livestreams.addresses.check_encoder_address],
                verbose_name="address for encoders",
            ),
        ),
        migrations.AlterField(
            model_name="medianode",
            name="control_url",
            field=models.CharField(
                blank=True,
                help_text="Where this site reads its figures and cuts streams: http://127.0.0.1:8935",
                max_length=200,
                validators=[livestreams.addresses.check_control_address],
                verbose_name="address for control",
            ),
        ),
    ]
