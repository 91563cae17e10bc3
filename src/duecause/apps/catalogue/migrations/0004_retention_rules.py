import hashlib
import json
from datetime import UTC, datetime
from typing import Any

import django.db.models.deletion
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps


def take_over(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Months without an event become rules that wait for approval: nothing went by itself until now, and an
    upgrade must not erase anything that nobody agreed to."""
    purposes = list(apps.get_model("catalogue", "Purpose").objects.order_by("code"))
    if not purposes:
        return
    field = apps.get_model("catalogue", "Field")
    of_fields = {
        row.code: sorted(row.purposes.values_list("code", flat=True)) for row in field.objects.order_by("code")
    }
    rules = [
        {
            "purpose": row.code,
            "field": "",
            "trigger": _usual(row),
            "months": min(row.retention_months, 1200),
            "days": 0,
            "action": "erase",
        }
        for row in purposes
    ]
    order = ("purpose", "field", "trigger", "action", "months", "days")
    content = [sorted(rules, key=lambda rule: tuple(rule[name] for name in order)), of_fields]
    version = apps.get_model("catalogue", "RetentionVersion").objects.create(
        number=1,
        state="proposed",
        purposes=of_fields,
        sha256=hashlib.sha256(
            json.dumps(content, sort_keys=True, separators=(",", ":")).encode()
        ).hexdigest(),
        proposed_by="system:migration",
        proposed_at=datetime.now(UTC),
    )
    apps.get_model("catalogue", "RetentionRule").objects.bulk_create(
        apps.get_model("catalogue", "RetentionRule")(
            version=version, purpose=row, trigger=rule["trigger"], months=rule["months"], action="erase"
        )
        for row, rule in zip(purposes, rules)
    )


def _usual(purpose: Any) -> str:
    if purpose.legal_basis == "contract":
        return "contract_ended"
    return "last_contact" if purpose.marketing else "recorded"


class Migration(migrations.Migration):

    dependencies = [
        ('catalogue', '0003_wording_holds_months'),
    ]

    operations = [
        migrations.CreateModel(
            name='RetentionVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField(unique=True)),
                ('state', models.CharField(choices=[('proposed', 'Proposed'), ('in_force', 'In Force'), ('replaced', 'Replaced'), ('refused', 'Refused')], max_length=10)),
                ('purposes', models.JSONField(default=dict)),
                ('sha256', models.CharField(max_length=64)),
                ('impact', models.JSONField(default=dict)),
                ('counted_at', models.DateTimeField(null=True)),
                ('proposed_by', models.CharField(max_length=80)),
                ('proposed_at', models.DateTimeField()),
                ('decided_by', models.CharField(blank=True, default='', max_length=80)),
                ('decided_at', models.DateTimeField(null=True)),
                ('event', models.UUIDField(null=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('state__in', ['proposed', 'in_force'])), fields=('state',), name='retention_version_one_each')],
            },
        ),
        migrations.CreateModel(
            name='RetentionRule',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('trigger', models.CharField(max_length=20)),
                ('months', models.PositiveSmallIntegerField(default=0)),
                ('days', models.PositiveSmallIntegerField(default=0)),
                ('action', models.CharField(max_length=12)),
                ('field', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='retention_rules', to='catalogue.field')),
                ('purpose', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='retention_rules', to='catalogue.purpose')),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='rules', to='catalogue.retentionversion')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('version', 'purpose', 'field', 'trigger', 'action'), name='retention_rule_of_field'), models.UniqueConstraint(condition=models.Q(('field', None)), fields=('version', 'purpose', 'trigger', 'action'), name='retention_rule_of_purpose')],
            },
        ),
        migrations.RunPython(take_over, migrations.RunPython.noop),
    ]
