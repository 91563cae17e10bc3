"""Send notices, fetch and confirm letters, note what came back, record exemptions."""

from __future__ import annotations

from datetime import UTC, date, datetime
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from duecause.apps.notices import exempt_actions, send_actions
from duecause.apps.notices.models import NoticeExemption
from duecause.apps.notices.views import (
    batch_or_404,
    page_of_all,
    page_of_batch,
    page_of_source,
    source_or_404,
)
from duecause.apps.parties.models import Controller
from duecause.engine.problems import Refused, gettext_noop
from duecause.web.access import needs
from duecause.web.http import PageRequest
from duecause.web.templatetags.formats import number

NO_DAY = gettext_noop("This is no day. Write it as 2026-11-27.")


@require_POST
@needs("notices.send")
def send(request: PageRequest) -> HttpResponse:
    """Put everybody who must still be told into letters and e-mails."""
    controller = get_object_or_404(Controller, code=request.POST.get("controller", "")[:40])
    try:
        made = send_actions.plan_notices(actor=request.actor, controller=controller, now=datetime.now(UTC))
    except Refused as refused:
        return page_of_all(request, refused.problem)
    text = ngettext(
        "%(n)s person is on the way to be told.", "%(n)s people are on the way to be told.", made.people
    )
    said = [text % {"n": number(made.people)}]
    if made.unreachable:
        text = ngettext(
            "%(n)s has no address in our data: tell them in the first call, or ask for one.",
            "%(n)s have no address in our data: tell them in the first call, or ask for one.",
            made.unreachable,
        )
        said.append(text % {"n": number(made.unreachable)})
    if made.left:
        said.append(_("%(n)s more did not fit: send again.") % {"n": number(made.left)})
    messages.success(request, " ".join(said))
    return redirect("notices:overview")


@require_POST
@needs("notices.send")
def fetch(request: PageRequest, batch_id: UUID) -> HttpResponse:
    """The file for the print shop. A POST: it is an event, and nothing is fetched by following a link."""
    found = batch_or_404(batch_id)
    try:
        content = send_actions.fetch(actor=request.actor, batch=found, now=datetime.now(UTC))
    except Refused as refused:
        return page_of_batch(request, found, refused.problem)
    name = f"notices-{str(found.pk)[-8:]}.zip"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return HttpResponse(content, content_type="application/zip", headers=headers)


@require_POST
@needs("notices.send")
def confirm(request: PageRequest, batch_id: UUID) -> HttpResponse:
    found = batch_or_404(batch_id)
    try:
        on = _day(request.POST.get("on", ""))
        told = send_actions.confirm_posted(actor=request.actor, batch=found, on=on, now=datetime.now(UTC))
    except Refused as refused:
        return page_of_batch(request, found, refused.problem)
    if told:
        text = ngettext("%(n)s person counts as told now.", "%(n)s people count as told now.", told)
        messages.success(request, text % {"n": number(told)})
    else:
        messages.info(request, _("It was confirmed before; nothing was changed."))
    return redirect("notices:batch", found.pk)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Refused("no_day", NO_DAY) from None


@require_POST
@needs("notices.send")
def returned(request: PageRequest, batch_id: UUID) -> HttpResponse:
    """A letter or e-mail of this batch came back."""
    found = batch_or_404(batch_id)
    reference = request.POST.get("reference", "").strip()[:120]
    try:
        send_actions.note_return(actor=request.actor, reference=reference, now=datetime.now(UTC))
    except Refused as refused:
        return page_of_batch(request, found, refused.problem)
    messages.success(request, _("The person is due again."))
    return redirect("notices:batch", found.pk)


@require_POST
@needs("notices.exempt")
def exempt(request: PageRequest, code: str) -> HttpResponse:
    source = source_or_404(code)
    received_to = request.POST.get("received_to", "")
    try:
        exempt_actions.exempt(
            actor=request.actor,
            source=source,
            ground=request.POST.get("ground", ""),
            because=request.POST.get("because", ""),
            proof=request.POST.get("proof", ""),
            received_to=_day(received_to) if received_to else None,
            customers=bool(request.POST.get("customers")),
            now=datetime.now(UTC),
        )
    except Refused as refused:
        return page_of_source(request, source, refused.problem)
    messages.success(request, _("The exemption holds now."))
    return redirect("notices:rows", source.code)


@require_POST
@needs("notices.exempt")
def end_exemption(request: PageRequest, exemption_id: UUID) -> HttpResponse:
    found = get_object_or_404(NoticeExemption.objects.select_related("source"), pk=exemption_id)
    exempt_actions.end_exemption(actor=request.actor, exemption=found, now=datetime.now(UTC))
    messages.success(request, _("The exemption has ended: the clock of these people runs again."))
    return redirect("notices:rows", found.source.code)
