"""A second wall around each partner's feed on PostgreSQL: row-level security under a role of its own."""

from typing import Any

from django.db import migrations

TABLES = ("feedstream", "feedentry", "feedreceipt", "feedwitness", "reportedobjection")
ROLE = "duecause_partner"
# A database user that may make no roles does without: as owner under FORCE it is confined while `app.partner`
# is set, and only cannot be kept from writing and from other tables meanwhile.
MAKE_ROLE = f"""
DO $$ BEGIN
  CREATE ROLE {ROLE} NOLOGIN NOINHERIT;
EXCEPTION WHEN duplicate_object OR unique_violation OR insufficient_privilege THEN NULL;
END $$;
DO $$ BEGIN
  GRANT {ROLE} TO CURRENT_USER;
EXCEPTION WHEN undefined_object OR insufficient_privilege OR unique_violation THEN NULL;
END $$;
"""
# The house reads and writes all of it, also as the owner under FORCE, unless it acts for a partner.
WALL = """
ALTER TABLE dialling_{table} ENABLE ROW LEVEL SECURITY;
ALTER TABLE dialling_{table} FORCE ROW LEVEL SECURITY;
CREATE POLICY house ON dialling_{table}
  USING (current_user <> '{role}' AND nullif(current_setting('app.partner', true), '') IS NULL)
  WITH CHECK (current_user <> '{role}' AND nullif(current_setting('app.partner', true), '') IS NULL);
CREATE POLICY own_partner ON dialling_{table} FOR SELECT
  USING (partner_id = nullif(current_setting('app.partner', true), '')::bigint);
"""
GRANT = """
DO $$ BEGIN
  GRANT SELECT ON dialling_{table} TO {role};
EXCEPTION WHEN undefined_object THEN NULL;
END $$;
"""


def build(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor != "postgresql":
        return
    schema_editor.execute(MAKE_ROLE)
    for table in TABLES:
        schema_editor.execute(WALL.format(table=table, role=ROLE))
        schema_editor.execute(GRANT.format(table=table, role=ROLE))


def take_down(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor != "postgresql":
        return
    for table in TABLES:
        schema_editor.execute(
            f"DROP POLICY own_partner ON dialling_{table}; DROP POLICY house ON dialling_{table};"
            f"ALTER TABLE dialling_{table} NO FORCE ROW LEVEL SECURITY;"
            f"ALTER TABLE dialling_{table} DISABLE ROW LEVEL SECURITY;"
        )


class Migration(migrations.Migration):
    dependencies = [("dialling", "0003_erasure_orders")]
    operations = [migrations.RunPython(build, take_down)]
