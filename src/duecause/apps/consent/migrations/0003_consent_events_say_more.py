from typing import Any

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import F

STATES = [
    ("requested", "Requested"),
    ("given", "Given"),
    ("refused", "Refused"),
    ("withdrawn", "Withdrawn"),
    ("expired", "Expired"),
    ("invalidated", "Invalidated"),
    ("renewed", "Renewed"),
]


def written_when_said(apps: Any, schema_editor: Any) -> None:
    """Until now both were one moment."""
    apps.get_model("consent", "ConsentEvent").objects.update(recorded_at=F("at"))


class Migration(migrations.Migration):
    dependencies = [
        ("catalogue", "0003_wording_holds_months"),
        ("consent", "0002_what_a_human_said_follows_the_records"),
        ("parties", "0001_initial"),
        ("register", "0001_initial"),
    ]

    operations = [
        migrations.AddField("consentevent", "country", models.CharField(blank=True, default="", max_length=2)),
        migrations.AddField("consentevent", "ground", models.CharField(blank=True, default="", max_length=30)),
        migrations.AddField("consentevent", "how", models.CharField(default="call", max_length=10)),
        migrations.AddField("consentevent", "recorded_at", models.DateTimeField(null=True)),
        migrations.RunPython(written_when_said, migrations.RunPython.noop),
        migrations.AlterField("consentevent", "recorded_at", models.DateTimeField()),
        migrations.AddField(
            "consentevent", "reference", models.CharField(blank=True, default="", max_length=60)
        ),
        migrations.AddField(
            "consentevent",
            "undoes",
            models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="undone_by",
                to="consent.consentevent",
            ),
        ),
        migrations.AlterField("consentevent", "state", models.CharField(choices=STATES, max_length=12)),
        migrations.AddIndex(
            "consentevent", models.Index(fields=["at", "state"], name="consent_over_time")
        ),
        migrations.AddConstraint(
            "consentevent",
            models.UniqueConstraint(
                condition=~models.Q(reference=""),
                fields=("reference", "controller", "purpose", "channel"),
                name="consent_reference_once",
            ),
        ),
    ]
