"""Every look-up has a row, not only those whose reason is to be checked."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("gate", "0005_accounts_and_cases"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveIndex("ReasonClaim", name="reason_claim_to_check"),
        migrations.RenameModel("ReasonClaim", "Access"),
        migrations.AddField(
            model_name='access',
            name='action',
            field=models.CharField(default='view', max_length=20),
        ),
        migrations.AlterField(
            model_name='access',
            name='employee',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AlterField(
            model_name='access',
            name='look_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AlterField(
            model_name='access',
            name='state',
            field=models.CharField(choices=[('verified', 'Verified'), ('follows', 'Follows'), ('pending', 'Pending'), ('confirmed', 'Confirmed'), ('unconfirmed', 'Unconfirmed')], default='pending', max_length=11),
        ),
        migrations.AddIndex(
            model_name='access',
            index=models.Index(fields=['employee', 'at'], name='access_employee_at'),
        ),
        migrations.AddIndex(
            model_name='access',
            index=models.Index(condition=models.Q(('state', 'pending')), fields=['look_at'], name='access_to_check'),
        ),
    ]
