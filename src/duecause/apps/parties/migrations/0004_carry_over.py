from __future__ import annotations

from datetime import date

from typing import Any

from django.db import migrations

LETTERS = "abcdefgh"


def carry_over(apps: Any, schema_editor: Any) -> None:
    """What was declared so far stays declared and nothing is invented: the four points before the letters and
    the annexes of standard clauses were never asked for, so the gate waits until somebody has checked
    them."""
    contract = apps.get_model("parties", "Contract")
    for row in contract.objects.all():
        missing = {str(each).removeprefix("28(3)(").rstrip(")") for each in row.clauses_missing}
        row.answers = {letter: "absent" if letter in missing else "met" for letter in LETTERS}
        row.save(update_fields=["answers"])
    for row in apps.get_model("parties", "TransferBasis").objects.select_related("partner"):
        row.country = row.partner.country
        row.conclusion = "sufficient" if row.assessed_on else ""
        row.listed_on = (row.assessed_on or date.today()) if row.scope_listed else None
        row.save(update_fields=["country", "conclusion", "listed_on"])
        if row.mechanism == "scc" and row.assessed_on:
            contract.objects.get_or_create(
                partner=row.partner,
                reference="SCC",
                defaults={"kind": "scc", "module": row.module, "valid_from": row.assessed_on},
            )


class Migration(migrations.Migration):
    dependencies = [("parties", "0003_agreements")]

    operations = [migrations.RunPython(carry_over, migrations.RunPython.noop)]
