"""Tables of this room."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('parties', '0002_feed'),
    ]

    operations = [
        migrations.CreateModel(
            name='Tally',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('records', models.PositiveIntegerField()),
                ('fields', models.JSONField(default=dict)),
                ('counted_at', models.DateTimeField()),
                ('source', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='tally', to='parties.source')),
            ],
        ),
        migrations.CreateModel(
            name='SignOff',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('role', models.CharField(choices=[('controller', 'Controller'), ('joint', 'Joint'), ('processor', 'Processor')], max_length=12)),
                ('version', models.CharField(max_length=64)),
                ('content', models.JSONField()),
                ('signed_at', models.DateTimeField()),
                ('actor', models.CharField(max_length=80)),
                ('event', models.UUIDField()),
                ('controller', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='sign_offs', to='parties.controller')),
            ],
            options={
                'indexes': [models.Index(fields=['role', 'controller', 'signed_at'], name='sign_off_newest')],
            },
        ),
    ]
