"""Who decides, supplies and calls: controllers, brands, partners with contracts and transfers, sources."""

from django.db import models


class Controller(models.Model):
    """Decides why and how data are used (GDPR Art. 4(7)). `spoken`: the name a caller hears, per language."""

    code = models.CharField(max_length=40, unique=True)
    legal_name = models.CharField(max_length=200)
    spoken = models.JSONField(default=dict)
    country = models.CharField(max_length=2)
    privacy_url = models.CharField(max_length=300)
    canary_numbers = models.JSONField(default=list)  # numbers the company owns, planted in released lists

    def __str__(self) -> str:
        return self.legal_name


class Brand(models.Model):
    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=200)
    controller = models.ForeignKey(Controller, on_delete=models.PROTECT, related_name="brands")

    def __str__(self) -> str:
        return self.name


class Partner(models.Model):
    """Another company that handles data: a call centre, a vendor, a list seller."""

    class Kind(models.TextChoices):
        CALL_CENTRE = "call_centre"
        VENDOR = "vendor"
        LIST_SELLER = "list_seller"

    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=20, choices=Kind)
    country = models.CharField(max_length=2)
    suspended_on = models.DateField(null=True)
    webhook_url = models.CharField(max_length=300, default="", blank=True)  # called when its feed grows
    webhook_secret = models.BinaryField(null=True)  # sealed
    witness_key = models.CharField(max_length=200, default="", blank=True)  # verifier key of its cosignatures

    def __str__(self) -> str:
        return self.name


class Contract(models.Model):
    """Processor contract (GDPR Art. 28(3)). `clauses_missing` are the letters not met."""

    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, related_name="contracts")
    reference = models.CharField(max_length=100)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)
    clauses_missing = models.JSONField(default=list)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["partner", "reference"], name="contract_reference")]


class TransferBasis(models.Model):
    """Why data may leave for the partner's country (GDPR Art. 44-49)."""

    class Mechanism(models.TextChoices):
        NONE = "none"
        ADEQUACY = "adequacy"
        SCC = "scc"
        BCR = "bcr"

    partner = models.OneToOneField(Partner, on_delete=models.CASCADE, related_name="transfer")
    mechanism = models.CharField(max_length=12, choices=Mechanism)
    module = models.CharField(max_length=2, default="", blank=True)
    assessed_on = models.DateField(null=True)
    assessment_valid_to = models.DateField(null=True)
    scope_listed = models.BooleanField(default=False)


class Source(models.Model):
    """Where data come from. `kind` uses the words of the W3C Data Privacy Vocabulary, in short."""

    class Kind(models.TextChoices):
        DATA_SUBJECT = "data_subject"
        CONTROLLER = "controller"
        THIRD_PARTY = "third_party"
        PUBLIC = "public"

    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=20, choices=Kind)
    party = models.ForeignKey(Partner, null=True, on_delete=models.PROTECT, related_name="sources")
    controller = models.ForeignKey(Controller, on_delete=models.PROTECT, related_name="sources")
    contract_reference = models.CharField(max_length=100, default="", blank=True)
    default_country = models.CharField(max_length=2)
    default_language = models.CharField(max_length=2, default="en")
    claimed_basis = models.CharField(max_length=30)
    legal_persons = models.BooleanField(default=False)
    say = models.JSONField(default=dict)  # how an agent names this source, per language
    obtained_on = models.DateField(null=True)  # when rows carry no date of their own

    def __str__(self) -> str:
        return self.name


class ApiKey(models.Model):
    """A partner's key. Only its hash is kept; `prefix` finds the row, `scopes` say what it opens."""

    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, related_name="api_keys")
    prefix = models.CharField(max_length=12, unique=True)
    key_hash = models.CharField(max_length=64)
    scopes = models.JSONField(default=list)
    created_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    last_used_on = models.DateField(null=True)
