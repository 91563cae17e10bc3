"""What links an employee with a person: contacts and work, as telephony, ticketing and our own rooms tell
them.

A row says that somebody was at work for somebody, and nothing of what was said. Numbers, e-mail addresses and
customer numbers stand here as look-up tokens only.
"""

from django.db import models

from duecause.apps.staff.models import Employee, Team
from duecause.apps.vault.token_fields import TokenField


class ContactSystem(models.Model):
    """A system that tells of contacts. Of its key only the hash is kept; the secret that signs its webhook
    follows from `salt` and a key of the vault, and is kept nowhere."""

    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=200)
    key_prefix = models.CharField(max_length=12, default="", blank=True)
    key_hash = models.CharField(max_length=64, default="", blank=True)
    key_made_at = models.DateTimeField(null=True)
    salt = models.CharField(max_length=32, default="", blank=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["key_prefix"], condition=~models.Q(key_prefix=""), name="contact_system_key_prefix"
            )
        ]

    def __str__(self) -> str:
        return self.name


class Interaction(models.Model):
    """One contact or piece of work, of one employee or of a team's queue, with a person whom our own rooms
    named (`person`) or whom a token stands for; with neither, nobody knows yet who is on the line.

    `reference` is the system's own and holds no personal datum. No end: it still goes on. Of what is null
    nobody has told: `contact`, whether the person was reached by a line, a chat or in person; `drawn`,
    whether a system chose it; `self_made`, whether the employee who has it also made it."""

    class Bound(models.TextChoices):
        """By what it is known whose contact it is."""

        NUMBER = "number"
        IDENTIFIED = "identified"
        NOBODY = "none"

    class Kind(models.TextChoices):
        CALL = "call"
        CALL_JOINED = "call_joined"
        CHAT = "chat"
        TICKET = "ticket"
        DIAL_ITEM = "dial_item"
        CALLBACK = "callback"
        APPOINTMENT = "appointment"
        VISIT = "visit"
        ORDER = "order"
        WORK_ORDER = "work_order"
        DISPUTE = "dispute"
        QA_SAMPLE = "qa_sample"
        REQUEST_CASE = "request_case"
        INCIDENT = "incident"

    system = models.ForeignKey(
        ContactSystem, on_delete=models.PROTECT, related_name="interactions", db_index=False
    )
    reference = models.CharField(max_length=64)
    kind = models.CharField(max_length=12, choices=Kind)
    employee = models.ForeignKey(
        Employee, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    team = models.ForeignKey(Team, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    person = models.UUIDField(null=True)
    token = TokenField(null=True)
    begun_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    bound = models.CharField(max_length=10, choices=Bound, default=Bound.NOBODY)
    contact = models.BooleanField(null=True)
    drawn = models.BooleanField(null=True)
    self_made = models.BooleanField(null=True)
    told_at = models.DateTimeField()

    class Meta:
        constraints = [
            # A ticket or call that is handed on has a row for each who had it.
            models.UniqueConstraint(
                fields=["system", "reference", "employee"],
                condition=models.Q(employee__isnull=False),
                name="interaction_once_per_employee",
            ),
            models.UniqueConstraint(
                fields=["system", "reference", "team"],
                condition=models.Q(team__isnull=False),
                name="interaction_once_per_team",
            ),
            models.CheckConstraint(
                condition=models.Q(employee__isnull=True) ^ models.Q(team__isnull=True),
                name="interaction_whose",
            ),
            models.CheckConstraint(
                condition=models.Q(ended_at=None) | models.Q(ended_at__gte=models.F("begun_at")),
                name="interaction_ends_after_it_began",
            ),
        ]
        indexes = [
            # Every look-up asks these two or four; each answers from a few rows of one employee and person.
            models.Index(fields=["employee", "token", "begun_at"], name="interaction_employee_token"),
            models.Index(
                fields=["employee", "person", "begun_at"],
                condition=models.Q(person__isnull=False),
                name="interaction_employee_person",
            ),
            models.Index(
                fields=["team", "token", "begun_at"],
                condition=models.Q(team__isnull=False),
                name="interaction_team_token",
            ),
            models.Index(
                fields=["team", "person", "begun_at"],
                condition=models.Q(team__isnull=False, person__isnull=False),
                name="interaction_team_person",
            ),
            # An erasure looks for the rows of one person by token, retention for the oldest.
            models.Index(fields=["token"], condition=models.Q(token__isnull=False), name="interaction_token"),
            models.Index(
                fields=["person"], condition=models.Q(person__isnull=False), name="interaction_person"
            ),
            models.Index(fields=["begun_at"], name="interaction_begun"),
        ]


class SignedCall(models.Model):
    """The digest of a signed message that was taken, for as long as it could be sent again."""

    system = models.ForeignKey(ContactSystem, on_delete=models.CASCADE, related_name="+", db_index=False)
    digest = models.CharField(max_length=64)
    at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["system", "digest"], name="signed_call_once")]


class Pop(models.Model):
    """A screen pop that was offered for a call: good once, for one employee, for a minute."""

    interaction = models.ForeignKey(Interaction, on_delete=models.CASCADE, related_name="pops")
    nonce = models.CharField(max_length=32, unique=True)
    employee = models.ForeignKey(Employee, on_delete=models.PROTECT, related_name="+", db_index=False)
    offered_at = models.DateTimeField(db_index=True)
    used_at = models.DateTimeField(null=True)
