from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('parties', '0004_carry_over'),
    ]

    operations = [
        migrations.RemoveField(
            model_name='contract',
            name='clauses_missing',
        ),
        migrations.RemoveField(
            model_name='transferbasis',
            name='module',
        ),
        migrations.RemoveField(
            model_name='transferbasis',
            name='scope_listed',
        ),
        migrations.AddConstraint(
            model_name='transferbasis',
            constraint=models.UniqueConstraint(fields=('partner', 'country'), name='transfer_country'),
        ),
    ]
