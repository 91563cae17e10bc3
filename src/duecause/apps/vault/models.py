"""Wrapped data keys, in a database of their own whose copies live for days."""

from django.db import models


class Compartment(models.TextChoices):
    """Parts of a person that are kept and destroyed apart (DESIGN: sealing)."""

    IDENTITY = "identity"
    MARKETING = "marketing"
    CONTRACT = "contract"
    SPECIAL = "special"
    CONTENT = "content"
    PROOF = "proof"
    PERIOD = "period"  # actor and decision of ledger events, one key per month


class DataKey(models.Model):
    """One key per owner (record, person, batch, month) and compartment. It is destroyed with its row, or the
    row stays without it where none may follow (`actions.bury_keys`)."""

    owner = models.UUIDField()
    compartment = models.CharField(max_length=12)
    wrapped = models.BinaryField()
    kek_id = models.CharField(max_length=16)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["owner", "compartment"], name="vault_key_owner_compartment")
        ]
