"""Emergency access: declared by the employee, short, and read by somebody else afterwards."""

from django.db import models
from django.db.models import F, Q

from duecause.apps.staff.models import Employee
from duecause.engine.ids import uuid7


class Emergency(models.Model):
    """One employee, one person, half an hour. `words` are why, sealed under the key of this row."""

    class Outcome(models.TextChoices):
        JUSTIFIED = "justified"
        MISTAKE = "mistake"
        UNJUSTIFIED = "unjustified"

    id = models.UUIDField(primary_key=True, default=uuid7)
    employee = models.ForeignKey(Employee, on_delete=models.PROTECT, related_name="+", db_index=False)
    person = models.UUIDField()
    words = models.BinaryField()
    opened_at = models.DateTimeField()
    until = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)  # by the employee, before its time
    review_by = models.DateField()
    outcome = models.CharField(max_length=12, choices=Outcome, default="", blank=True)
    reviewed_by = models.ForeignKey(Employee, null=True, on_delete=models.PROTECT, related_name="+")
    reviewed_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["employee", "person", "until"], name="emergency_open"),
            models.Index(fields=["review_by"], condition=Q(reviewed_at=None), name="emergency_to_review"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(reviewed_by=None) | ~Q(reviewed_by=F("employee")),
                name="emergency_reviewed_by_another",
            )
        ]
