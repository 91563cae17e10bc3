"""Whatever must happen by a date: a row with steps, retries, proof and a clock."""

from django.db import models

from duecause.engine.ids import uuid7


class Obligation(models.Model):
    """`kind` names its handler (`<room>.<verb>`); `facts` hold codes, ids and counts, never personal data."""

    class State(models.TextChoices):
        OPEN = "open"
        DONE = "done"
        FAILED = "failed"
        CANCELLED = "cancelled"

    id = models.UUIDField(primary_key=True, default=uuid7)
    kind = models.CharField(max_length=60)
    person = models.UUIDField(null=True, db_index=True)
    facts = models.JSONField(default=dict)
    opened_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    slot = models.CharField(max_length=40, default="", blank=True)

    class Meta:
        indexes = [models.Index(fields=["state", "due_at"], name="obligation_state_due")]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "slot"], condition=~models.Q(slot=""), name="obligation_once_per_slot"
            )
        ]


class Step(models.Model):
    """One thing to do at one system. Its id is the idempotency key of every call made for it."""

    class State(models.TextChoices):
        DUE = "due"
        LEASED = "leased"
        WAITING = "waiting"  # for a person or a partner
        DONE = "done"
        REFUSED = "refused"  # cannot succeed by trying again; `error` says what to mend
        DEAD = "dead"  # tried too often

    id = models.UUIDField(primary_key=True, default=uuid7)
    obligation = models.ForeignKey(Obligation, on_delete=models.CASCADE, related_name="steps")
    system = models.CharField(max_length=60)
    state = models.CharField(max_length=10, choices=State, default=State.DUE)
    attempts = models.PositiveIntegerField(default=0)
    next_at = models.DateTimeField()
    deadline = models.DateTimeField(null=True)
    lease_by = models.CharField(max_length=40, default="", blank=True)
    lease_until = models.DateTimeField(null=True)
    progress_done = models.BigIntegerField(default=0)
    progress_total = models.BigIntegerField(default=0)
    error = models.JSONField(default=dict)
    receipt = models.JSONField(default=dict)
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["obligation", "system"], name="step_once_per_system")]
        indexes = [
            models.Index(fields=["next_at"], condition=models.Q(state="due"), name="step_due"),
            models.Index(fields=["lease_until"], condition=models.Q(state="leased"), name="step_leased"),
        ]
