"""Who decides, supplies and calls: controllers, brands, partners with contracts and transfers, sources."""

from django.db import models


class Controller(models.Model):
    """Decides why and how data are used (GDPR Art. 4(7)). `spoken`: the name a caller hears, per language."""

    code = models.CharField(max_length=40, unique=True)
    legal_name = models.CharField(max_length=200)
    spoken = models.JSONField(default=dict)
    country = models.CharField(max_length=2)
    privacy_url = models.CharField(max_length=300)
    # What a notice says of it (GDPR Art. 13(1)(a)-(b), 14(1)(a)-(b)).
    address = models.CharField(max_length=300, default="", blank=True)
    contact = models.CharField(max_length=200, default="", blank=True)  # e-mail address or number
    dpo = models.CharField(max_length=200, default="", blank=True)  # of the data protection officer
    canary_numbers = models.JSONField(default=list)  # numbers the company owns, planted in released lists
    link_deciders = models.PositiveSmallIntegerField(
        default=1
    )  # who must agree that two records are one human

    def __str__(self) -> str:
        return self.legal_name


class Brand(models.Model):
    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=200)
    controller = models.ForeignKey(Controller, on_delete=models.PROTECT, related_name="brands")

    def __str__(self) -> str:
        return self.name


class Partner(models.Model):
    """Another company that handles data: a call centre, a vendor, a list seller. `accesses`: from which other
    countries it reaches data, [{"country", "ways"}]; its seat counts always."""

    class Kind(models.TextChoices):
        CALL_CENTRE = "call_centre"
        VENDOR = "vendor"
        LIST_SELLER = "list_seller"

    class Role(models.TextChoices):
        CONTROLLER = "controller"
        PROCESSOR = "processor"

    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=20, choices=Kind)
    country = models.CharField(max_length=2)
    role = models.CharField(max_length=12, choices=Role, default=Role.PROCESSOR)
    our_role = models.CharField(max_length=12, choices=Role, default=Role.CONTROLLER)
    accesses = models.JSONField(default=list)
    suspended_on = models.DateField(null=True)
    webhook_url = models.CharField(max_length=300, default="", blank=True)  # called when its feed grows
    webhook_secret = models.BinaryField(null=True)  # sealed
    witness_key = models.CharField(max_length=200, default="", blank=True)  # verifier key of its cosignatures
    # Public key to which whatever it is handed out is encrypted (`engine.recipients`).
    release_key = models.CharField(max_length=1000, default="", blank=True)
    release_key_since = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name


class Contract(models.Model):
    """A signed agreement; of the document only its hash is kept. `answers`: point of the checklist for this
    kind → how far it is there. `evidence`: point → page, quote, who checked it and when."""

    class Kind(models.TextChoices):
        DPA = "dpa"  # processor contract (GDPR Art. 28(3))
        SCC = "scc"  # standard contractual clauses ((EU) 2021/914)
        BCR = "bcr"  # binding corporate rules (Art. 47)
        NDA = "nda"

    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, related_name="contracts")
    reference = models.CharField(max_length=100)
    kind = models.CharField(max_length=4, choices=Kind, default=Kind.DPA)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)
    module = models.CharField(max_length=1, default="", blank=True)  # of standard clauses
    file_sha256 = models.CharField(max_length=64, default="", blank=True)
    answers = models.JSONField(default=dict)
    evidence = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["partner", "reference"], name="contract_reference")]

    def __str__(self) -> str:
        return self.reference


class TransferBasis(models.Model):
    """Why data may go to a partner in one country (GDPR Art. 44-49). `assessed_on`, `conclusion`: transfer
    impact assessment. `listed_on`: the partner is inside the scope of a limited adequacy decision."""

    class Mechanism(models.TextChoices):
        NONE = "none"
        ADEQUACY = "adequacy"
        SCC = "scc"
        BCR = "bcr"
        DEROGATION = "derogation"

    class Risk(models.TextChoices):
        LOW = "low"
        MEDIUM = "medium"
        HIGH = "high"

    class Conclusion(models.TextChoices):
        SUFFICIENT = "sufficient"
        SUFFICIENT_WITH_MEASURES = "sufficient_with_measures"
        INSUFFICIENT = "insufficient"

    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, related_name="transfers")
    country = models.CharField(max_length=2)
    mechanism = models.CharField(max_length=12, choices=Mechanism)
    assessed_on = models.DateField(null=True)
    assessment_valid_to = models.DateField(null=True)
    law_risk = models.CharField(max_length=8, choices=[("", ""), *Risk.choices], default="", blank=True)
    measures = models.CharField(max_length=2000, default="", blank=True)
    conclusion = models.CharField(
        max_length=30, choices=[("", ""), *Conclusion.choices], default="", blank=True
    )
    listed_on = models.DateField(null=True)
    listed_to = models.DateField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["partner", "country"], name="transfer_country")]


class Engagement(models.Model):
    """A processor lets another one work for us (GDPR Art. 28(2), (4)). We may object until `decide_by`;
    `terms_agreed_on`: it has shown that the same duties were passed on."""

    class State(models.TextChoices):
        ANNOUNCED = "announced"
        AUTHORISED = "authorised"
        OBJECTED = "objected"

    processor = models.ForeignKey(Partner, on_delete=models.CASCADE, related_name="engagements")
    sub = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="engaged_by")
    service = models.CharField(max_length=200)
    state = models.CharField(max_length=10, choices=State, default=State.ANNOUNCED)
    announced_on = models.DateField()
    decide_by = models.DateField(null=True)
    terms_agreed_on = models.DateField(null=True)
    ended_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["processor", "sub"], name="engagement_once"),
            models.CheckConstraint(
                condition=~models.Q(processor=models.F("sub")), name="engagement_of_another"
            ),
        ]


class Override(models.Model):
    """One reason of the gate does not count until a day, because two persons said so. `key` is that of
    `engine.partygate.Block`."""

    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, related_name="overrides")
    key = models.CharField(max_length=400)
    because = models.CharField(max_length=1000)
    until = models.DateField()
    asked_by = models.CharField(max_length=80)
    asked_at = models.DateTimeField()
    approved_by = models.CharField(max_length=80, default="", blank=True)
    approved_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=80, default="", blank=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(asked_by=models.F("approved_by")), name="override_two_persons"
            ),
            models.CheckConstraint(
                condition=models.Q(approved_at=None, approved_by="")
                | (models.Q(approved_at__isnull=False) & ~models.Q(approved_by="")),
                name="override_approved_by_somebody",
            ),
        ]


class KeyRemoval(models.Model):
    """One person asked that a centre's public key ends, after which its files leave in clear. Another one has
    to agree; a new key ends it."""

    partner = models.OneToOneField(Partner, on_delete=models.CASCADE, related_name="key_removal")
    fingerprint = models.CharField(max_length=100)
    asked_by = models.CharField(max_length=80)
    asked_at = models.DateTimeField()


class Source(models.Model):
    """Where data come from. `kind` uses the words of the W3C Data Privacy Vocabulary, in short."""

    class Kind(models.TextChoices):
        DATA_SUBJECT = "data_subject"
        CONTROLLER = "controller"
        THIRD_PARTY = "third_party"
        PUBLIC = "public"
        UNKNOWN = "unknown"  # nobody knows: out of marketing at once (packs/law/origin.yaml)

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
