"""Tables of this room."""

from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='DataKey',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('owner', models.UUIDField()),
                ('compartment', models.CharField(max_length=12)),
                ('wrapped', models.BinaryField()),
                ('kek_id', models.CharField(max_length=16)),
                ('created_at', models.DateTimeField()),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('owner', 'compartment'), name='vault_key_owner_compartment')],
            },
        ),
    ]
