"""What is on file for the measures that watch employees."""

from django.db import models

from duecause.engine.ids import uuid7


class MeasurePaper(models.Model):
    """One paper filed for one measure. The newest of a kind that was not withdrawn counts."""

    class Kind(models.TextChoices):
        NOTICE = "notice"  # employees were told, on `dated`
        BASIS = "basis"  # the legal basis and the weighing of interests
        ASSESSMENT = "assessment"  # GDPR Art. 35
        WORKS_COUNCIL = "works_council"  # its agreement or hearing, or that there is none

    id = models.UUIDField(primary_key=True, default=uuid7)
    measure = models.CharField(max_length=40)
    kind = models.CharField(max_length=20, choices=Kind)
    reference = models.CharField(max_length=200)  # where the paper lies
    dated = models.DateField()
    filed_by = models.CharField(max_length=80)
    filed_at = models.DateTimeField()
    withdrawn_by = models.CharField(max_length=80, default="", blank=True)
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["measure", "kind"], name="measure_paper_kind")]
        constraints = [
            models.UniqueConstraint(
                fields=["measure", "kind"],
                condition=models.Q(withdrawn_at=None),
                name="measure_paper_once",
            )
        ]
