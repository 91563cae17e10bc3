"""Persons and what each source says about them.

A Record is one source's statement about one human: sealed, with its provenance. A Person groups records that
are the same human; the grouping follows from RecordLink rows and can be undone without touching a record
(docs/decisions/0001).
"""

from django.db import models

from duecause.apps.catalogue.models import Wording
from duecause.apps.parties.models import Source
from duecause.apps.vault.token_fields import CoveredJSONField, TokenField
from duecause.engine.ids import uuid7

# Basis of a number whose time in marketing is over: no list takes it up, an objection still finds it.
ENDED = "ended"


class Person(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid7)
    language = models.CharField(max_length=2, default="en")
    created_at = models.DateTimeField()
    restricted_at = models.DateTimeField(null=True)  # GDPR Art. 18
    erased_at = models.DateTimeField(null=True)


class ImportBatch(models.Model):
    """One file read once. The file itself is not kept: only its hash and what each row became."""

    class State(models.TextChoices):
        LOADING = "loading"
        COMPLETE = "complete"
        FAILED = "failed"

    id = models.UUIDField(primary_key=True, default=uuid7)
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="batches")
    file_name = models.CharField(max_length=255)
    sha256 = models.CharField(max_length=64)
    sheets = models.JSONField(default=list)  # per sheet: name, encoding, delimiter, header row, rows, columns
    options = models.JSONField(default=dict)  # country, sheet, explicit column mapping
    state = models.CharField(max_length=10, choices=State, default=State.LOADING)
    rows_total = models.PositiveIntegerField(default=0)
    rows_done = models.PositiveIntegerField(default=0)
    counts = models.JSONField(default=dict)  # outcome -> rows
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    actor = models.CharField(max_length=80)

    class Meta:
        indexes = [models.Index(fields=["source", "sha256"], name="import_source_sha256")]


class Record(models.Model):
    """`identity` and `contract` are sealed blobs of {field: value}. `fields` names what is inside, so that
    provenance and the card can be drawn without opening anything."""

    id = models.UUIDField(primary_key=True, default=uuid7)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="records")
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="records", db_index=False)
    batch = models.ForeignKey(ImportBatch, null=True, on_delete=models.PROTECT, related_name="records")
    sheet = models.CharField(max_length=80, default="", blank=True)
    row = models.PositiveIntegerField(default=0)
    key_in_source = TokenField()  # keyed hash: finds this row again in a corrected file
    content_hash = TokenField()  # keyed hash: tells whether anything changed
    fields = models.JSONField(default=list)
    field_hashes = CoveredJSONField(default=dict)  # field -> short keyed hash: what changed, without opening
    identity = models.BinaryField(null=True)
    contract = models.BinaryField(null=True)
    language = models.CharField(max_length=2, default="en")
    basis = models.CharField(max_length=30)
    wording = models.ForeignKey(Wording, null=True, on_delete=models.PROTECT, related_name="records")
    obtained_on = models.DateField(null=True)
    recorded_at = models.DateTimeField()
    changed_at = models.DateTimeField(null=True)
    history = models.JSONField(null=True)  # what earlier files said (register/history.py); null: only one

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "key_in_source"], name="record_key_in_source")
        ]


class Correction(models.Model):
    """What a person put right in one field of one record (GDPR Art. 16): provenance of its own, which
    outweighs the source as long as that repeats what was wrong. `previous` is sealed under the record's
    key."""

    class How(models.TextChoices):
        CALL = "call"
        LETTER = "letter"
        MAIL = "mail"
        PORTAL = "portal"
        VISIT = "visit"

    act = models.UUIDField(db_index=True)  # one rectification may touch several records
    record = models.ForeignKey(Record, on_delete=models.CASCADE, related_name="corrections")
    field = models.CharField(max_length=40)
    how = models.CharField(max_length=10, choices=How)
    reference = models.CharField(max_length=60, default="", blank=True)  # of the ticket or letter
    said_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    actor = models.CharField(max_length=80)
    before = models.CharField(max_length=16, default="", blank=True)  # hash of what the source says
    previous = models.BinaryField(null=True)
    ended_at = models.DateTimeField(null=True)  # corrected again, or the source says something newer

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["record", "field"],
                condition=models.Q(ended_at=None),
                name="correction_standing_once",
            )
        ]


class StoredField(models.Model):
    """A field that may only be stored (GDPR Art. 4(3)): its value is still in the seal of its record, and
    `Record.fields` no longer names it, so that nobody is shown it and no list is made with it."""

    record = models.ForeignKey(Record, on_delete=models.CASCADE, related_name="stored_fields")
    field = models.CharField(max_length=40)
    since = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["record", "field"], name="stored_field_once")]


class Hold(models.Model):
    """Somebody must not lose these data for now: a claim, an order of a court, an inspection (GDPR
    Art. 17(3)(b), (e)). While it runs nothing it covers is erased by any rule or request.

    `whole_person`: all records of whoever one of `records` is of, also those that come later; else only
    `records`. That way it follows records when persons are linked and separated."""

    class Reason(models.TextChoices):
        LEGAL_CLAIM = "legal_claim"
        COURT_ORDER = "court_order"
        AUTHORITY = "authority"
        LEGAL_OBLIGATION = "legal_obligation"

    id = models.UUIDField(primary_key=True, default=uuid7)
    records = models.ManyToManyField(Record, related_name="holds")
    whole_person = models.BooleanField(default=True)
    fields = models.JSONField(default=list)  # codes; empty: all
    reason = models.CharField(max_length=16, choices=Reason)
    reference = models.CharField(max_length=60, default="", blank=True)  # of the file, never a name
    begun_by = models.CharField(max_length=80)
    begun_at = models.DateTimeField()
    until = models.DateField(null=True)  # its last day; none: until somebody ends it
    ended_by = models.CharField(max_length=80, default="", blank=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["ended_at", "until"], name="hold_running")]


class Lookup(models.Model):
    """Blind index row: finds records by an identifier nobody can read here."""

    class Kind(models.TextChoices):
        PHONE = "phone"
        EMAIL = "email"
        CUSTOMER_NO = "customer_no"
        NAME_POSTCODE = "name_postcode"

    record = models.ForeignKey(Record, on_delete=models.CASCADE, related_name="lookups")
    kind = models.CharField(max_length=16, choices=Kind)
    token = TokenField()
    key_id = models.CharField(max_length=16)
    normaliser = models.PositiveSmallIntegerField()

    class Meta:
        indexes = [models.Index(fields=["token", "kind"], name="lookup_token")]


class DialFact(models.Model):
    """Everything screening needs about one number of one record, with nothing sealed opened."""

    # The unique constraint below begins with the record: an index of its own would only cost.
    record = models.ForeignKey(Record, on_delete=models.CASCADE, related_name="dial_facts", db_index=False)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="dial_facts")
    source = models.ForeignKey(Source, on_delete=models.PROTECT)
    ordinal = models.PositiveSmallIntegerField()
    token = TokenField(families=("dial",), db_index=True)
    key_id = models.CharField(max_length=16)
    country = models.CharField(max_length=3)
    region = models.CharField(max_length=10, default="", blank=True)
    zone = models.CharField(max_length=40, default="", blank=True)
    natural = models.BooleanField(default=True)
    minor_band = models.CharField(max_length=8, default="unknown")  # adult, minor, unknown
    adult_from = models.DateField(null=True)  # a minor is one until this day
    basis = models.CharField(max_length=30)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["record", "ordinal"], name="dial_fact_ordinal")]


class RelationFact(models.Model):
    """A contract between a person and the controller: product family, from, to. Not sealed: no value here
    identifies anybody."""

    record = models.ForeignKey(Record, on_delete=models.CASCADE, related_name="relations")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="relations")
    family = models.CharField(max_length=40)
    since = models.DateField(null=True)
    until = models.DateField(null=True)


class ImportRow(models.Model):
    """What one row of a file became. Problems hold codes, columns and shapes of values, never values."""

    class Outcome(models.TextChoices):
        STORED = "stored"
        UPDATED = "updated"
        UNCHANGED = "unchanged"
        REFUSED = "refused"
        QUARANTINED = "quarantined"

    batch = models.ForeignKey(ImportBatch, on_delete=models.CASCADE, related_name="rows", db_index=False)
    sheet = models.CharField(max_length=80, default="", blank=True)
    row = models.PositiveIntegerField()
    outcome = models.CharField(max_length=12, choices=Outcome)
    record = models.ForeignKey(Record, null=True, on_delete=models.SET_NULL, related_name="import_rows")
    problems = models.JSONField(default=list)  # [{code, column, looks}]
    changes = models.JSONField(default=list)  # fields that a corrected file changed

    class Meta:
        constraints = [models.UniqueConstraint(fields=["batch", "sheet", "row"], name="import_row_once")]


class QuarantinedRow(models.Model):
    """A row kept aside, sealed under a key of its own, until somebody mends its cause or it is deleted."""

    id = models.UUIDField(primary_key=True, default=uuid7)
    batch = models.ForeignKey(ImportBatch, on_delete=models.CASCADE, related_name="quarantine")
    sheet = models.CharField(max_length=80, default="", blank=True)
    row = models.PositiveIntegerField()
    reason = models.CharField(max_length=60)
    content = models.BinaryField()
    quarantined_at = models.DateTimeField()
    delete_after = models.DateTimeField(db_index=True)


class RecordLink(models.Model):
    """Two records are (or may be) the same human. Ending a link is a row change, never a merge undone by
    guesswork."""

    class State(models.TextChoices):
        LINKED = "linked"
        SUGGESTED = "suggested"
        REJECTED = "rejected"
        ENDED = "ended"

    a = models.ForeignKey(Record, on_delete=models.CASCADE, related_name="links_out")
    b = models.ForeignKey(Record, on_delete=models.CASCADE, related_name="links_in")
    state = models.CharField(max_length=10, choices=State)
    rule = models.CharField(max_length=40)
    evidence = models.JSONField(default=list)  # codes: same_phone, same_name, birth_date_differs …
    decided_by = models.CharField(max_length=80)
    decided_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["a", "b"], name="record_link_pair")]
        indexes = [models.Index(fields=["state", "decided_at"], name="record_link_state")]


class LinkOpinion(models.Model):
    """What one person said of a suggested link that several have to agree on. Gone when it is settled: the
    ledger keeps who said what."""

    link = models.ForeignKey(RecordLink, on_delete=models.CASCADE, related_name="opinions")
    given_by = models.CharField(max_length=80)
    same = models.BooleanField()
    given_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["link", "given_by"], name="link_opinion_once")]


class GuardToken(models.Model):
    """Identifier of an erased person, under the guard key: bulk sources are refused, a fresh consent by the
    person is not. Its own purpose and retention, told to the person."""

    kind = models.CharField(max_length=16)
    token = TokenField(families=("guard",))
    key_id = models.CharField(max_length=16)
    made_at = models.DateTimeField()
    delete_after = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "token"], name="guard_token_once")]
