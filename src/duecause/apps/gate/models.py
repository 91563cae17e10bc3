"""Policy versions in force, the alarms of the gate, and reasons that are still to be checked."""

from django.db import models

from duecause.apps.gate.activation_models import MeasurePaper as MeasurePaper
from duecause.apps.gate.alarm_models import Case as Case
from duecause.apps.gate.alarm_models import CaseReason as CaseReason
from duecause.apps.gate.alarm_models import StaffNotice as StaffNotice
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
    severity = models.PositiveSmallIntegerField()  # 1 note, 2 look at it, 3 act now, 4 critical
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
    case = models.ForeignKey(Case, null=True, on_delete=models.PROTECT, related_name="alarms")

    class Meta:
        indexes = [
            models.Index(fields=["state", "raised_at"], name="alarm_state_raised"),
            models.Index(fields=["employee", "raised_at"], name="alarm_employee_raised"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["kind"],
                condition=models.Q(kind=LEDGER_LATE) & ~models.Q(state="closed"),
                name="alarm_ledger_late_once",
            )
        ]


class ReasonClaim(models.Model):
    """A reason that an employee gave and nothing backed at that moment. Looked at again, because tickets and
    notes often come after the call."""

    class State(models.TextChoices):
        PENDING = "pending"
        CONFIRMED = "confirmed"
        UNCONFIRMED = "unconfirmed"

    event = models.UUIDField(unique=True)  # uid of the look-up in the ledger
    employee = models.ForeignKey(Employee, on_delete=models.PROTECT, related_name="+")
    person = models.UUIDField(db_index=True)
    link = models.CharField(max_length=20)
    at = models.DateTimeField(db_index=True)
    state = models.CharField(max_length=11, choices=State, default=State.PENDING)
    look_at = models.DateTimeField()  # when it is looked at next
    row = models.CharField(max_length=120, default="", blank=True)  # what backed it
    checked_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["look_at"], condition=models.Q(state="pending"), name="reason_claim_to_check"
            )
        ]
