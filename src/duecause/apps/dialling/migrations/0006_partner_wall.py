"""The second wall around a partner, on everything its requests reach: reads and writes, lists as well as feeds.

Replaces the policies of 0004, which covered reads of the feed alone.
"""

from typing import Any

from django.db import migrations

ROLE = "duecause_partner"
# A subquery, so that it is asked once per statement and not once per row.
ME = "(SELECT nullif(current_setting('app.partner', true), '')::bigint)"
HOUSE = (
    "(SELECT current_user <> '" + ROLE + "' AND nullif(current_setting('app.partner', true), '') IS NULL)"
)
OWN = {
    "feedstream": f"partner_id = {ME}",
    "feedentry": f"partner_id = {ME}",
    "feedreceipt": f"partner_id = {ME}",
    "feedwitness": f"partner_id = {ME}",
    "reportedobjection": f"partner_id = {ME}",
    "diallist": f"centre_id = {ME}",
    "release": f"centre_id = {ME}",
    "listrow": f"EXISTS (SELECT 1 FROM dialling_diallist l WHERE l.id = dial_list_id AND l.centre_id = {ME})",
    "releaserow": f"EXISTS (SELECT 1 FROM dialling_release r WHERE r.id = release_id AND r.centre_id = {ME})",
    "attempt": "EXISTS (SELECT 1 FROM dialling_releaserow o JOIN dialling_release r ON r.id = o.release_id"
    f" WHERE o.id = row_id AND r.centre_id = {ME})",
}
BEFORE = ("feedstream", "feedentry", "feedreceipt", "feedwitness", "reportedobjection")  # by 0004
# What a partner's request needs and no more; of tables without a partner the columns that tell of nobody.
GRANTS = (
    "SELECT ON dialling_release, dialling_releaserow",
    "SELECT, INSERT ON dialling_feedstream, dialling_feedreceipt, dialling_feedwitness,"
    " dialling_reportedobjection, dialling_attempt",
    "SELECT ON dialling_feedentry",
    "UPDATE (given, acknowledged) ON dialling_feedstream",
    "UPDATE (given_at, acknowledged_at) ON dialling_feedentry",
    "SELECT (id, code, channel, sector, countries, purpose_id, controller_id) ON dialling_campaign",
    "SELECT (id, country) ON parties_controller",
)
GRANT = """
DO $$ BEGIN
  GRANT {what} TO {role};
EXCEPTION WHEN undefined_object THEN NULL;
END $$;
"""


def build(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor != "postgresql":
        return
    for table, own in OWN.items():
        name = f"dialling_{table}"
        if table in BEFORE:
            schema_editor.execute(f"DROP POLICY own_partner ON {name}; DROP POLICY house ON {name};")
        schema_editor.execute(
            f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY; ALTER TABLE {name} FORCE ROW LEVEL SECURITY;"
            f"CREATE POLICY house ON {name} USING ({HOUSE}) WITH CHECK ({HOUSE});"
            f"CREATE POLICY own_partner ON {name} USING ({own}) WITH CHECK ({own});"
        )
    for what in GRANTS:
        schema_editor.execute(GRANT.format(what=what, role=ROLE))


def take_down(apps: Any, schema_editor: Any) -> None:
    """Back to what 0004 built: reads of the feed alone."""
    if schema_editor.connection.vendor != "postgresql":
        return
    for table, own in OWN.items():
        name = f"dialling_{table}"
        schema_editor.execute(f"DROP POLICY own_partner ON {name};")
        if table in BEFORE:
            schema_editor.execute(f"CREATE POLICY own_partner ON {name} FOR SELECT USING ({own});")
            continue
        schema_editor.execute(
            f"DROP POLICY house ON {name}; ALTER TABLE {name} NO FORCE ROW LEVEL SECURITY;"
            f"ALTER TABLE {name} DISABLE ROW LEVEL SECURITY;"
        )


class Migration(migrations.Migration):
    dependencies = [("dialling", "0005_hand_outs_of_before")]
    operations = [migrations.RunPython(build, take_down)]
