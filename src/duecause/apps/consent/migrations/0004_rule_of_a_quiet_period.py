from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("consent", "0003_consent_events_say_more")]
    operations = [
        migrations.AddField("suppression", "rule", models.CharField(blank=True, default="", max_length=60)),
    ]
