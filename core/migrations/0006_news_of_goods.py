"""Receivers of webhooks may be told of rooms that became free, proposed re-orders and answers to offers."""

from django.db import migrations, models

EVENTS = [
    ("booking.offered", "a room has become free for a firm that waits"),
    ("session.ended", "a live session has ended"),
    ("stock.low", "the stock of an SKU runs low"),
    ("statement.ready", "a statement is ready"),
    ("reorder.proposed", "more of a style is proposed"),
    ("offer.answered", "somebody said yes or no to goods of the pool"),
    ("webhook.tried", "somebody tried the receiver"),
]


class Migration(migrations.Migration):
    dependencies = [("core", "0005_jobs_speak_a_language")]

    operations = [
        migrations.AlterField(
            "webhookdelivery",
            "event",
            models.CharField(choices=EVENTS, max_length=32, verbose_name="told of"),
        ),
    ]
