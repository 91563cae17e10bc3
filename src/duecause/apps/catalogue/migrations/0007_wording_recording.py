from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("catalogue", "0006_interest")]

    operations = [
        migrations.AddField(
            model_name="wording",
            name="recording",
            field=models.CharField(
                blank=True,
                choices=[("", "None"), ("optional", "Optional"), ("required", "Required")],
                default="",
                max_length=8,
            ),
        ),
    ]
