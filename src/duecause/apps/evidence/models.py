"""What customer service signed off, and how many records hold which field."""

from django.db import models

from duecause.apps.catalogue.models import Activity
from duecause.apps.parties.models import Controller, Source


class SignOff(models.Model):
    """A person with that function agreed to one version of a record: which fields are kept and why, what
    customers are told, how long it is kept. `content` is the record as it was then (configuration, no
    person), so that later changes can be shown field by field."""

    role = models.CharField(max_length=12, choices=Activity.Role)
    controller = models.ForeignKey(Controller, on_delete=models.PROTECT, related_name="sign_offs")
    version = models.CharField(max_length=64)  # SHA-256 of the content
    content = models.JSONField()
    signed_at = models.DateTimeField()
    actor = models.CharField(max_length=80)
    event = models.UUIDField()

    class Meta:
        indexes = [models.Index(fields=["role", "controller", "signed_at"], name="sign_off_newest")]


class Tally(models.Model):
    """How many records of a source hold each field, counted by the worker where counting takes long."""

    source = models.OneToOneField(Source, on_delete=models.CASCADE, related_name="tally")
    records = models.PositiveIntegerField()
    fields = models.JSONField(default=dict)  # field → records
    counted_at = models.DateTimeField()
