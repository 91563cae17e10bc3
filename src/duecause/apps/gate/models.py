"""Policy versions in force, the alarms of the gate, and who looked at whom."""

from django.db import models

from duecause.apps.gate.activation_models import MeasurePaper as MeasurePaper
from duecause.apps.gate.alarm_models import Case as Case
from duecause.apps.gate.alarm_models import CaseReason as CaseReason
from duecause.apps.gate.alarm_models import StaffNotice as StaffNotice
from duecause.apps.gate.delivery_models import Delivery as Delivery
from duecause.apps.gate.delivery_models import Sink as Sink
from duecause.apps.gate.emergency_models import Emergency as Emergency
from duecause.apps.gate.policy_models import PolicyRelease as PolicyRelease
from duecause.apps.gate.policy_models import PolicyVersion as PolicyVersion
from duecause.apps.staff.models import Employee
from duecause.engine.ids import uuid7

LEDGER_LATE = "ledger_late"


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


class Access(models.Model):
    """That an employee was shown data of a person, by ids alone: the index over what the ledger proves. A
    reason that nothing backed at that moment is looked at again, because tickets and notes often come after
    the call."""

    class State(models.TextChoices):
        """What became of the reason."""

        VERIFIED = "verified"  # a link showed it at that moment
        FOLLOWS = "follows"  # it was given at an earlier look-up of the same contact
        PENDING = "pending"
        CONFIRMED = "confirmed"
        UNCONFIRMED = "unconfirmed"

    event = models.UUIDField(unique=True)  # uid of the event in the ledger
    employee = models.ForeignKey(Employee, on_delete=models.PROTECT, related_name="+", db_index=False)
    person = models.UUIDField(db_index=True)
    action = models.CharField(max_length=20, default="view")
    link = models.CharField(max_length=20)
    at = models.DateTimeField(db_index=True)
    state = models.CharField(max_length=11, choices=State, default=State.PENDING)
    look_at = models.DateTimeField(null=True)  # when it is looked at next
    row = models.CharField(max_length=120, default="", blank=True)  # what backed it
    checked_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["employee", "at"], name="access_employee_at"),
            models.Index(fields=["look_at"], condition=models.Q(state="pending"), name="access_to_check"),
        ]
