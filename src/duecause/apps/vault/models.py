"""Wrapped data keys, in a database of their own whose copies live for days; and beside the data, under which
key their tokens lie."""

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


class TokenKey(models.Model):
    """A cover of stored tokens (`engine.token_covers`). Its key is a file (`covers.path_of`). This row lies
    with the tokens, not with the keys: a restored database says itself which keys it needs."""

    class Family(models.TextChoices):
        LOOKUP = "lookup"
        DIAL = "dial"
        GUARD = "guard"

    class State(models.TextChoices):
        ANNOUNCED = "announced"  # everybody looks for tokens under it as well; nothing is written with it yet
        COVERING = "covering"  # it is written with; tokens under the one it replaces are rewritten
        CURRENT = "current"
        RETIRED = "retired"  # no token lies under it; copies of the database may need it
        DESTROYED = "destroyed"

    number = models.PositiveSmallIntegerField(primary_key=True)  # in front of every token under it
    family = models.CharField(max_length=8, choices=Family)
    key_id = models.CharField(max_length=16)
    replaces = models.PositiveSmallIntegerField(default=0)  # 0: tokens without a cover
    state = models.CharField(max_length=10, choices=State)
    announced_at = models.DateTimeField()
    changed_at = models.DateTimeField()  # of the state
    swept = models.JSONField(default=dict)  # table -> how far (`token_rotation_actions.Swept`)
    total = models.BigIntegerField(default=0)  # rows to go through

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["family"],
                condition=models.Q(state__in=("announced", "covering")),
                name="token_key_one_change",
            ),
            models.UniqueConstraint(
                fields=["family"], condition=models.Q(state="current"), name="token_key_one_current"
            ),
        ]
