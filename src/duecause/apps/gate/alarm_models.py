"""What grows from alarms: the case of one employee, the reasons given, and who is told of what."""

from django.db import models

from duecause.apps.staff.models import Employee
from duecause.engine.ids import uuid7


class Case(models.Model):
    """Alarms of one employee within some days (packs/alarms.yaml)."""

    class State(models.TextChoices):
        OPEN = "open"
        ASKED = "asked"
        EXPLAINED = "explained"
        CONFIRMED = "confirmed"
        CLOSED = "closed"

    class Outcome(models.TextChoices):
        MISTAKE = "mistake"
        JUSTIFIED = "justified"
        UNJUSTIFIED = "unjustified"

    id = models.UUIDField(primary_key=True, default=uuid7)
    employee = models.ForeignKey(Employee, on_delete=models.PROTECT, related_name="cases")
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    opened_at = models.DateTimeField()
    newest_at = models.DateTimeField()
    asked_at = models.DateTimeField(null=True)
    explained_at = models.DateTimeField(null=True)
    escalated_at = models.DateTimeField(null=True)
    escalated_by = models.ForeignKey(Employee, null=True, on_delete=models.PROTECT, related_name="+")
    outcome = models.CharField(max_length=12, choices=Outcome, default="", blank=True)
    decided_by = models.ForeignKey(Employee, null=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["state", "newest_at"], name="case_state_newest")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(outcome="") | models.Q(decided_at__isnull=False),
                name="case_outcome_decided",
            )
        ]


class CaseReason(models.Model):
    """What the employee wrote, sealed under the key of the case."""

    id = models.UUIDField(primary_key=True, default=uuid7)
    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="reasons")
    given_at = models.DateTimeField()
    words = models.BinaryField()


class StaffNotice(models.Model):
    """Shown to one employee, in their language, on every page until they have read it."""

    class Kind(models.TextChoices):
        BLOCKED = "blocked"  # your attempt was stopped
        LIMITED = "limited"  # your look-ups are slowed down
        LOCKED = "locked"  # your account is locked
        UNEXPLAINED = "unexplained"  # a look-up of yours today has no reason on record
        ASKED = "asked"  # please say why
        ALARM = "alarm"  # an alarm about somebody else that you handle

    id = models.UUIDField(primary_key=True, default=uuid7)
    employee = models.ForeignKey(Employee, on_delete=models.CASCADE, related_name="notices")
    kind = models.CharField(max_length=12, choices=Kind)
    alarm = models.ForeignKey("gate.Alarm", null=True, on_delete=models.CASCADE, related_name="notices")
    case = models.ForeignKey(Case, null=True, on_delete=models.CASCADE, related_name="notices")
    facts = models.JSONField(default=dict)  # codes, counts and times only
    raised_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["employee", "raised_at"], condition=models.Q(read_at=None), name="staff_notice_unread"
            )
        ]
