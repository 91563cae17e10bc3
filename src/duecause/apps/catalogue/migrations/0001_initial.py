"""Tables of this room."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('parties', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Purpose',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=40, unique=True)),
                ('name', models.JSONField(default=dict)),
                ('legal_basis', models.CharField(max_length=30)),
                ('retention_months', models.PositiveIntegerField()),
                ('marketing', models.BooleanField(default=False)),
            ],
        ),
        migrations.CreateModel(
            name='Field',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=40, unique=True)),
                ('group', models.CharField(max_length=40)),
                ('compartment', models.CharField(max_length=12)),
                ('label', models.JSONField(default=dict)),
                ('law_class', models.CharField(default='ordinary', max_length=20)),
                ('perception', models.PositiveSmallIntegerField(default=1)),
                ('purposes', models.ManyToManyField(related_name='fields', to='catalogue.purpose')),
            ],
        ),
        migrations.CreateModel(
            name='Wording',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('consent', 'Consent'), ('notice', 'Notice')], default='consent', max_length=20)),
                ('code', models.CharField(max_length=40)),
                ('version', models.CharField(max_length=20)),
                ('language', models.CharField(max_length=2)),
                ('text', models.TextField()),
                ('channels', models.JSONField(default=list)),
                ('valid_from', models.DateField()),
                ('valid_to', models.DateField(null=True)),
                ('controllers', models.ManyToManyField(related_name='wordings', to='parties.controller')),
                ('purpose', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='wordings', to='catalogue.purpose')),
                ('source', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='wordings', to='parties.source')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('code', 'version', 'language'), name='wording_version_language')],
            },
        ),
    ]
