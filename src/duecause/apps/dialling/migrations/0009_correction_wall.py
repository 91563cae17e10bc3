"""The wall around a partner, on the rows that its corrections name."""

from typing import Any

from django.db import migrations

ROLE = "duecause_partner"
ME = "(SELECT nullif(current_setting('app.partner', true), '')::bigint)"
HOUSE = (
    "(SELECT current_user <> '" + ROLE + "' AND nullif(current_setting('app.partner', true), '') IS NULL)"
)
TABLE = "dialling_correctedrow"
OWN = f"EXISTS (SELECT 1 FROM dialling_feedentry e WHERE e.id = entry_id AND e.partner_id = {ME})"


def build(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor != "postgresql":
        return
    schema_editor.execute(
        f"ALTER TABLE {TABLE} ENABLE ROW LEVEL SECURITY; ALTER TABLE {TABLE} FORCE ROW LEVEL SECURITY;"
        f"CREATE POLICY house ON {TABLE} USING ({HOUSE}) WITH CHECK ({HOUSE});"
        f"CREATE POLICY own_partner ON {TABLE} USING ({OWN}) WITH CHECK ({OWN});"
    )
    schema_editor.execute(
        f"DO $$ BEGIN GRANT SELECT ON {TABLE} TO {ROLE}; EXCEPTION WHEN undefined_object THEN NULL; END $$;"
    )


def take_down(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor != "postgresql":
        return
    schema_editor.execute(
        f"DROP POLICY own_partner ON {TABLE}; DROP POLICY house ON {TABLE};"
        f"ALTER TABLE {TABLE} NO FORCE ROW LEVEL SECURITY; ALTER TABLE {TABLE} DISABLE ROW LEVEL SECURITY;"
    )


class Migration(migrations.Migration):
    dependencies = [("dialling", "0008_corrections")]
    operations = [migrations.RunPython(build, take_down)]
