"""What a list says about people is in no table, no index and no file of the data folder in clear."""

from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.db import connections

from duecause.apps.register.models import ImportBatch
from tests.apps.register.lists import customers, declare_fields, take
from tests.support.world import make_world

REMARK = "nierpatient-met-dialyse"
LIST = (
    "voornaam;achternaam;geboortedatum;email;gsm;klantnummer;toestemmingstekst;opmerking gezondheid\n"
    "Ingeborgine;Vandersteenkiste;1961-07-29;ingeborgine@steenkiste.example;0470 00 99 21;KX99817;v4;"
    f"{REMARK}\n"
    "Quarantina;Vandersteenkiste;1961-07-30;quarantina@steenkiste.example;0470 00 99 22;KX99818;v9;"
    f"{REMARK}\n"
)
SECRETS = (
    REMARK,
    "Ingeborgine",
    "Quarantina",
    "Vandersteenkiste",
    "vandersteenkiste",
    "steenkiste.example",
    "470009921",
    "470009922",
    "KX99817",
    "1961-07-29",
)


def every_stored_byte() -> bytes:
    parts = [
        repr(values).encode()
        for model in apps.get_models()
        if model._meta.app_label in {config.label for config in apps.get_app_configs()}
        for values in model._default_manager.values_list()
    ]
    for connection in connections.all():
        if connection.vendor == "sqlite":
            name = Path(str(connection.settings_dict["NAME"]))
            parts += [path.read_bytes() for path in name.parent.glob(f"{name.name}*") if path.is_file()]
    parts += [path.read_bytes() for path in Path(settings.DATA).rglob("*") if path.is_file()]
    return b"\n".join(parts)


@pytest.mark.django_db(transaction=True, databases=["default", "keys"])
def test_nothing_of_a_list_is_stored_in_clear_and_a_refused_column_not_at_all():
    world = make_world()
    declare_fields()
    batch = take(world.source, LIST)
    take(customers(world), LIST)
    assert batch.counts == {"stored": 1, "quarantined": 1}
    stored = every_stored_byte()
    assert b"opmerking gezondheid" in stored, "the header of the refused column is told"
    for secret in SECRETS:
        for spelling in (secret.encode(), secret.encode("utf-16-le"), secret.encode().hex().encode()):
            assert spelling not in stored, f"{secret[:4]}… is stored in clear"
    refused = [
        column for column in ImportBatch.objects.first().sheets[0]["columns"] if column["use"] == "refused"
    ]
    assert [column["header"] for column in refused] == ["opmerking gezondheid"]
