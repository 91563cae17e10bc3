"""Which keys cover stored tokens; with the tokens, not with the keys of persons."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('vault', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='TokenKey',
            fields=[
                ('number', models.PositiveSmallIntegerField(primary_key=True, serialize=False)),
                ('family', models.CharField(choices=[('lookup', 'Lookup'), ('dial', 'Dial'), ('guard', 'Guard')], max_length=8)),
                ('key_id', models.CharField(max_length=16)),
                ('replaces', models.PositiveSmallIntegerField(default=0)),
                ('state', models.CharField(choices=[('announced', 'Announced'), ('covering', 'Covering'), ('current', 'Current'), ('retired', 'Retired'), ('destroyed', 'Destroyed')], max_length=10)),
                ('announced_at', models.DateTimeField()),
                ('changed_at', models.DateTimeField()),
                ('swept', models.JSONField(default=dict)),
                ('total', models.BigIntegerField(default=0)),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('state__in', ('announced', 'covering'))), fields=('family',), name='token_key_one_change'), models.UniqueConstraint(condition=models.Q(('state', 'current')), fields=('family',), name='token_key_one_current')],
            },
        ),
    ]
