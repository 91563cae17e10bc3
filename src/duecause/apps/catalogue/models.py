"""What may be stored and said: fields, purposes with basis and retention, wordings."""

from django.db import models

from duecause.apps.parties.models import Controller, Source


class Purpose(models.Model):
    """Why data are used (GDPR Art. 5(1)(b)), with its legal basis (Art. 6(1)) and retention."""

    code = models.CharField(max_length=40, unique=True)
    name = models.JSONField(default=dict)  # per language
    legal_basis = models.CharField(max_length=30)
    retention_months = models.PositiveIntegerField()
    marketing = models.BooleanField(default=False)

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


class Wording(models.Model):
    """A text persons see or hear, by version and language. A consent holds only for controllers it names."""

    class Kind(models.TextChoices):
        CONSENT = "consent"
        NOTICE = "notice"

    kind = models.CharField(max_length=20, choices=Kind, default=Kind.CONSENT)
    code = models.CharField(max_length=40)
    version = models.CharField(max_length=20)
    language = models.CharField(max_length=2)
    text = models.TextField()
    source = models.ForeignKey(Source, null=True, on_delete=models.PROTECT, related_name="wordings")
    purpose = models.ForeignKey(Purpose, null=True, on_delete=models.PROTECT, related_name="wordings")
    channels = models.JSONField(default=list)
    controllers = models.ManyToManyField(Controller, related_name="wordings")
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["code", "version", "language"], name="wording_version_language")
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.version} ({self.language})"
