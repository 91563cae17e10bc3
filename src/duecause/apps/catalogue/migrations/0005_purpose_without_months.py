from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("catalogue", "0004_retention_rules")]

    operations = [migrations.RemoveField(model_name="purpose", name="retention_months")]
