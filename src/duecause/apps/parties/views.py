"""The partners page: whether data may go to a call centre, its keys, and where data come from."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from duecause.apps.parties import actions, queries, texts
from duecause.apps.parties.models import Partner, Source
from duecause.apps.parties.queries import PartyState
from duecause.engine.problems import Refused
from duecause.web.access import needs
from duecause.web.http import PageRequest
from duecause.web.templatetags.formats import shown_day
from duecause.web.words import country_name, language_name, spoken

SOON_DAYS = 60


@require_GET
@needs("parties.read")
def partners(request: PageRequest) -> HttpResponse:
    return _page(request)


@require_POST
@never_cache
@needs("apikeys.manage")
def create_key(request: PageRequest, code: str) -> HttpResponse:
    """The answer itself shows the key: it is kept nowhere, so it cannot be shown again."""
    partner = _centre(code)
    try:
        clear = actions.create_api_key(
            actor=request.actor,
            partner=partner,
            scopes=request.POST.getlist("scopes"),
            now=datetime.now(UTC),
        )
    except Refused as refused:
        return _page(request, refused=(partner.code, spoken(refused.problem)), status=422)
    return _page(request, made=(partner, clear))


@require_POST
@needs("apikeys.manage")
def revoke_key(request: PageRequest, code: str, prefix: str) -> HttpResponse:
    partner = _centre(code)
    try:
        ended = actions.revoke_api_key(
            actor=request.actor, partner=partner, prefix=prefix, now=datetime.now(UTC)
        )
    except Refused as refused:
        messages.error(request, spoken(refused.problem))
    else:
        words = {"key": f"dc_{prefix}_…", "partner": partner.name}
        if ended:
            messages.success(request, _("The key %(key)s of %(partner)s is revoked.") % words)
        else:
            messages.info(request, _("The key %(key)s of %(partner)s was revoked before.") % words)
    return redirect("parties:list")


def _centre(code: str) -> Partner:
    return get_object_or_404(Partner, code=code, kind=Partner.Kind.CALL_CENTRE)


def _page(
    request: PageRequest,
    *,
    made: tuple[Partner, str] | None = None,
    refused: tuple[str, str] | None = None,
    status: int = 200,
) -> HttpResponse:
    today = shown_day(datetime.now(UTC))
    context = {
        "tiles": [_tile(queries.state_of(partner, today), today) for partner in queries.call_centres()],
        "sources": [_source_row(source) for source in queries.sources()],
        "scopes": [(code, texts.SCOPES.get(code, code)) for code in sorted(actions.SCOPES)],
        "may_manage": request.actor.may("apikeys.manage"),
        "made": made,
        "refused": refused,
    }
    return render(request, "parties/partners.html", context, status=status)


def _tile(state: PartyState, today: date) -> dict[str, Any]:
    soon = state.closes_after is not None and (state.closes_after - today).days <= SOON_DAYS
    return {
        "state": state,
        "partner": state.partner,
        "country": country_name(state.partner.country),
        "meaning": "stopped" if state.reasons else "watch" if soon else "ok",
        "reasons": [{"text": spoken(problem)} for problem in state.reasons],
        "transfer": _transfer_words(state),
        "keys": queries.keys_of(state.partner),
    }


def _transfer_words(state: PartyState) -> str:
    if state.inside:
        return _("Not needed: inside the European Economic Area")
    transfer = state.transfer
    if state.decision and (not state.decision.scope or (transfer and transfer.scope_listed)):
        return _("Adequacy decision %(ref)s") % {"ref": state.decision.ref}
    if transfer is None:
        return str(texts.MECHANISMS["none"])
    words = str(texts.MECHANISMS.get(transfer.mechanism, transfer.mechanism))
    if transfer.mechanism == "scc" and transfer.module:
        words = _("%(what)s, module %(module)s") % {"what": words, "module": transfer.module}
    return words


def _source_row(source: Source) -> dict[str, Any]:
    return {
        "source": source,
        "kind": texts.SOURCE_KINDS.get(source.kind, source.kind),
        "basis": texts.BASES.get(source.claimed_basis, source.claimed_basis),
        "country": country_name(source.default_country),
        "wordings": [
            {"name": f"{wording.code} {wording.version}", "language": language_name(wording.language)}
            for wording in source.wordings.all()
        ],
        "bare": source.claimed_basis == "consent" and not source.wordings.all(),
    }
