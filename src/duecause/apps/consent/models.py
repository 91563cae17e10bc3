"""Consent, objection and national registers: different things with different effects (docs: concepts)."""

from django.db import models

from duecause.apps.catalogue.models import Purpose, Wording
from duecause.apps.parties.models import Controller
from duecause.apps.register.models import Person, Record
from duecause.apps.vault.token_fields import TokenField
from duecause.engine.ids import uuid7


class ConsentEvent(models.Model):
    """State of a consent follows from its events, never edited (ISO/IEC TS 27560 event_state)."""

    class State(models.TextChoices):
        REQUESTED = "requested"
        GIVEN = "given"
        REFUSED = "refused"
        WITHDRAWN = "withdrawn"
        EXPIRED = "expired"
        INVALIDATED = "invalidated"
        RENEWED = "renewed"

    id = models.UUIDField(primary_key=True, default=uuid7)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="consent_events")
    record = models.ForeignKey(Record, null=True, on_delete=models.PROTECT, related_name="consent_events")
    controller = models.ForeignKey(Controller, on_delete=models.PROTECT)
    purpose = models.ForeignKey(Purpose, on_delete=models.PROTECT)
    channel = models.CharField(max_length=10)
    state = models.CharField(max_length=12, choices=State)
    wording = models.ForeignKey(Wording, null=True, on_delete=models.PROTECT)
    language = models.CharField(max_length=2)
    act = models.CharField(max_length=20)  # spoken_yes, tick, signature, import, withdrawal_spoken …
    how = models.CharField(max_length=10, default="call")  # call, letter, mail, portal, form, import, system
    country = models.CharField(max_length=2, default="", blank=True)  # whose rules its proof follows
    at = models.DateTimeField()  # when the person said it
    recorded_at = models.DateTimeField()  # when we wrote it: a letter of yesterday takes effect today
    valid_to = models.DateField(null=True)
    reference = models.CharField(
        max_length=60, default="", blank=True
    )  # of the sender: a replay is found by it
    ground = models.CharField(max_length=30, default="", blank=True)  # why a consent was declared invalid
    undoes = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="undone_by")
    evidence = models.BinaryField(null=True)  # sealed under the person's proof key: pointers, not content
    actor = models.CharField(max_length=80)

    class Meta:
        indexes = [
            models.Index(fields=["person", "controller", "purpose", "channel", "at"], name="consent_state"),
            models.Index(fields=["at", "state"], name="consent_over_time"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["reference", "controller", "purpose", "channel"],
                condition=~models.Q(reference=""),
                name="consent_reference_once",
            )
        ]


class Objection(models.Model):
    """A person objects to direct marketing (GDPR Art. 21(2)-(3)). Effective at commit."""

    class Scope(models.TextChoices):
        ALL_MARKETING = "all_marketing"
        CHANNEL = "channel"
        CAMPAIGN = "campaign"

    id = models.UUIDField(primary_key=True, default=uuid7)
    person = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="objections")
    record = models.ForeignKey(Record, null=True, on_delete=models.SET_NULL, related_name="objections")
    controller = models.ForeignKey(Controller, on_delete=models.PROTECT)
    scope = models.CharField(max_length=15, choices=Scope)
    channel = models.CharField(max_length=10, default="", blank=True)
    campaign = models.CharField(max_length=40, default="", blank=True)
    taken_by = models.CharField(max_length=80)
    taken_how = models.CharField(max_length=20)  # call, letter, mail, portal, partner, import
    language = models.CharField(max_length=2, default="en")
    at = models.DateTimeField()
    lifted_at = models.DateTimeField(null=True)
    lifted_by_consent = models.ForeignKey(ConsentEvent, null=True, on_delete=models.PROTECT)


class Suppression(models.Model):
    """One number that must not be called, and how far that reaches. Follows the number whatever links say."""

    class Reason(models.TextChoices):
        OBJECTION = "objection"
        REFUSAL_QUIET = "refusal_quiet"
        DECEASED = "deceased"
        WRONG_NUMBER = "wrong_number"
        COURT = "court"

    token = TokenField(families=("dial", "lookup"))
    key_id = models.CharField(max_length=16)
    reason = models.CharField(max_length=16, choices=Reason)
    controller = models.ForeignKey(Controller, on_delete=models.PROTECT)
    channel = models.CharField(max_length=10, default="", blank=True)  # empty: every channel
    campaign = models.CharField(max_length=40, default="", blank=True)  # empty: every campaign
    objection = models.ForeignKey(Objection, null=True, on_delete=models.CASCADE, related_name="suppressions")
    rule = models.CharField(max_length=60, default="", blank=True)  # the dated rule of a quiet period
    effective_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    lifted_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["token", "controller"], name="suppression_token")]


class NationalRegister(models.Model):
    """A public list of numbers that do not want marketing calls. Not the company's own objections."""

    code = models.CharField(max_length=40, unique=True)
    country = models.CharField(max_length=2)
    name = models.CharField(max_length=200)

    def __str__(self) -> str:
        return self.code


class RegisterVersion(models.Model):
    class State(models.TextChoices):
        LOADING = "loading"
        ACTIVE = "active"
        REPLACED = "replaced"
        FAILED = "failed"

    register = models.ForeignKey(NationalRegister, on_delete=models.PROTECT, related_name="versions")
    version_date = models.DateField()
    sha256 = models.CharField(max_length=64)
    rows = models.PositiveIntegerField(default=0)
    state = models.CharField(max_length=10, choices=State, default=State.LOADING)
    loaded_at = models.DateTimeField(null=True)
    actor = models.CharField(max_length=80)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["register", "version_date"], name="register_version_date")
        ]


class RegisterEntry(models.Model):
    """A registered number as dial token. Rows of the active version only; older ones are removed."""

    version = models.ForeignKey(RegisterVersion, on_delete=models.CASCADE, related_name="entries")
    token = TokenField(families=("dial",))

    class Meta:
        constraints = [models.UniqueConstraint(fields=["token", "version"], name="register_entry_once")]


class RegisterSubmission(models.Model):
    """Numbers handed to a register that gives out no file, and its answer: which of them it lists. The answer
    serves for as many days as the country's rule says, from the day on which it was given."""

    id = models.UUIDField(primary_key=True, default=uuid7)
    register = models.ForeignKey(NationalRegister, on_delete=models.PROTECT, related_name="submissions")
    made_at = models.DateTimeField()
    rows = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)  # of the file that was handed in
    answered_on = models.DateField(null=True)
    answered_at = models.DateTimeField(null=True)
    answer_sha256 = models.CharField(max_length=64, default="", blank=True)
    listed = models.PositiveIntegerField(default=0)
    actor = models.CharField(max_length=80)

    class Meta:
        indexes = [models.Index(fields=["register", "answered_on"], name="register_submission_answer")]


class SubmittedNumber(models.Model):
    """A number of a submission as dial token. `listed` is null until the register answered."""

    submission = models.ForeignKey(RegisterSubmission, on_delete=models.CASCADE, related_name="numbers")
    token = TokenField(families=("dial",))
    listed = models.BooleanField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["token", "submission"], name="submitted_number_once")]
