"""Where alarms are sent to, and what waits to be sent."""

from django.db import models

from duecause.apps.obligations.models import Obligation
from duecause.engine.ids import uuid7


class Sink(models.Model):
    """A mailbox, a webhook or a syslog server. `address`: mailbox, https address or host:port. While
    `busy_until` one worker sends to it, so that order is kept; after a failure nobody tries before
    `next_at`."""

    class Kind(models.TextChoices):
        EMAIL = "email"
        WEBHOOK = "webhook"
        SYSLOG = "syslog"

    class Format(models.TextChoices):
        OCSF = "ocsf"
        CEF = "cef"

    code = models.CharField(max_length=40, unique=True)
    kind = models.CharField(max_length=10, choices=Kind)
    address = models.CharField(max_length=300)
    format = models.CharField(max_length=6, choices=Format, default=Format.OCSF)
    tls = models.BooleanField(default=True)
    inside = models.BooleanField(default=False)  # it may lie in a private network
    severity_from = models.PositiveSmallIntegerField(default=2)
    is_active = models.BooleanField(default=True)
    secret = models.BinaryField(null=True)  # sealed
    written = models.BigIntegerField(default=0)
    busy_until = models.DateTimeField(null=True)
    tries = models.PositiveIntegerField(default=0)  # since it last took something
    next_at = models.DateTimeField(null=True)
    down_since = models.DateTimeField(null=True)
    last_ok_at = models.DateTimeField(null=True)


class Delivery(models.Model):
    """One message for one sink, sent in the order of `number`. It refers to what happened and holds no
    more."""

    class State(models.TextChoices):
        DUE = "due"
        SENT = "sent"
        DEAD = "dead"  # refused for good, or given up

    id = models.UUIDField(primary_key=True, default=uuid7)
    sink = models.ForeignKey(Sink, on_delete=models.CASCADE, related_name="deliveries", db_index=False)
    number = models.BigIntegerField()
    obligation = models.ForeignKey(Obligation, null=True, on_delete=models.SET_NULL, related_name="+")
    what = models.CharField(max_length=12)  # alarm, closed, heartbeat, test
    alarm = models.ForeignKey("gate.Alarm", null=True, on_delete=models.CASCADE, related_name="deliveries")
    at = models.DateTimeField()
    state = models.CharField(max_length=5, choices=State, default=State.DUE)
    tries = models.PositiveIntegerField(default=0)  # that the sink refused this very message
    error = models.CharField(max_length=120, default="", blank=True)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["sink", "number"], name="delivery_number")]
        indexes = [
            models.Index(fields=["sink", "number"], condition=models.Q(state="due"), name="delivery_due")
        ]
