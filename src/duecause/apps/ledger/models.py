"""Events and the log over them. An event row is written in the business transaction together with its place
in the queue; one sequencer assigns the index afterwards (docs: concepts, "Ledger")."""

from django.db import models


class Event(models.Model):
    """`leaf_bytes` is what the log commits to. The person part is sealed under the person's key and dies with
    it; the record part (actor, decision) under the key of its month with a retention of its own."""

    uid = models.UUIDField(unique=True)
    at = models.DateTimeField()
    kind = models.CharField(max_length=60)
    person = models.UUIDField(null=True, db_index=True)
    actor_kind = models.CharField(max_length=10)
    person_part = models.BinaryField(null=True)
    record_part = models.BinaryField()
    record_key = models.UUIDField()
    leaf_bytes = models.BinaryField()
    leaf_hash = models.BinaryField(max_length=32)

    class Meta:
        indexes = [
            models.Index(fields=["kind", "at"], name="ledger_event_kind_at"),
            models.Index(fields=["at"], name="ledger_event_at"),
        ]


class QueueEntry(models.Model):
    """An event that has no index yet. `id` only orders; gaps in it mean nothing."""

    event = models.OneToOneField(Event, on_delete=models.PROTECT)
    queued_at = models.DateTimeField()


class Leaf(models.Model):
    index = models.BigIntegerField(primary_key=True)
    event = models.OneToOneField(Event, on_delete=models.PROTECT)
    leaf_hash = models.BinaryField(max_length=32)


class State(models.Model):
    """One row (id 1): how far the tree has grown, and under which origin it is signed. Locked by the
    sequencer while it works."""

    size = models.BigIntegerField(default=0)
    frontier = models.BinaryField(default=bytes)
    origin = models.CharField(max_length=120, default="", blank=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="ledger_state_single")]


class Tile(models.Model):
    level = models.SmallIntegerField()
    position = models.BigIntegerField()
    width = models.SmallIntegerField()
    data = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["level", "position"], name="ledger_tile_place")]


class Checkpoint(models.Model):
    """A signed statement "the log has this size and this root". Never changed, never two of one size."""

    size = models.BigIntegerField(primary_key=True)
    root = models.BinaryField(max_length=32)
    note = models.TextField()
    signed_at = models.DateTimeField()


class Cosignature(models.Model):
    """What a witness signed over a checkpoint: `line` is its signature line, `key` its verifier key."""

    checkpoint = models.ForeignKey(Checkpoint, on_delete=models.CASCADE, related_name="cosignatures")
    key = models.CharField(max_length=300)
    line = models.TextField()
    signed_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["checkpoint", "key"], name="ledger_cosigned_once")]


class Recovery(models.Model):
    """The log went on under a new key and origin after it had lost entries that were published. `note` is
    signed by both keys (recovery.py); it is why checkpoints of the former origin still count."""

    note = models.TextField()
    at = models.DateTimeField()
