"""Tables of this room."""

import django.db.models.deletion
import duecause.engine.ids
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('catalogue', '0001_initial'),
        ('parties', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Person',
            fields=[
                ('id', models.UUIDField(default=duecause.engine.ids.uuid7, primary_key=True, serialize=False)),
                ('language', models.CharField(default='en', max_length=2)),
                ('created_at', models.DateTimeField()),
                ('restricted_at', models.DateTimeField(null=True)),
                ('erased_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='GuardToken',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=16)),
                ('token', models.BinaryField(max_length=16)),
                ('key_id', models.CharField(max_length=16)),
                ('made_at', models.DateTimeField()),
                ('delete_after', models.DateTimeField()),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('kind', 'token'), name='guard_token_once')],
            },
        ),
        migrations.CreateModel(
            name='ImportBatch',
            fields=[
                ('id', models.UUIDField(default=duecause.engine.ids.uuid7, primary_key=True, serialize=False)),
                ('file_name', models.CharField(max_length=255)),
                ('sha256', models.CharField(max_length=64)),
                ('sheets', models.JSONField(default=list)),
                ('options', models.JSONField(default=dict)),
                ('state', models.CharField(choices=[('loading', 'Loading'), ('complete', 'Complete'), ('failed', 'Failed')], default='loading', max_length=10)),
                ('rows_total', models.PositiveIntegerField(default=0)),
                ('rows_done', models.PositiveIntegerField(default=0)),
                ('counts', models.JSONField(default=dict)),
                ('started_at', models.DateTimeField()),
                ('finished_at', models.DateTimeField(null=True)),
                ('actor', models.CharField(max_length=80)),
                ('source', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='batches', to='parties.source')),
            ],
        ),
        migrations.CreateModel(
            name='QuarantinedRow',
            fields=[
                ('id', models.UUIDField(default=duecause.engine.ids.uuid7, primary_key=True, serialize=False)),
                ('sheet', models.CharField(blank=True, default='', max_length=80)),
                ('row', models.PositiveIntegerField()),
                ('reason', models.CharField(max_length=60)),
                ('content', models.BinaryField()),
                ('quarantined_at', models.DateTimeField()),
                ('delete_after', models.DateTimeField(db_index=True)),
                ('batch', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='quarantine', to='register.importbatch')),
            ],
        ),
        migrations.CreateModel(
            name='Record',
            fields=[
                ('id', models.UUIDField(default=duecause.engine.ids.uuid7, primary_key=True, serialize=False)),
                ('sheet', models.CharField(blank=True, default='', max_length=80)),
                ('row', models.PositiveIntegerField(default=0)),
                ('key_in_source', models.BinaryField(max_length=16)),
                ('content_hash', models.BinaryField(max_length=16)),
                ('fields', models.JSONField(default=list)),
                ('field_hashes', models.JSONField(default=dict)),
                ('identity', models.BinaryField(null=True)),
                ('contract', models.BinaryField(null=True)),
                ('language', models.CharField(default='en', max_length=2)),
                ('basis', models.CharField(max_length=30)),
                ('obtained_on', models.DateField(null=True)),
                ('recorded_at', models.DateTimeField()),
                ('changed_at', models.DateTimeField(null=True)),
                ('batch', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='records', to='register.importbatch')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='records', to='register.person')),
                ('source', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='records', to='parties.source')),
                ('wording', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='records', to='catalogue.wording')),
            ],
        ),
        migrations.CreateModel(
            name='Lookup',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('phone', 'Phone'), ('email', 'Email'), ('customer_no', 'Customer No'), ('name_postcode', 'Name Postcode')], max_length=16)),
                ('token', models.BinaryField(max_length=16)),
                ('key_id', models.CharField(max_length=16)),
                ('normaliser', models.PositiveSmallIntegerField()),
                ('record', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='lookups', to='register.record')),
            ],
        ),
        migrations.CreateModel(
            name='ImportRow',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('sheet', models.CharField(blank=True, default='', max_length=80)),
                ('row', models.PositiveIntegerField()),
                ('outcome', models.CharField(choices=[('stored', 'Stored'), ('updated', 'Updated'), ('unchanged', 'Unchanged'), ('refused', 'Refused'), ('quarantined', 'Quarantined')], max_length=12)),
                ('problems', models.JSONField(default=list)),
                ('changes', models.JSONField(default=list)),
                ('batch', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='rows', to='register.importbatch')),
                ('record', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='import_rows', to='register.record')),
            ],
        ),
        migrations.CreateModel(
            name='DialFact',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('ordinal', models.PositiveSmallIntegerField()),
                ('token', models.BinaryField(db_index=True, max_length=16)),
                ('key_id', models.CharField(max_length=16)),
                ('country', models.CharField(max_length=3)),
                ('region', models.CharField(blank=True, default='', max_length=10)),
                ('zone', models.CharField(blank=True, default='', max_length=40)),
                ('natural', models.BooleanField(default=True)),
                ('minor_band', models.CharField(default='unknown', max_length=8)),
                ('adult_from', models.DateField(null=True)),
                ('basis', models.CharField(max_length=30)),
                ('source', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='parties.source')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='dial_facts', to='register.person')),
                ('record', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='dial_facts', to='register.record')),
            ],
        ),
        migrations.CreateModel(
            name='RecordLink',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(choices=[('linked', 'Linked'), ('suggested', 'Suggested'), ('rejected', 'Rejected'), ('ended', 'Ended')], max_length=10)),
                ('rule', models.CharField(max_length=40)),
                ('evidence', models.JSONField(default=list)),
                ('decided_by', models.CharField(max_length=80)),
                ('decided_at', models.DateTimeField()),
                ('a', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='links_out', to='register.record')),
                ('b', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='links_in', to='register.record')),
            ],
        ),
        migrations.CreateModel(
            name='RelationFact',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('family', models.CharField(max_length=40)),
                ('since', models.DateField(null=True)),
                ('until', models.DateField(null=True)),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='relations', to='register.person')),
                ('record', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='relations', to='register.record')),
            ],
        ),
        migrations.AddIndex(
            model_name='importbatch',
            index=models.Index(fields=['source', 'sha256'], name='import_source_sha256'),
        ),
        migrations.AddConstraint(
            model_name='record',
            constraint=models.UniqueConstraint(fields=('source', 'key_in_source'), name='record_key_in_source'),
        ),
        migrations.AddIndex(
            model_name='lookup',
            index=models.Index(fields=['token', 'kind'], name='lookup_token'),
        ),
        migrations.AddConstraint(
            model_name='importrow',
            constraint=models.UniqueConstraint(fields=('batch', 'sheet', 'row'), name='import_row_once'),
        ),
        migrations.AddConstraint(
            model_name='dialfact',
            constraint=models.UniqueConstraint(fields=('record', 'ordinal'), name='dial_fact_ordinal'),
        ),
        migrations.AddIndex(
            model_name='recordlink',
            index=models.Index(fields=['state', 'decided_at'], name='record_link_state'),
        ),
        migrations.AddConstraint(
            model_name='recordlink',
            constraint=models.UniqueConstraint(fields=('a', 'b'), name='record_link_pair'),
        ),
    ]
