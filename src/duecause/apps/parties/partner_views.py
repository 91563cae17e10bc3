"""The page of one partner: what stands in the way and what to do about it, with the forms that do it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from duecause.apps.parties import (
    actions,
    agreement_actions,
    engagement_actions,
    override_actions,
    queries,
    release_key_actions,
    showing,
    texts,
    transfer_actions,
)
from duecause.apps.parties.forms import (
    AccessForm,
    ContractForm,
    DecisionForm,
    EngagementForm,
    OverrideForm,
    TransferForm,
)
from duecause.apps.parties.models import Contract, Engagement, Override, Partner
from duecause.engine.problems import Refused
from duecause.web.access import needs
from duecause.web.http import PageRequest
from duecause.web.templatetags.formats import shown_day
from duecause.web.words import country_name, spoken

Shown = dict[str, Any]


@require_GET
@needs("parties.read")
def partner(request: PageRequest, code: str) -> HttpResponse:
    return _page(request, _partner(code))


@require_POST
@never_cache
@needs("apikeys.manage")
def create_key(request: PageRequest, code: str) -> HttpResponse:
    """The answer itself shows the key: it is kept nowhere, so it cannot be shown again."""
    centre = get_object_or_404(Partner, code=code, kind=Partner.Kind.CALL_CENTRE)
    try:
        clear = actions.create_api_key(
            actor=request.actor, partner=centre, scopes=request.POST.getlist("scopes"), now=datetime.now(UTC)
        )
    except Refused as refused:
        return _page(request, centre, key_refused=spoken(refused.problem))
    return _page(request, centre, made=clear)


@require_POST
@needs("apikeys.manage")
def revoke_key(request: PageRequest, code: str, prefix: str) -> HttpResponse:
    centre = get_object_or_404(Partner, code=code, kind=Partner.Kind.CALL_CENTRE)
    try:
        ended = actions.revoke_api_key(
            actor=request.actor, partner=centre, prefix=prefix, now=datetime.now(UTC)
        )
    except Refused as refused:
        messages.error(request, spoken(refused.problem))
    else:
        words = {"key": f"dc_{prefix}_…", "partner": centre.name}
        if ended:
            messages.success(request, _("The key %(key)s of %(partner)s is revoked.") % words)
        else:
            messages.info(request, _("The key %(key)s of %(partner)s was revoked before.") % words)
    return redirect("parties:partner", centre.code)


@require_POST
@needs("apikeys.manage")
def set_release_key(request: PageRequest, code: str) -> HttpResponse:
    """Encrypt what this call centre is handed out to another key from now on."""
    centre = get_object_or_404(Partner, code=code, kind=Partner.Kind.CALL_CENTRE)
    try:
        release_key_actions.set_release_key(
            actor=request.actor,
            partner=centre,
            key=request.POST.get("release_key", ""),
            now=datetime.now(UTC),
        )
    except Refused as refused:
        return _page(request, centre, refused=("release_key", spoken(refused.problem)))
    return redirect("parties:partner", centre.code)


@require_POST
@needs("apikeys.manage")
def ask_key_removal(request: PageRequest, code: str) -> HttpResponse:
    return _about_key(request, code, release_key_actions.ask_key_removal)


@require_POST
@needs("parties.approve_override")
def approve_key_removal(request: PageRequest, code: str) -> HttpResponse:
    return _about_key(request, code, release_key_actions.approve_key_removal)


@require_POST
@needs("parties.review")
def end_key_removal(request: PageRequest, code: str) -> HttpResponse:
    return _about_key(request, code, release_key_actions.end_key_removal)


def _about_key(request: PageRequest, code: str, act: Callable[..., object]) -> HttpResponse:
    centre = get_object_or_404(Partner, code=code, kind=Partner.Kind.CALL_CENTRE)
    try:
        act(actor=request.actor, partner=centre, now=datetime.now(UTC))
    except Refused as refused:
        return _page(request, centre, refused=("key_removal", spoken(refused.problem)))
    return redirect("parties:partner", centre.code)


@require_POST
@needs("parties.review")
def suspension(request: PageRequest, code: str) -> HttpResponse:
    """Suspend from today on, or lift it."""
    suspended, now = _partner(code), datetime.now(UTC)
    on = None if suspended.suspended_on else shown_day(now)
    actions.suspend(actor=request.actor, partner=suspended, on=on, now=now)
    return redirect("parties:partner", suspended.code)


@require_POST
@needs("parties.review")
def record_contract(request: PageRequest, code: str) -> HttpResponse:
    return _act(
        request,
        _partner(code),
        "contract_form",
        ContractForm(request.POST),
        lambda of, given, now: agreement_actions.apply_contract(
            actor=request.actor, now=now, partner=of.code, **given
        ),
    )


@require_GET
@needs("parties.read")
def points(request: PageRequest, code: str, contract_id: int) -> HttpResponse:
    return _points_page(request, _contract(code, contract_id))


@require_POST
@needs("parties.review")
def note_points(request: PageRequest, code: str, contract_id: int) -> HttpResponse:
    """Note everything that was filled in; what is left at “–” stays as it was."""
    contract = _contract(code, contract_id)
    noted = {
        point.code: {
            "answer": request.POST[f"answer-{point.code}"],
            "page": request.POST.get(f"page-{point.code}", "").strip(),
            "quote": request.POST.get(f"quote-{point.code}", "").strip(),
        }
        for point in agreement_actions.points_of(contract.kind, contract.module)
        if request.POST.get(f"answer-{point.code}")
    }
    try:
        changed = agreement_actions.note_points(
            actor=request.actor, contract=contract, points=noted, now=datetime.now(UTC)
        )
    except Refused as refused:
        return _points_page(request, contract, refused=spoken(refused.problem))
    if changed:
        messages.success(request, _("Noted. See below what this means for the gate."))
    return redirect("parties:partner", contract.partner.code)


@require_POST
@needs("parties.review")
def note_access(request: PageRequest, code: str) -> HttpResponse:
    return _act(
        request,
        _partner(code),
        "access_form",
        AccessForm(request.POST),
        lambda of, given, now: transfer_actions.note_access(
            actor=request.actor, partner=of, now=now, **given
        ),
    )


@require_GET
@needs("parties.read")
def transfer(request: PageRequest, code: str, country: str) -> HttpResponse:
    return _transfer_page(request, _partner(code), country)


@require_POST
@needs("parties.review")
def save_transfer(request: PageRequest, code: str, country: str) -> HttpResponse:
    of, form = _partner(code), TransferForm(request.POST)
    _refuse_no_access(of, country)
    if not form.is_valid():
        return _transfer_page(request, of, country, form=form)
    try:
        transfer_actions.apply_transfer(
            actor=request.actor, now=datetime.now(UTC), partner=of.code, country=country, **form.cleaned_data
        )
    except Refused as refused:
        return _transfer_page(request, of, country, form=form, refused=spoken(refused.problem))
    return redirect("parties:partner", of.code)


@require_POST
@needs("parties.review")
def announce(request: PageRequest, code: str) -> HttpResponse:
    of = _partner(code)

    def act(of: Partner, given: Shown, now: datetime) -> object:
        sub = given.pop("sub")
        return engagement_actions.apply_engagement(
            actor=request.actor, now=now, processor=of.code, sub=sub.code, **given
        )

    return _act(request, of, "engagement_form", EngagementForm(request.POST, partner=of), act)


@require_POST
@needs("parties.review")
def decide(request: PageRequest, code: str, engagement_id: int) -> HttpResponse:
    of = _partner(code)
    below = {row["row"].pk for row in showing.tree(of)}
    if engagement_id not in below:
        raise Http404
    engagement = get_object_or_404(Engagement.objects.select_related("processor", "sub"), pk=engagement_id)
    return _act(
        request,
        of,
        "decision_form",
        DecisionForm(request.POST),
        lambda _of, given, now: engagement_actions.decide(
            actor=request.actor, engagement=engagement, now=now, **given
        ),
    )


@require_POST
@needs("parties.override")
def ask_override(request: PageRequest, code: str) -> HttpResponse:
    of = _partner(code)
    state = queries.gate_of(of, shown_day(datetime.now(UTC)))
    return _act(
        request,
        of,
        "override_form",
        OverrideForm(request.POST, reasons=showing.overridable(state)),
        lambda of, given, now: override_actions.ask_override(
            actor=request.actor, partner=of, now=now, **given
        ),
    )


@require_POST
@needs("parties.approve_override")
def approve_override(request: PageRequest, code: str, override_id: int) -> HttpResponse:
    override = _override(code, override_id)
    try:
        override_actions.approve_override(actor=request.actor, override=override, now=datetime.now(UTC))
    except Refused as refused:
        return _page(request, override.partner, refused=("override", spoken(refused.problem)))
    return redirect("parties:partner", override.partner.code)


@require_POST
@needs("parties.override")
def end_override(request: PageRequest, code: str, override_id: int) -> HttpResponse:
    override = _override(code, override_id)
    override_actions.end_override(actor=request.actor, override=override, now=datetime.now(UTC))
    return redirect("parties:partner", override.partner.code)


def _act(
    request: PageRequest,
    of: Partner,
    name: str,
    form: forms.Form,
    act: Callable[[Partner, Shown, datetime], object],
) -> HttpResponse:
    """Do what a form asks for, or show it again with what is wrong."""
    if not form.is_valid():
        return _page(request, of, wrong=(name, form))
    try:
        act(of, dict(form.cleaned_data), datetime.now(UTC))
    except Refused as refused:
        return _page(request, of, wrong=(name, form), refused=(name, spoken(refused.problem)))
    return redirect("parties:partner", of.code)


def _partner(code: str) -> Partner:
    return get_object_or_404(Partner, code=code)


def _contract(code: str, contract_id: int) -> Contract:
    return get_object_or_404(Contract.objects.select_related("partner"), pk=contract_id, partner__code=code)


def _override(code: str, override_id: int) -> Override:
    return get_object_or_404(Override.objects.select_related("partner"), pk=override_id, partner__code=code)


def _page(
    request: PageRequest,
    of: Partner,
    *,
    wrong: tuple[str, forms.Form] | None = None,
    refused: tuple[str, str] | None = None,
    made: str = "",
    key_refused: str = "",
) -> HttpResponse:
    today = shown_day(datetime.now(UTC))
    state = queries.gate_of(of, today)
    may = request.actor.may
    context: Shown = {
        "partner": of,
        "kind": texts.PARTNER_KINDS[of.kind],
        "country": country_name(of.country),
        "role": texts.ROLES[of.role],
        "our_role": texts.ROLES[of.our_role],
        "meaning": showing.meaning_of(state, today),
        "word": showing.gate_word(state),
        "closing": showing.closing(state),
        "reasons": showing.reasons(state),
        "overridden": [texts.override_row(block) for block in state.overridden],
        "contracts": showing.contracts(of, today),
        "countries": showing.countries(of, today),
        "tree": showing.tree(of),
        "overrides": showing.overrides(of, request.actor.ref, today),
        "history": showing.history(of),
        "keys": queries.keys_of(of),
        "fingerprint": release_key_actions.fingerprint_of(of),
        "key_removal": showing.key_removal(of, request.actor.ref),
        "scopes": [(code, texts.SCOPES.get(code, code)) for code in sorted(actions.SCOPES)],
        "has_keys": of.kind == Partner.Kind.CALL_CENTRE,
        "may_review": may("parties.review"),
        "may_override": may("parties.override"),
        "may_approve": may("parties.approve_override"),
        "may_keys": may("apikeys.manage"),
        "contract_form": ContractForm(initial={"valid_from": today}),
        "access_form": AccessForm(),
        "engagement_form": EngagementForm(partner=of, initial={"announced_on": today}),
        "override_form": OverrideForm(reasons=showing.overridable(state)),
        "decisions": [(code, word) for code, word in texts.ENGAGED.items()],
        "wrong": wrong[0] if wrong else "",
        "refused": refused,
        "made": made,
        "key_refused": key_refused,
    }
    if wrong:
        context[wrong[0]] = wrong[1]
    return render(
        request, "parties/partner.html", context, status=422 if wrong or refused or key_refused else 200
    )


def _points_page(request: PageRequest, contract: Contract, *, refused: str = "") -> HttpResponse:
    context = {
        "partner": contract.partner,
        **showing.contract(contract, shown_day(datetime.now(UTC))),
        "contract": contract,
        "rows": showing.points(contract, request.POST if refused else None),
        "may_review": request.actor.may("parties.review"),
        "refused": refused,
    }
    return render(request, "parties/points.html", context, status=422 if refused else 200)


def _transfer_page(
    request: PageRequest, of: Partner, country: str, *, form: TransferForm | None = None, refused: str = ""
) -> HttpResponse:
    _refuse_no_access(of, country)
    today = shown_day(datetime.now(UTC))
    basis = of.transfers.filter(country=country).first()
    initial = {name: getattr(basis, name) for name in TransferForm.base_fields} if basis else {}
    context = {
        "partner": of,
        "code": country,
        "country": country_name(country),
        "about": showing.decision_about(country, today),
        "form": form or TransferForm(initial=initial),
        "may_review": request.actor.may("parties.review"),
        "refused": refused,
    }
    return render(request, "parties/transfer.html", context, status=422 if form else 200)


def _refuse_no_access(of: Partner, country: str) -> None:
    """Only countries that data are reached from have a basis to be shown."""
    if country not in {of.country, *(each["country"] for each in of.accesses)}:
        raise Http404
