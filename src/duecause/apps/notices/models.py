"""Who was told about data that came from others (GDPR Art. 14), how and when, and who need not be.

There is no row for a notice that is only due: that follows from the record and the dated law (`clock`).
"""

from django.db import models

from duecause.apps.parties.models import Controller, Source
from duecause.apps.register.models import Person, Record
from duecause.engine.ids import uuid7


class NoticeBatch(models.Model):
    """One run of letters or e-mails. `version` and `content`: of the texts, and of what they say of the
    organisation; neither holds anything of a person. A file of letters lies sealed until `delete_after`."""

    class Channel(models.TextChoices):
        POST = "post"
        EMAIL = "email"

    class State(models.TextChoices):
        MAKING = "making"
        READY = "ready"  # letters can be fetched for the print shop
        DONE = "done"

    id = models.UUIDField(primary_key=True, default=uuid7)
    controller = models.ForeignKey(Controller, on_delete=models.PROTECT, related_name="notice_batches")
    channel = models.CharField(max_length=5, choices=Channel)
    state = models.CharField(max_length=6, choices=State, default=State.MAKING)
    made_at = models.DateTimeField()
    actor = models.CharField(max_length=80)
    people = models.PositiveIntegerField(default=0)
    file_sha256 = models.CharField(max_length=64, default="", blank=True)
    fetched_at = models.DateTimeField(null=True)
    delete_after = models.DateTimeField(null=True)
    posted_on = models.DateField(null=True)
    confirmed_at = models.DateTimeField(null=True)
    confirmed_by = models.CharField(max_length=80, default="", blank=True)


class Notice(models.Model):
    """One letter or e-mail to one person: the evidence that it was sent, without what it says."""

    class State(models.TextChoices):
        PLANNED = "planned"
        SENT = "sent"  # the relay took the e-mail; the post was confirmed
        BOUNCED = "bounced"  # came back: due again
        DROPPED = "dropped"  # not sent after all: erased, restricted, told another way, no address

    TOLD = (State.SENT,)

    id = models.UUIDField(primary_key=True, default=uuid7)
    batch = models.ForeignKey(NoticeBatch, on_delete=models.PROTECT, related_name="notices")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="notices")
    language = models.CharField(max_length=2)
    version = models.CharField(max_length=40, default="", blank=True)
    content_sha256 = models.CharField(max_length=64, default="", blank=True)  # of all but name and address
    state = models.CharField(max_length=8, choices=State, default=State.PLANNED)
    message_id = models.CharField(max_length=120, default="", blank=True)
    begun_at = models.DateTimeField(null=True)  # handed to the relay; it may have it even if we never heard
    sent_on = models.DateField(null=True)
    settled_at = models.DateTimeField(null=True)
    why = models.CharField(max_length=40, default="", blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["batch", "person"], name="notice_once_per_batch")]
        indexes = [models.Index(fields=["message_id"], name="notice_message_id")]


class NoticeRecord(models.Model):
    """Which records a notice tells of."""

    notice = models.ForeignKey(Notice, on_delete=models.CASCADE, related_name="covered", db_index=False)
    record = models.ForeignKey(Record, on_delete=models.CASCADE, related_name="told")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["notice", "record"], name="notice_record_once")]


class NoticeExemption(models.Model):
    """Why people of a source need not be told (GDPR Art. 14(5)): recorded by somebody, with a reason and
    where the proof lies. `received_to`: only for data received up to that day. `customers`: only people with
    a running contract."""

    id = models.UUIDField(primary_key=True, default=uuid7)
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="notice_exemptions")
    person = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="notice_exemptions")
    ground = models.CharField(max_length=30)
    because = models.CharField(max_length=1000)
    proof = models.CharField(max_length=300)
    received_to = models.DateField(null=True)
    customers = models.BooleanField(default=False)
    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=80)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=80, default="", blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["source"], condition=models.Q(ended_at=None), name="notice_exemption_running"
            )
        ]
