"""Which policies are in force, and who let them be."""

from django.db import models

from duecause.engine.ids import uuid7


class PolicyVersion(models.Model):
    """Every policy set that ever decided or was proposed, so that any decision can be replayed."""

    version = models.CharField(max_length=64, unique=True)
    policies = models.TextField()
    schema = models.TextField()
    vocabulary = models.TextField()
    activated_at = models.DateTimeField()  # when it was first kept


class PolicyRelease(models.Model):
    """A set of lines on its way into force, in force, or replaced. Rolling back is a new release of an older
    set. What ships with the product needs no release until another set was in force."""

    class State(models.TextChoices):
        PROPOSED = "proposed"
        IN_FORCE = "in_force"
        REPLACED = "replaced"
        REFUSED = "refused"

    id = models.UUIDField(primary_key=True, default=uuid7)
    number = models.PositiveIntegerField(unique=True)
    version = models.ForeignKey(PolicyVersion, on_delete=models.PROTECT, related_name="releases")
    before = models.CharField(max_length=64)  # version of the set that it was compared with
    state = models.CharField(max_length=10, choices=State)
    why = models.CharField(max_length=500)
    proposed_by = models.CharField(max_length=80)
    proposed_at = models.DateTimeField()
    decided_by = models.CharField(max_length=80, default="", blank=True)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["state"],
                condition=models.Q(state__in=["proposed", "in_force"]),
                name="policy_release_one_of_each",
            )
        ]
