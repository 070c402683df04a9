from django.db import migrations, models

STATES = [
    ("waiting", "still to be read"),
    ("stored", "in the order ledger"),
    ("news", "tells of an order, not what it is worth"),
    ("idle", "tells nothing about sales"),
    ("dead", "not understood"),
    ("closed", "set aside"),
]


class Migration(migrations.Migration):
    dependencies = [("supplychain", "0023_sums_of_imports_by_currency")]

    operations = [
        migrations.AddField(
            "shopmessage",
            "note",
            models.CharField(blank=True, db_default="", max_length=300, verbose_name="why it is set aside"),
        ),
        migrations.AlterField(
            "shopmessage",
            "state",
            models.CharField(choices=STATES, default="waiting", max_length=8, verbose_name="state"),
        ),
        migrations.RemoveConstraint("shopmessage", "supplychain_shop_message_dead_says_why"),
        migrations.AddConstraint(
            "shopmessage",
            models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state__in", ["closed", "dead"]), models.Q(("fault", ""), _negated=True)),
                    models.Q(models.Q(("state__in", ["closed", "dead"]), _negated=True), ("fault", "")),
                    _connector="OR",
                ),
                name="supplychain_shop_message_dead_says_why",
            ),
        ),
        migrations.AddConstraint(
            "shopmessage",
            models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "closed"), models.Q(("note", ""), _negated=True)),
                    models.Q(models.Q(("state", "closed"), _negated=True), ("note", "")),
                    _connector="OR",
                ),
                name="supplychain_shop_message_closed_says_why",
            ),
        ),
    ]
