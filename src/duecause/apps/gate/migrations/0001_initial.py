"""Tables of this room."""

import django.db.models.deletion
import duecause.engine.ids
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='PolicyVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.CharField(max_length=64, unique=True)),
                ('policies', models.TextField()),
                ('schema', models.TextField()),
                ('vocabulary', models.TextField()),
                ('activated_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='Alarm',
            fields=[
                ('id', models.UUIDField(default=duecause.engine.ids.uuid7, primary_key=True, serialize=False)),
                ('kind', models.CharField(max_length=40)),
                ('severity', models.PositiveSmallIntegerField()),
                ('actor', models.CharField(max_length=80)),
                ('person', models.UUIDField(null=True)),
                ('event', models.UUIDField()),
                ('facts', models.JSONField(default=dict)),
                ('raised_at', models.DateTimeField()),
                ('state', models.CharField(choices=[('open', 'Open'), ('explained', 'Explained'), ('closed', 'Closed')], default='open', max_length=10)),
                ('closed_at', models.DateTimeField(null=True)),
                ('outcome', models.CharField(blank=True, default='', max_length=40)),
                ('closed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('employee', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='alarms', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [models.Index(fields=['state', 'raised_at'], name='alarm_state_raised')],
            },
        ),
    ]
