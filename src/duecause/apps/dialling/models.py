"""Campaigns, dial lists, releases: who may be called by whom, for what, until when."""

from datetime import datetime

from django.db import models

from duecause.apps.catalogue.models import Purpose
from duecause.apps.consent.models import Objection
from duecause.apps.dialling.exchange_sftp import Server
from duecause.apps.parties.models import Brand, Controller, Partner
from duecause.apps.register.models import Person, Record
from duecause.apps.vault.token_fields import TokenField
from duecause.engine.ids import uuid7


class Campaign(models.Model):
    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=200)
    controller = models.ForeignKey(Controller, on_delete=models.PROTECT, related_name="campaigns")
    brand = models.ForeignKey(Brand, null=True, on_delete=models.PROTECT, related_name="campaigns")
    purpose = models.ForeignKey(Purpose, on_delete=models.PROTECT, related_name="campaigns")
    channel = models.CharField(max_length=10, default="call")
    sector = models.CharField(max_length=40)
    offer_families = models.JSONField(default=list)  # product families this offer relates to
    countries = models.JSONField(default=list)
    release_fields = models.JSONField(default=list)  # the only catalogue fields a released row may carry
    # What its script says of where the data came from, at the first contact: code and version of a wording.
    notice = models.CharField(max_length=40, default="", blank=True)
    notice_version = models.CharField(max_length=20, default="", blank=True)
    # Caps of its own, on top of those of the law: calls in so many days, days of peace after a refusal.
    most_attempts = models.PositiveSmallIntegerField(null=True)
    attempt_days = models.PositiveSmallIntegerField(null=True)
    quiet_days = models.PositiveSmallIntegerField(null=True)
    # CallScript as the check before a call reads it: language, version and first day of each put into force.
    dated_scripts = models.JSONField(default=list)
    valid_days = models.PositiveSmallIntegerField(default=28)
    ended_on = models.DateField(null=True)

    def __str__(self) -> str:
        return self.name


class DialList(models.Model):
    """One screening of candidates for one campaign and one centre."""

    class State(models.TextChoices):
        SCREENING = "screening"
        SCREENED = "screened"
        RELEASED = "released"
        FAILED = "failed"

    id = models.UUIDField(primary_key=True, default=uuid7)
    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="lists")
    centre = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="lists")
    on = models.DateField()
    candidates_from = models.JSONField(default=dict)  # {"sources": [...]} or {"file": name, "sha256": ...}
    state = models.CharField(max_length=10, choices=State, default=State.SCREENING)
    report = models.JSONField(default=dict)  # waterfall, totals, rules applied, registers, expiry
    screened_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    actor = models.CharField(max_length=80)


class ListRow(models.Model):
    """Verdict of one candidate row, named as in its source."""

    dial_list = models.ForeignKey(DialList, on_delete=models.CASCADE, related_name="rows")
    position = models.PositiveIntegerField()
    file = models.CharField(max_length=255)
    sheet = models.CharField(max_length=80, default="", blank=True)
    row = models.PositiveIntegerField()
    record = models.ForeignKey(Record, null=True, on_delete=models.SET_NULL)
    person = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL)
    token = TokenField(families=("dial",), null=True)
    country = models.CharField(max_length=3, default="", blank=True)
    released = models.BooleanField()
    reasons = models.JSONField(default=list)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["dial_list", "position"], name="list_row_position")]
        indexes = [models.Index(fields=["dial_list", "released"], name="list_row_released")]


class Release(models.Model):
    """A list handed to a centre, with its certificate. Expires by itself; can be recalled. One that expires
    when it begins is a draft that was never handed out. One without a dial list was handed out before
    Duecause: it has expired, and what the centre holds of it is told like that of any other."""

    id = models.UUIDField(primary_key=True, default=uuid7)
    dial_list = models.OneToOneField(DialList, null=True, on_delete=models.PROTECT, related_name="release")
    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="releases")
    centre = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="releases")
    released_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    recalled_at = models.DateTimeField(null=True)
    rows = models.PositiveIntegerField()
    fields = models.JSONField(default=list)  # what its rows carried beside a number each
    watermark = models.CharField(max_length=32, unique=True)
    file_sha256 = models.CharField(max_length=64)
    certificate = models.JSONField(default=dict)
    notice = models.CharField(max_length=61, default="", blank=True)  # the short notice in its script
    event = models.UUIDField()
    actor = models.CharField(max_length=80)

    def running(self, now: datetime) -> bool:
        return self.recalled_at is None and now < self.expires_at


class ReleaseRow(models.Model):
    """One number in a centre's hands. Canaries have no person, nor have numbers of former times that nobody
    knows or several people share."""

    release = models.ForeignKey(Release, on_delete=models.CASCADE, related_name="release_rows")
    reference = models.CharField(
        max_length=64
    )  # in the partner's file instead of our ids: opaque, or its own
    token = TokenField(families=("dial",))
    person = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL)
    record = models.ForeignKey(Record, null=True, on_delete=models.SET_NULL)

    class Meta:
        indexes = [models.Index(fields=["token"], name="release_row_token")]
        constraints = [
            # Two rows of former times may be two people with one number; a row, one person with two.
            models.UniqueConstraint(fields=["reference", "release", "token"], name="release_row_once"),
        ]


class Custody(models.Model):
    """What a centre must still say of a list in its hands, or has said: that it arrived whole, and after its
    end that it is destroyed or returned (GDPR Art. 28(3)(g)). `word` is empty until something was said; `at`:
    when it happened, as the centre says; `how`: api, file, or page and command for our own people; `sha256`:
    of the list received, or of a signed document."""

    class Kind(models.TextChoices):
        ARRIVAL = "arrival"
        END = "end"

    class Word(models.TextChoices):
        RECEIVED = "received"
        DESTROYED = "destroyed"
        RETURNED = "returned"

    release = models.ForeignKey(Release, on_delete=models.CASCADE, related_name="custody")
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="custody")
    kind = models.CharField(max_length=8, choices=Kind)
    due_at = models.DateTimeField()
    step = models.UUIDField()
    word = models.CharField(max_length=10, choices=Word, default="", blank=True)
    at = models.DateTimeField(null=True)
    said_at = models.DateTimeField(null=True)
    how = models.CharField(max_length=10, default="", blank=True)
    sha256 = models.CharField(max_length=64, default="", blank=True)
    actor = models.CharField(max_length=80, default="", blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["release", "kind"], name="custody_once")]
        indexes = [
            models.Index(
                fields=["partner", "due_at"],
                condition=models.Q(said_at=None, kind="end"),
                name="custody_open_end",
            )
        ]


class Exchange(models.Model):
    """The SFTP server on which files are exchanged with a centre (`exchange_sftp.Server`), and our key for
    it: the private half is sealed."""

    partner = models.OneToOneField(Partner, on_delete=models.CASCADE, related_name="exchange")
    host = models.CharField(max_length=253)
    port = models.PositiveIntegerField(default=22)
    user = models.CharField(max_length=64)
    host_key = models.CharField(max_length=1000)
    outgoing = models.CharField(max_length=200)
    incoming = models.CharField(max_length=200)
    private_key = models.BinaryField()
    public_key = models.CharField(max_length=200)
    last_tried_at = models.DateTimeField(null=True)
    last_done_at = models.DateTimeField(null=True)
    last_sent = models.PositiveIntegerField(default=0)
    last_taken = models.PositiveIntegerField(default=0)
    last_error = models.JSONField(default=dict)  # why the last round failed: a message and its places
    last_problems = models.JSONField(default=list)  # what was wrong in the files that were taken, row by row

    def server(self) -> Server:
        return Server(self.host, self.port, self.user, self.host_key, self.outgoing, self.incoming)


class SnapshotKept(models.Model):
    """What a centre may call from `made_at` to a quarter of an hour later, judged then: `references`, sorted
    and compressed, of which `cursor` of its feed was the newest entry. `asked_at`: when it asked last."""

    partner = models.OneToOneField(Partner, on_delete=models.CASCADE, related_name="snapshot")
    made_at = models.DateTimeField()
    asked_at = models.DateTimeField()
    cursor = models.BigIntegerField()
    releases = models.JSONField(default=list)  # ids of the lists that ran
    references = models.BinaryField()


class FeedStream(models.Model):
    """How far the feed of one partner is: `written` entries, the highest cursor `given` out, the highest
    `acknowledged`. Its row is locked until commit by whoever writes an entry, so that cursors have no gap and
    appear in their order: a reader never passes one that is still to come."""

    partner = models.OneToOneField(Partner, on_delete=models.CASCADE, related_name="feed_stream")
    written = models.BigIntegerField(default=0)
    given = models.BigIntegerField(default=0)
    acknowledged = models.BigIntegerField(default=0)


class FeedEntry(models.Model):
    """One thing a partner must act on. It names rows by the references in the partner's own file; `release`
    is set where all rows of that file are meant."""

    class Kind(models.TextChoices):
        OBJECTION = "objection"
        RECALL = "recall"
        ERASURE = "erasure"
        LIFTED = "lifted"  # the objection of an earlier entry no longer holds
        CORRECTION = "correction"  # what the partner holds in `fields` of these rows is wrong

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="feed_entries")
    cursor = models.BigIntegerField()
    kind = models.CharField(max_length=12, choices=Kind)
    references = models.JSONField(default=list)
    release = models.ForeignKey(Release, null=True, on_delete=models.PROTECT, related_name="feed_entries")
    objection = models.ForeignKey(
        Objection, null=True, on_delete=models.SET_NULL, related_name="feed_entries"
    )
    scope = models.JSONField(default=dict)  # kind, channel, campaign: how far an objection reaches
    fields = models.JSONField(default=list)  # columns of the partner's file that a correction is about
    at = models.DateTimeField()  # of the objection or recall
    written_at = models.DateTimeField()
    given_at = models.DateTimeField(null=True)
    acknowledged_at = models.DateTimeField(null=True)
    step = models.UUIDField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["partner", "cursor"], name="feed_entry_cursor")]
        indexes = [
            models.Index(
                fields=["partner", "written_at"],
                condition=models.Q(acknowledged_at=None),
                name="feed_entry_unacknowledged",
            )
        ]


class CorrectedRow(models.Model):
    """A released row that an entry corrects. What is right is read from the register when the partner asks:
    no value stands here."""

    entry = models.ForeignKey(
        FeedEntry, on_delete=models.CASCADE, related_name="corrected_rows", db_index=False
    )
    row = models.ForeignKey(ReleaseRow, on_delete=models.CASCADE, related_name="corrections")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["entry", "row"], name="corrected_row_once")]


class FeedReceipt(models.Model):
    """A partner's word that it has acted on everything up to `cursor`."""

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="feed_receipts")
    cursor = models.BigIntegerField()
    at = models.DateTimeField()
    entries = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)  # of the entries since the receipt before

    class Meta:
        constraints = [models.UniqueConstraint(fields=["partner", "cursor"], name="feed_receipt_cursor")]


class FeedWitness(models.Model):
    """A checkpoint of the ledger that a partner cosigned: what it saw, and when."""

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="feed_witnesses")
    size = models.BigIntegerField()
    note = models.TextField()
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["partner", "size"], name="feed_witness_size")]


class ReportedObjection(models.Model):
    """An objection that a partner took, by the partner's own id, so that telling it twice counts once."""

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="reported_objections")
    client_id = models.CharField(max_length=64)
    received_at = models.DateTimeField()
    matched = models.BooleanField()  # on a list of this partner; never told to it

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["partner", "client_id"], name="reported_objection_once")
        ]


class Attempt(models.Model):
    """One call to a released row, as the centre reports it."""

    class Outcome(models.TextChoices):
        ANSWERED = "answered"
        NO_ANSWER = "no_answer"
        BUSY = "busy"
        VOICEMAIL = "voicemail"
        WRONG_NUMBER = "wrong_number"
        FAILED = "failed"

    row = models.ForeignKey(ReleaseRow, on_delete=models.CASCADE, related_name="attempts")
    at = models.DateTimeField()
    outcome = models.CharField(max_length=12, choices=Outcome)
    refusal = models.BooleanField(default=False)
    script = models.CharField(
        max_length=10, default="", blank=True
    )  # which was read, as nl-3; empty: not told
    reported_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["row", "at"], name="attempt_once")]
        indexes = [models.Index(fields=["at"], name="attempt_at")]


class DiallerSecret(models.Model):
    """Lets a centre's dialler sign the calls that it reports: the secret is reckoned from `salt` and a key of
    the vault, and lies nowhere."""

    partner = models.OneToOneField(Partner, on_delete=models.CASCADE, related_name="dialler_secret")
    salt = models.CharField(max_length=32)
    since = models.DateTimeField()


class SignedReport(models.Model):
    """The digest of a signed report that was taken, for as long as it could be sent again."""

    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, related_name="+", db_index=False)
    digest = models.CharField(max_length=64)
    at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["partner", "digest"], name="signed_report_once")]


class AllowedCall(models.Model):
    """A call that a centre was allowed and has not reported yet. Kept only where the number of calls is
    capped: it counts as a call, so that two centres together do not make one too many before either has
    reported."""

    row = models.ForeignKey(ReleaseRow, on_delete=models.CASCADE, related_name="allowed_calls")
    at = models.DateTimeField(db_index=True)


class CallScript(models.Model):
    """What is said when a person is called for a campaign, in one language and version. A draft until it is
    given the day from which it is in force; then it is never edited: calls refer to it."""

    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="scripts")
    language = models.CharField(max_length=2)
    version = models.PositiveSmallIntegerField()
    caller = models.TextField()  # who calls
    on_behalf_of = models.TextField()
    why = models.TextField()
    privacy_policy = models.TextField()  # where it can be read
    right_to_object = models.TextField()
    short_notice = models.TextField(default="", blank=True)  # where the data come from (GDPR Art. 14)
    drafted_by = models.CharField(max_length=80)
    drafted_at = models.DateTimeField()
    in_force_from = models.DateField(null=True)
    in_force_by = models.CharField(max_length=80, default="", blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["campaign", "language", "version"], name="call_script_version"),
            models.UniqueConstraint(
                fields=["campaign", "language"],
                condition=models.Q(in_force_from=None),
                name="call_script_one_draft",
            ),
        ]
