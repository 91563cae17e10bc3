"""Policy versions in force and the alarms of the gate."""

from django.db import models

from duecause.apps.gate.activation_models import MeasurePaper as MeasurePaper
from duecause.apps.staff.models import Employee
from duecause.engine.ids import uuid7

LEDGER_LATE = "ledger_late"


class PolicyVersion(models.Model):
    """Every policy set that ever decided, so that any decision can be replayed."""

    version = models.CharField(max_length=64, unique=True)
    policies = models.TextField()
    schema = models.TextField()
    vocabulary = models.TextField()
    activated_at = models.DateTimeField()


class Alarm(models.Model):
    """An attempt that was blocked. Names the employee; the person only by id."""

    class State(models.TextChoices):
        OPEN = "open"
        EXPLAINED = "explained"
        CLOSED = "closed"

    id = models.UUIDField(primary_key=True, default=uuid7)
    kind = models.CharField(max_length=40)
    severity = models.PositiveSmallIntegerField()  # 1 note, 2 look at it, 3 act now
    employee = models.ForeignKey(Employee, null=True, on_delete=models.PROTECT, related_name="alarms")
    actor = models.CharField(max_length=80)  # `kind:id`, also for partners and jobs
    person = models.UUIDField(null=True)
    event = models.UUIDField()  # uid of the ledger event
    facts = models.JSONField(default=dict)  # codes only: field groups, policies, purpose, link
    raised_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    closed_by = models.ForeignKey(Employee, null=True, on_delete=models.PROTECT, related_name="+")
    closed_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=40, default="", blank=True)

    class Meta:
        indexes = [models.Index(fields=["state", "raised_at"], name="alarm_state_raised")]
        constraints = [
            models.UniqueConstraint(
                fields=["kind"],
                condition=models.Q(kind=LEDGER_LATE) & ~models.Q(state="closed"),
                name="alarm_ledger_late_once",
            )
        ]
