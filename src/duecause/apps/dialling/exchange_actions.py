"""The scheduled exchange of files with a call centre: the feed's own files out, its answers in.

Sent again whole each time until they are acknowledged; taken twice, an answer counts once. So every round may
break off anywhere and is simply made again.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from django.conf import settings
from django.db import transaction

from duecause.apps.dialling import feed_files
from duecause.apps.dialling.exchange_sftp import NAME, NotExchanged, Server, Session, connected
from duecause.apps.dialling.feed_actions import partner_actor
from duecause.apps.dialling.models import Custody, Exchange
from duecause.apps.gate.actions import open_spool
from duecause.apps.gate.holdings import Sealed
from duecause.apps.ledger.actions import record
from duecause.apps.obligations.actions import bring_forward, ensure_periodic
from duecause.apps.parties.actions import WEBHOOK_COMPARTMENT, secrets_owner
from duecause.apps.parties.models import Partner
from duecause.apps.vault.actions import seal_bytes
from duecause.engine.actor import Actor
from duecause.engine.problems import Refused, gettext_noop

KEY_USE = "dialling.exchange"
OPEN = "exchange"
ROUND = "dialling.exchange"  # a kind of obligation
ASK = "dialling.release"
_MISSING = gettext_noop("No exchange is agreed with %(centre)s. See: duecause exchange set --help")
TAKEN, REFUSED = "taken", "refused"
MOST_PROBLEMS = 20  # kept to be shown; the file beside the answers has them all
MOST_FILES = 100  # of one round; the others wait for the next
Read = Callable[..., object]


@dataclass(slots=True)
class Round:
    """What one exchange did. `problems` name files and rows, and no person."""

    sent: list[str] = field(default_factory=list)
    taken: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def set_exchange(*, actor: Actor, partner: Partner, server: Server, now: datetime) -> str:
    """Agree on a server with a centre. Gives the public key that it must let in; a key that was made before
    stays. Raises NotPermitted, Refused."""
    actor.require("apikeys.manage")
    server.check()
    with transaction.atomic():
        found = Exchange.objects.select_for_update().filter(partner=partner).first()
        exchange = found or Exchange(partner=partner, **_new_pair(partner))
        for name in ("host", "port", "user", "host_key", "outgoing", "incoming"):
            setattr(exchange, name, getattr(server, name))
        exchange.save()
        record(actor=actor, kind="dialling.exchange_set", now=now, payload={"centre": partner.code})
    return exchange.public_key


def _new_pair(partner: Partner) -> dict[str, object]:
    made = Ed25519PrivateKey.generate()
    secret = made.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
    public = made.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
    return {
        "private_key": seal_bytes(secrets_owner(partner), WEBHOOK_COMPARTMENT, KEY_USE, secret),
        "public_key": f"{public} duecause",
    }


def folder_of(partner: Partner) -> Path:
    return Path(settings.DATA) / "exchange" / str(partner.pk)


def queue(*, partner: Partner, name: str, content: bytes) -> None:
    """Lay a file down for the next exchanges. Only what is encrypted to the centre may lie here."""
    folder = folder_of(partner)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())


def refuse_undeliverable(partner: Partner) -> None:
    """Raise Refused where a list cannot be delivered by exchange: no server, or no key to encrypt to."""
    if not Exchange.objects.filter(partner=partner).exists():
        raise Refused("exchange_missing", _MISSING, centre=partner.name)
    if not Partner.objects.exclude(release_key="").filter(pk=partner.pk).exists():
        raise Refused(
            "exchange_needs_key",
            "A list is delivered by exchange only encrypted. Set the public key of %(centre)s: duecause"
            " partners key",
            centre=partner.name,
        )


def ask_round(*, actor: Actor, partner: Partner, now: datetime) -> None:
    """Have a worker make a round with this centre at once; one that waits for its time begins now. Raises
    NotPermitted, Refused where no exchange is agreed."""
    actor.require(ASK)
    if not Exchange.objects.filter(partner=partner).exists():
        raise Refused("exchange_missing", _MISSING, centre=partner.name)
    with transaction.atomic():
        if not bring_forward(kind=ROUND, system=partner.code, now=now):
            slot = f"{partner.pk}:{now:%Y-%m-%dT%H:%M:%S}"
            ensure_periodic(kind=ROUND, slot=slot, system=partner.code, now=now)
        record(actor=actor, kind="dialling.exchange_asked", now=now, payload={"centre": partner.code})


def run_exchange(*, actor: Actor, partner: Partner, now: datetime) -> Round:
    """One round with this centre. `actor` may open its key (`open:exchange`).

    Raises Refused where the server is not the agreed one, exchange_sftp.NotExchanged to try again later; why
    is kept.
    """
    exchange = Exchange.objects.get(partner=partner)
    kept = Exchange.objects.filter(pk=exchange.pk)
    try:
        done = _round(actor, exchange, partner, now)
    except Refused as refused:
        places = {name: str(value) for name, value in refused.problem.params.items()}
        kept.update(last_tried_at=now, last_error={"text": refused.problem.template, "places": places})
        raise
    except NotExchanged as why:
        kept.update(last_tried_at=now, last_error={"text": str(why), "places": {}})
        raise
    kept.update(
        last_tried_at=now,
        last_done_at=now,
        last_sent=len(done.sent),
        last_taken=len(done.taken),
        last_error={},
        last_problems=done.problems[:MOST_PROBLEMS],
    )
    return done


def _round(actor: Actor, exchange: Exchange, partner: Partner, now: datetime) -> Round:
    blob = bytes(exchange.private_key)
    sealed = Sealed(secrets_owner(partner), WEBHOOK_COMPARTMENT, KEY_USE, blob)
    key = open_spool(actor=actor, sealed=sealed, why=OPEN, now=now)
    if key is None:
        raise Refused("exchange_key_gone", "The key for this exchange is gone. Set the exchange anew.")
    done = Round()
    with connected(exchange.server(), key) as session:
        there, answers = session.waiting()
        _take(session, partner, answers, now, done)  # first, so that what is acknowledged is not sent again
        _send(session, partner, there, now, done)
    return done


def _send(session: Session, partner: Partner, there: set[str], now: datetime, done: Round) -> None:
    lists = _lists(partner)
    files = feed_files.written(actor=partner_actor(partner), partner=partner, now=now)
    session.send({**lists, **files}, there)  # the manifest last: whoever sees it finds the rest
    done.sent += [*lists, *files]


def _lists(partner: Partner) -> dict[str, bytes]:
    """Lists that wait, until their arrival is confirmed."""
    folder, waiting = folder_of(partner), {}
    open_words = Custody.objects.filter(partner=partner, kind=Custody.Kind.ARRIVAL, said_at=None)
    marks = set(open_words.values_list("release__watermark", flat=True))
    for path in sorted(folder.glob("list-*")) if folder.is_dir() else ():
        if path.name.removeprefix("list-").partition(".")[0] in marks:
            waiting[path.name] = path.read_bytes()
        else:
            path.unlink()
    return waiting


def lists_waiting(partner: Partner) -> int:
    """Lists that lie here for the next rounds."""
    folder = folder_of(partner)
    return sum(1 for _ in folder.glob("list-*")) if folder.is_dir() else 0


def may_deliver(partner: Partner) -> bool:
    """Whether a list of this centre can go by exchange: a server is agreed, and there is a key to encrypt
    to."""
    return bool(partner.release_key) and Exchange.objects.filter(partner=partner).exists()


def _take(session: Session, partner: Partner, answers: set[str], now: datetime, done: Round) -> None:
    ours = [(name, read) for name in sorted(answers, key=lambda n: (len(n), n)) if (read := _reader(name))]
    for name, read in ours[:MOST_FILES]:
        data = session.fetch([name])[name]
        try:
            found = read(actor=partner_actor(partner), partner=partner, name=name, data=data, now=now)
            problems = list(getattr(found, "problems", ()))
        except Refused as refused:
            problems = [refused.problem.text]
            session.settle(name, REFUSED, _text(problems))
        else:
            session.settle(name, TAKEN, _text(problems))
            done.taken.append(name)
        done.problems += problems


def _text(problems: list[str]) -> bytes:
    return "".join(f"{each}\n" for each in problems).encode()


READERS: tuple[tuple[re.Pattern[str], Read], ...] = (
    (re.compile(r"ack-[A-Za-z0-9_-]+\.json"), feed_files.read_acknowledgement),
    (re.compile(r"objections-[A-Za-z0-9_-]+\.csv"), feed_files.read_objections),
    (re.compile(r"attempts-[A-Za-z0-9_-]+\.csv"), feed_files.read_attempts),
    (re.compile(r"lists-[A-Za-z0-9_-]+\.csv"), feed_files.read_words),
)


def _reader(name: str) -> Read | None:
    if not NAME.fullmatch(name):
        return None
    return next((read for pattern, read in READERS if pattern.fullmatch(name)), None)
