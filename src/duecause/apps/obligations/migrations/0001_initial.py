"""Tables of this room."""

import django.db.models.deletion
import duecause.engine.ids
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Obligation',
            fields=[
                ('id', models.UUIDField(default=duecause.engine.ids.uuid7, primary_key=True, serialize=False)),
                ('kind', models.CharField(max_length=60)),
                ('person', models.UUIDField(db_index=True, null=True)),
                ('facts', models.JSONField(default=dict)),
                ('opened_at', models.DateTimeField()),
                ('due_at', models.DateTimeField(null=True)),
                ('closed_at', models.DateTimeField(null=True)),
                ('state', models.CharField(choices=[('open', 'Open'), ('done', 'Done'), ('failed', 'Failed'), ('cancelled', 'Cancelled')], default='open', max_length=10)),
                ('slot', models.CharField(blank=True, default='', max_length=40)),
            ],
            options={
                'indexes': [models.Index(fields=['state', 'due_at'], name='obligation_state_due')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('slot', ''), _negated=True), fields=('kind', 'slot'), name='obligation_once_per_slot')],
            },
        ),
        migrations.CreateModel(
            name='Step',
            fields=[
                ('id', models.UUIDField(default=duecause.engine.ids.uuid7, primary_key=True, serialize=False)),
                ('system', models.CharField(max_length=60)),
                ('state', models.CharField(choices=[('due', 'Due'), ('leased', 'Leased'), ('waiting', 'Waiting'), ('done', 'Done'), ('refused', 'Refused'), ('dead', 'Dead')], default='due', max_length=10)),
                ('attempts', models.PositiveIntegerField(default=0)),
                ('next_at', models.DateTimeField()),
                ('deadline', models.DateTimeField(null=True)),
                ('lease_by', models.CharField(blank=True, default='', max_length=40)),
                ('lease_until', models.DateTimeField(null=True)),
                ('progress_done', models.BigIntegerField(default=0)),
                ('progress_total', models.BigIntegerField(default=0)),
                ('error', models.JSONField(default=dict)),
                ('receipt', models.JSONField(default=dict)),
                ('done_at', models.DateTimeField(null=True)),
                ('obligation', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='steps', to='obligations.obligation')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('state', 'due')), fields=['next_at'], name='step_due'), models.Index(condition=models.Q(('state', 'leased')), fields=['lease_until'], name='step_leased')],
                'constraints': [models.UniqueConstraint(fields=('obligation', 'system'), name='step_once_per_system')],
            },
        ),
    ]
