from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("catalogue", "0002_activities")]

    operations = [
        migrations.AddField(
            model_name="wording",
            name="holds_months",
            field=models.PositiveSmallIntegerField(null=True),
        ),
    ]
