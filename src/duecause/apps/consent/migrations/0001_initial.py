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
            name='NationalRegister',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=40, unique=True)),
                ('country', models.CharField(max_length=2)),
                ('name', models.CharField(max_length=200)),
            ],
        ),
        migrations.CreateModel(
            name='ConsentEvent',
            fields=[
                ('id', models.UUIDField(default=duecause.engine.ids.uuid7, primary_key=True, serialize=False)),
                ('channel', models.CharField(max_length=10)),
                ('state', models.CharField(choices=[('given', 'Given'), ('refused', 'Refused'), ('withdrawn', 'Withdrawn'), ('expired', 'Expired'), ('invalidated', 'Invalidated'), ('renewed', 'Renewed')], max_length=12)),
                ('language', models.CharField(max_length=2)),
                ('act', models.CharField(max_length=20)),
                ('at', models.DateTimeField()),
                ('valid_to', models.DateField(null=True)),
                ('evidence', models.BinaryField(null=True)),
                ('actor', models.CharField(max_length=80)),
                ('controller', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='parties.controller')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='consent_events', to='register.person')),
                ('purpose', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='catalogue.purpose')),
                ('record', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='consent_events', to='register.record')),
                ('wording', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, to='catalogue.wording')),
            ],
        ),
        migrations.CreateModel(
            name='Objection',
            fields=[
                ('id', models.UUIDField(default=duecause.engine.ids.uuid7, primary_key=True, serialize=False)),
                ('scope', models.CharField(choices=[('all_marketing', 'All Marketing'), ('channel', 'Channel'), ('campaign', 'Campaign')], max_length=15)),
                ('channel', models.CharField(blank=True, default='', max_length=10)),
                ('campaign', models.CharField(blank=True, default='', max_length=40)),
                ('taken_by', models.CharField(max_length=80)),
                ('taken_how', models.CharField(max_length=20)),
                ('language', models.CharField(default='en', max_length=2)),
                ('at', models.DateTimeField()),
                ('lifted_at', models.DateTimeField(null=True)),
                ('controller', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='parties.controller')),
                ('lifted_by_consent', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, to='consent.consentevent')),
                ('person', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='objections', to='register.person')),
            ],
        ),
        migrations.CreateModel(
            name='RegisterVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version_date', models.DateField()),
                ('sha256', models.CharField(max_length=64)),
                ('rows', models.PositiveIntegerField(default=0)),
                ('state', models.CharField(choices=[('loading', 'Loading'), ('active', 'Active'), ('replaced', 'Replaced'), ('failed', 'Failed')], default='loading', max_length=10)),
                ('loaded_at', models.DateTimeField(null=True)),
                ('actor', models.CharField(max_length=80)),
                ('register', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='versions', to='consent.nationalregister')),
            ],
        ),
        migrations.CreateModel(
            name='RegisterEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('token', models.BinaryField(max_length=16)),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='entries', to='consent.registerversion')),
            ],
        ),
        migrations.CreateModel(
            name='Suppression',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('token', models.BinaryField(max_length=16)),
                ('key_id', models.CharField(max_length=16)),
                ('reason', models.CharField(choices=[('objection', 'Objection'), ('refusal_quiet', 'Refusal Quiet'), ('deceased', 'Deceased'), ('wrong_number', 'Wrong Number'), ('court', 'Court')], max_length=16)),
                ('channel', models.CharField(blank=True, default='', max_length=10)),
                ('campaign', models.CharField(blank=True, default='', max_length=40)),
                ('effective_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField(null=True)),
                ('lifted_at', models.DateTimeField(null=True)),
                ('controller', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='parties.controller')),
                ('objection', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='suppressions', to='consent.objection')),
            ],
        ),
        migrations.AddIndex(
            model_name='consentevent',
            index=models.Index(fields=['person', 'controller', 'purpose', 'channel', 'at'], name='consent_state'),
        ),
        migrations.AddConstraint(
            model_name='registerversion',
            constraint=models.UniqueConstraint(fields=('register', 'version_date'), name='register_version_date'),
        ),
        migrations.AddConstraint(
            model_name='registerentry',
            constraint=models.UniqueConstraint(fields=('token', 'version'), name='register_entry_once'),
        ),
        migrations.AddIndex(
            model_name='suppression',
            index=models.Index(fields=['token', 'controller'], name='suppression_token'),
        ),
    ]
