"""Our own systems that follow what changes about people: a CRM, a billing system."""

from django.db import models

from duecause.apps.parties.models import Source
from duecause.apps.register.models import Person, Record
from duecause.engine.ids import uuid7


class System(models.Model):
    """It knows people by the customer numbers of `sources`, which are its own. `fields`: the catalogue fields
    whose new values it may be told; none unless somebody said so. Of its key only the hash is kept."""

    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=200)
    sources = models.ManyToManyField(Source, related_name="systems")
    fields = models.JSONField(default=list)
    webhook_url = models.CharField(max_length=300, default="", blank=True)
    webhook_secret = models.BinaryField(null=True)  # sealed
    key_prefix = models.CharField(max_length=12, default="", blank=True)
    key_hash = models.CharField(max_length=64, default="", blank=True)
    key_made_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["key_prefix"], condition=~models.Q(key_prefix=""), name="system_key_prefix"
            )
        ]

    def __str__(self) -> str:
        return self.name


class ChangeStream(models.Model):
    """How far the feed of one system is, as `dialling.FeedStream`: its row is locked until commit by whoever
    writes a change, so that cursors have no gap and appear in their order."""

    system = models.OneToOneField(System, on_delete=models.CASCADE, related_name="stream")
    written = models.BigIntegerField(default=0)
    given = models.BigIntegerField(default=0)
    acknowledged = models.BigIntegerField(default=0)
    acknowledged_at = models.DateTimeField(null=True)


class Change(models.Model):
    """One thing a system must act on. `record` is the system's own record of the person, by whose customer
    number it is named when it is read; `origin` the record that a correction was made in. `reference` holds
    that number, sealed, where the record will be gone by then: until it is acknowledged."""

    class Kind(models.TextChoices):
        CORRECTION = "correction"
        RESTRICTION = "restriction"
        RESTRICTION_ENDED = "restriction_ended"
        OBJECTION = "objection"
        OBJECTION_LIFTED = "objection_lifted"
        CONSENT = "consent"
        ERASURE = "erasure"

    id = models.UUIDField(primary_key=True, default=uuid7)
    system = models.ForeignKey(System, on_delete=models.CASCADE, related_name="changes", db_index=False)
    cursor = models.BigIntegerField()
    kind = models.CharField(max_length=20, choices=Kind)
    source = models.CharField(max_length=40)  # code of the source whose customer number names the person
    person = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    record = models.ForeignKey(Record, null=True, on_delete=models.SET_NULL, related_name="+")
    origin = models.ForeignKey(Record, null=True, on_delete=models.SET_NULL, related_name="+")
    fields = models.JSONField(default=list)
    scope = models.JSONField(default=dict)
    about = models.UUIDField()  # the act, objection, consent or case that it tells of
    at = models.DateTimeField()
    given_at = models.DateTimeField(null=True)
    reference = models.BinaryField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["system", "cursor"], name="change_cursor")]
