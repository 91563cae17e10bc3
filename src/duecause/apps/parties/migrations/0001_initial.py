"""Tables of this room."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Controller',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=40, unique=True)),
                ('legal_name', models.CharField(max_length=200)),
                ('spoken', models.JSONField(default=dict)),
                ('country', models.CharField(max_length=2)),
                ('privacy_url', models.CharField(max_length=300)),
                ('canary_numbers', models.JSONField(default=list)),
            ],
        ),
        migrations.CreateModel(
            name='Partner',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=40, unique=True)),
                ('name', models.CharField(max_length=200)),
                ('kind', models.CharField(choices=[('call_centre', 'Call Centre'), ('vendor', 'Vendor'), ('list_seller', 'List Seller')], max_length=20)),
                ('country', models.CharField(max_length=2)),
                ('suspended_on', models.DateField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='Brand',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=40, unique=True)),
                ('name', models.CharField(max_length=200)),
                ('controller', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='brands', to='parties.controller')),
            ],
        ),
        migrations.CreateModel(
            name='ApiKey',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('prefix', models.CharField(max_length=12, unique=True)),
                ('key_hash', models.CharField(max_length=64)),
                ('scopes', models.JSONField(default=list)),
                ('created_at', models.DateTimeField()),
                ('revoked_at', models.DateTimeField(null=True)),
                ('last_used_on', models.DateField(null=True)),
                ('partner', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='api_keys', to='parties.partner')),
            ],
        ),
        migrations.CreateModel(
            name='Source',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=40, unique=True)),
                ('name', models.CharField(max_length=200)),
                ('kind', models.CharField(choices=[('data_subject', 'Data Subject'), ('controller', 'Controller'), ('third_party', 'Third Party'), ('public', 'Public')], max_length=20)),
                ('contract_reference', models.CharField(blank=True, default='', max_length=100)),
                ('default_country', models.CharField(max_length=2)),
                ('default_language', models.CharField(default='en', max_length=2)),
                ('claimed_basis', models.CharField(max_length=30)),
                ('legal_persons', models.BooleanField(default=False)),
                ('say', models.JSONField(default=dict)),
                ('obtained_on', models.DateField(null=True)),
                ('controller', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='sources', to='parties.controller')),
                ('party', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='sources', to='parties.partner')),
            ],
        ),
        migrations.CreateModel(
            name='TransferBasis',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('mechanism', models.CharField(choices=[('none', 'None'), ('adequacy', 'Adequacy'), ('scc', 'Scc'), ('bcr', 'Bcr')], max_length=12)),
                ('module', models.CharField(blank=True, default='', max_length=2)),
                ('assessed_on', models.DateField(null=True)),
                ('assessment_valid_to', models.DateField(null=True)),
                ('scope_listed', models.BooleanField(default=False)),
                ('partner', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='transfer', to='parties.partner')),
            ],
        ),
        migrations.CreateModel(
            name='Contract',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reference', models.CharField(max_length=100)),
                ('valid_from', models.DateField()),
                ('valid_to', models.DateField(null=True)),
                ('clauses_missing', models.JSONField(default=list)),
                ('partner', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='contracts', to='parties.partner')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('partner', 'reference'), name='contract_reference')],
            },
        ),
    ]
