"""What may be stored, done and said: fields, purposes with basis and retention, processing activities,
wordings."""

from django.db import models

from duecause.apps.parties.models import Controller, Partner, Source


class Purpose(models.Model):
    """Why data are used (GDPR Art. 5(1)(b)), with its legal basis (Art. 6(1)) and retention."""

    code = models.CharField(max_length=40, unique=True)
    name = models.JSONField(default=dict)  # per language
    legal_basis = models.CharField(max_length=30)
    marketing = models.BooleanField(default=False)
    special_condition = models.CharField(max_length=1, default="", blank=True)  # letter of GDPR Art. 9(2)
    # Per language, what is pursued where the basis is a legitimate interest (GDPR Art. 13(1)(d), 14(2)(b)).
    interest = models.JSONField(default=dict)
    dpv = models.CharField(max_length=60, default="", blank=True)  # term of the Data Privacy Vocabulary

    def __str__(self) -> str:
        return self.code


class Field(models.Model):
    """A field with a declared purpose. A column that is not one of these is not stored."""

    code = models.CharField(max_length=40, unique=True)
    group = models.CharField(max_length=40)
    compartment = models.CharField(max_length=12)
    label = models.JSONField(default=dict)  # per language
    law_class = models.CharField(max_length=20, default="ordinary")
    perception = models.PositiveSmallIntegerField(default=1)  # how private customers feel it is, 1 to 5
    purposes = models.ManyToManyField(Purpose, related_name="fields")

    def __str__(self) -> str:
        return self.code


class Activity(models.Model):
    """A processing activity (GDPR Art. 30): what is done, for whom and who answers for it.

    Which fields go with it follows from its purposes; `fields`, where given, narrows them. Recipients follow
    from what is released; `processors` are those who get data in another way."""

    class Role(models.TextChoices):
        CONTROLLER = "controller"
        JOINT = "joint"
        PROCESSOR = "processor"

    class Status(models.TextChoices):
        DRAFT = "draft"
        REVIEW = "review"
        APPROVED = "approved"
        RETIRED = "retired"

    class Assessment(models.TextChoices):
        UNDECIDED = "undecided"
        NOT_NEEDED = "not_needed"
        NEEDED = "needed"
        DONE = "done"

    code = models.CharField(max_length=40, unique=True)
    name = models.JSONField(default=dict)  # per language
    role = models.CharField(max_length=12, choices=Role, default=Role.CONTROLLER)
    # Who decides. For a processor: on whose behalf.
    controller = models.ForeignKey(Controller, on_delete=models.PROTECT, related_name="activities")
    purposes = models.ManyToManyField(Purpose, related_name="activities")
    fields = models.ManyToManyField(Field, related_name="activities")
    processors = models.ManyToManyField(Partner, related_name="activities")
    subjects = models.JSONField(default=list)  # codes of packs/catalogue/terms.yaml
    dpia = models.CharField(max_length=12, choices=Assessment, default=Assessment.UNDECIDED)
    dpia_reason = models.TextField(default="", blank=True)
    dpia_on = models.DateField(null=True)
    owner = models.CharField(max_length=100)  # a function of the company, never a person's name
    status = models.CharField(max_length=10, choices=Status, default=Status.DRAFT)
    status_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.code


class Wording(models.Model):
    """A text persons see or hear, by version and language. A consent holds only for controllers it names."""

    class Kind(models.TextChoices):
        CONSENT = "consent"
        NOTICE = "notice"

    class Recording(models.TextChoices):
        """Whether a spoken yes is shown by a recording, whose identifier is noted with it."""

        NONE = ""
        OPTIONAL = "optional"
        REQUIRED = "required"

    kind = models.CharField(max_length=20, choices=Kind, default=Kind.CONSENT)
    code = models.CharField(max_length=40)
    version = models.CharField(max_length=20)
    language = models.CharField(max_length=2)
    text = models.TextField()
    source = models.ForeignKey(Source, null=True, on_delete=models.PROTECT, related_name="wordings")
    purpose = models.ForeignKey(Purpose, null=True, on_delete=models.PROTECT, related_name="wordings")
    channels = models.JSONField(default=list)
    controllers = models.ManyToManyField(Controller, related_name="wordings")
    holds_months = models.PositiveSmallIntegerField(
        null=True
    )  # how long a yes to this text holds; null: open
    recording = models.CharField(max_length=8, choices=Recording, default=Recording.NONE, blank=True)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["code", "version", "language"], name="wording_version_language")
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.version} ({self.language})"


class RetentionVersion(models.Model):
    """All retention rules together, as they were proposed and, if somebody else agreed, came into force. One
    is in force, at most one waits; none is edited. `purposes`: which purposes each field had then, so that
    giving a field another purpose ends nothing before it was agreed on."""

    class State(models.TextChoices):
        PROPOSED = "proposed"
        IN_FORCE = "in_force"
        REPLACED = "replaced"
        REFUSED = "refused"

    number = models.PositiveIntegerField(unique=True)
    state = models.CharField(max_length=10, choices=State)
    purposes = models.JSONField(default=dict)  # field -> purposes
    sha256 = models.CharField(max_length=64)  # of rules and purposes, in one spelling
    impact = models.JSONField(default=dict)  # what it would do to whom when it was counted; empty: not yet
    counted_at = models.DateTimeField(null=True)
    proposed_by = models.CharField(max_length=80)
    proposed_at = models.DateTimeField()
    decided_by = models.CharField(max_length=80, default="", blank=True)
    decided_at = models.DateTimeField(null=True)
    event = models.UUIDField(null=True)  # uid of the ledger event that brought it into force

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["state"],
                condition=models.Q(state__in=["proposed", "in_force"]),
                name="retention_version_one_each",
            )
        ]

    def __str__(self) -> str:
        return str(self.number)


class RetentionRule(models.Model):
    """What of a purpose, or of one of its fields, goes when: counted from `trigger`, in months or days."""

    version = models.ForeignKey(RetentionVersion, on_delete=models.CASCADE, related_name="rules")
    purpose = models.ForeignKey(Purpose, on_delete=models.PROTECT, related_name="retention_rules")
    field = models.ForeignKey(Field, null=True, on_delete=models.PROTECT, related_name="retention_rules")
    trigger = models.CharField(max_length=20)  # of engine.retention
    months = models.PositiveSmallIntegerField(default=0)
    days = models.PositiveSmallIntegerField(default=0)
    action = models.CharField(max_length=12)  # of engine.retention

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["version", "purpose", "field", "trigger", "action"], name="retention_rule_of_field"
            ),
            models.UniqueConstraint(
                fields=["version", "purpose", "trigger", "action"],
                condition=models.Q(field=None),
                name="retention_rule_of_purpose",
            ),
        ]
