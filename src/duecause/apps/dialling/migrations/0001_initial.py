"""Tables of this room."""

import django.db.models.deletion
import duecause.engine.ids
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('catalogue', '0001_initial'),
        ('parties', '0001_initial'),
        ('register', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Campaign',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=40, unique=True)),
                ('name', models.CharField(max_length=200)),
                ('channel', models.CharField(default='call', max_length=10)),
                ('sector', models.CharField(max_length=40)),
                ('offer_families', models.JSONField(default=list)),
                ('countries', models.JSONField(default=list)),
                ('release_fields', models.JSONField(default=list)),
                ('valid_days', models.PositiveSmallIntegerField(default=28)),
                ('ended_on', models.DateField(null=True)),
                ('brand', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='campaigns', to='parties.brand')),
                ('controller', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='campaigns', to='parties.controller')),
                ('purpose', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='campaigns', to='catalogue.purpose')),
            ],
        ),
        migrations.CreateModel(
            name='DialList',
            fields=[
                ('id', models.UUIDField(default=duecause.engine.ids.uuid7, primary_key=True, serialize=False)),
                ('on', models.DateField()),
                ('candidates_from', models.JSONField(default=dict)),
                ('state', models.CharField(choices=[('screening', 'Screening'), ('screened', 'Screened'), ('released', 'Released'), ('failed', 'Failed')], default='screening', max_length=10)),
                ('report', models.JSONField(default=dict)),
                ('screened_at', models.DateTimeField(null=True)),
                ('created_at', models.DateTimeField()),
                ('actor', models.CharField(max_length=80)),
                ('campaign', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='lists', to='dialling.campaign')),
                ('centre', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='lists', to='parties.partner')),
            ],
        ),
        migrations.CreateModel(
            name='Release',
            fields=[
                ('id', models.UUIDField(default=duecause.engine.ids.uuid7, primary_key=True, serialize=False)),
                ('released_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField()),
                ('recalled_at', models.DateTimeField(null=True)),
                ('rows', models.PositiveIntegerField()),
                ('watermark', models.CharField(max_length=32, unique=True)),
                ('file_sha256', models.CharField(max_length=64)),
                ('certificate', models.JSONField(default=dict)),
                ('event', models.UUIDField()),
                ('actor', models.CharField(max_length=80)),
                ('campaign', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='releases', to='dialling.campaign')),
                ('centre', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='releases', to='parties.partner')),
                ('dial_list', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='release', to='dialling.diallist')),
            ],
        ),
        migrations.CreateModel(
            name='ListRow',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveIntegerField()),
                ('file', models.CharField(max_length=255)),
                ('sheet', models.CharField(blank=True, default='', max_length=80)),
                ('row', models.PositiveIntegerField()),
                ('token', models.BinaryField(max_length=16, null=True)),
                ('country', models.CharField(blank=True, default='', max_length=3)),
                ('released', models.BooleanField()),
                ('reasons', models.JSONField(default=list)),
                ('dial_list', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='rows', to='dialling.diallist')),
                ('person', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, to='register.person')),
                ('record', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, to='register.record')),
            ],
            options={
                'indexes': [models.Index(fields=['dial_list', 'released'], name='list_row_released')],
                'constraints': [models.UniqueConstraint(fields=('dial_list', 'position'), name='list_row_position')],
            },
        ),
        migrations.CreateModel(
            name='ReleaseRow',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reference', models.CharField(max_length=26)),
                ('token', models.BinaryField(max_length=16)),
                ('person', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, to='register.person')),
                ('record', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, to='register.record')),
                ('release', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='release_rows', to='dialling.release')),
            ],
            options={
                'indexes': [models.Index(fields=['token'], name='release_row_token')],
                'constraints': [models.UniqueConstraint(fields=('release', 'token'), name='release_row_once'), models.UniqueConstraint(fields=('reference',), name='release_row_reference')],
            },
        ),
    ]
