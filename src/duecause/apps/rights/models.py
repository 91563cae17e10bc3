"""What persons ask for by right, and how far it is done."""

from django.db import models

from duecause.apps.obligations.models import Obligation
from duecause.apps.register.models import Person
from duecause.engine.ids import uuid7


class ErasureCase(models.Model):
    """One request to be erased: planned, approved by another employee, applied, proven. `plan` and
    `certificate` hold counts, codes and dates, never what was erased."""

    class State(models.TextChoices):
        PLANNED = "planned"
        APPROVED = "approved"
        APPLIED = "applied"
        PROVEN = "proven"
        REFUSED = "refused"

    class Stage(models.TextChoices):
        """How far the work is; each is reached in one transaction and never left backwards but to `told`,
        when a record of the person came in between."""

        NONE = "none"
        STARTED = "started"
        TOLD = "told"
        GUARDED = "guarded"
        KEYLESS = "keyless"
        REMOVED = "removed"
        SCRUBBED = "scrubbed"
        READ_BACK = "read_back"
        PROVEN = "proven"

    id = models.UUIDField(primary_key=True, default=uuid7)
    obligation = models.OneToOneField(Obligation, on_delete=models.PROTECT, related_name="erasure_case")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="erasure_cases")
    state = models.CharField(max_length=10, choices=State, default=State.PLANNED)
    stage = models.CharField(max_length=10, choices=Stage, default=Stage.NONE)
    plan = models.JSONField(default=dict)
    plan_hash = models.CharField(max_length=64)
    planned_by = models.CharField(max_length=80)
    planned_at = models.DateTimeField()
    approved_by = models.CharField(max_length=80, default="", blank=True)
    approved_at = models.DateTimeField(null=True)
    job = models.UUIDField(null=True)  # the obligation that applies it
    work = models.JSONField(default=dict)  # ids of records and what each stage found, for the stages after it
    applied_at = models.DateTimeField(null=True)
    proven_at = models.DateTimeField(null=True)
    refused_by = models.CharField(max_length=80, default="", blank=True)
    refused_at = models.DateTimeField(null=True)
    refused_because = models.CharField(max_length=40, default="", blank=True)
    certificate = models.JSONField(default=dict)
    event = models.UUIDField(null=True)  # uid of the ledger event that proves it

    class Meta:
        indexes = [models.Index(fields=["state", "planned_at"], name="erasure_case_state")]


class RetentionCertificate(models.Model):
    """What a retention rule took of one person in one night: which fields of which records, by which rule.
    `content` holds codes, ids and dates, never what was erased; the ledger holds its hash. It is dropped when
    its own time is over."""

    class Stage(models.TextChoices):
        REMOVED = "removed"  # rows are gone, partners are told
        KEYLESS = "keyless"  # the keys of records that went as a whole too
        PROVEN = "proven"  # database files scrubbed, read back

    id = models.UUIDField(primary_key=True, default=uuid7)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="retention_certificates")
    run = models.UUIDField(db_index=True)  # the obligation's step
    version = models.PositiveIntegerField()  # of the rules
    stage = models.CharField(max_length=8, choices=Stage, default=Stage.REMOVED)
    content = models.JSONField(default=dict)
    removed_at = models.DateTimeField()
    proven_at = models.DateTimeField(null=True)
    event = models.UUIDField(null=True)  # uid of the ledger event that proves it
    # Nothing else is left of the person: until when the proof of what they said stays, and when it went.
    proof_until = models.DateField(null=True)
    proof_ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["stage", "id"], name="retention_stage"),
            models.Index(
                fields=["proof_until"],
                condition=models.Q(proof_ended_at=None, proof_until__isnull=False),
                name="retention_proof_due",
            ),
        ]


class AnonymousCount(models.Model):
    """What stays of fields that were made anonymous: how many of which group went in a month, apart from
    every record and from each other."""

    source = models.CharField(max_length=40)
    field = models.CharField(max_length=40)
    group = models.CharField(max_length=20)
    month = models.DateField()  # its first day
    records = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "field", "group", "month"], name="anonymous_count_once")
        ]


class RetentionForecast(models.Model):
    """What goes when, as the night counted it; a register too large to count for a page shows this."""

    at = models.DateTimeField()
    version = models.PositiveIntegerField()
    content = models.JSONField(default=dict)
