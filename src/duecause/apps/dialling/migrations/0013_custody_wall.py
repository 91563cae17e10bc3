"""The wall around a partner, on what it says of its lists. Its role has no right to the table at all."""

from typing import Any

from django.db import migrations

ROLE = "duecause_partner"
ME = "(SELECT nullif(current_setting('app.partner', true), '')::bigint)"
HOUSE = (
    "(SELECT current_user <> '" + ROLE + "' AND nullif(current_setting('app.partner', true), '') IS NULL)"
)
TABLE = "dialling_custody"
OWN = f"partner_id = {ME}"


def build(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor != "postgresql":
        return
    schema_editor.execute(
        f"ALTER TABLE {TABLE} ENABLE ROW LEVEL SECURITY; ALTER TABLE {TABLE} FORCE ROW LEVEL SECURITY;"
        f"CREATE POLICY house ON {TABLE} USING ({HOUSE}) WITH CHECK ({HOUSE});"
        f"CREATE POLICY own_partner ON {TABLE} USING ({OWN}) WITH CHECK ({OWN});"
    )


def take_down(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor != "postgresql":
        return
    schema_editor.execute(
        f"DROP POLICY own_partner ON {TABLE}; DROP POLICY house ON {TABLE};"
        f"ALTER TABLE {TABLE} NO FORCE ROW LEVEL SECURITY; ALTER TABLE {TABLE} DISABLE ROW LEVEL SECURITY;"
    )


class Migration(migrations.Migration):
    dependencies = [("dialling", "0012_custody")]
    operations = [migrations.RunPython(build, take_down)]
