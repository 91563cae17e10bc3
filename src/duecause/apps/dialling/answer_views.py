"""Submit the numbers of a list to a register that gives out no file, and take in its answer."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from duecause.apps.consent import submission_actions
from duecause.apps.consent.models import NationalRegister
from duecause.apps.consent.queries import waiting_submission
from duecause.apps.dialling import register_answers, views
from duecause.apps.dialling.showing_answers import Answer
from duecause.engine.periods import local_day
from duecause.engine.problems import Refused
from duecause.web.access import needs
from duecause.web.http import PageRequest
from duecause.web.words import spoken


@require_POST
@needs("dialling.release")
def submit(request: PageRequest, list_id: UUID, register: str) -> HttpResponse:
    """The numbers that the register must be asked about, as the file to hand in. It is kept nowhere here."""
    dial_list = views.list_or_404(list_id)
    try:
        made, content = register_answers.submit(
            actor=request.actor, dial_list=dial_list, register=register, now=datetime.now(UTC)
        )
    except Refused as refused:
        return views.report(request, dial_list, refused=spoken(refused.problem))
    name = f"{made.register.code}_{made.made_at:%Y-%m-%d_%H%M}.txt"
    return HttpResponse(
        content,
        content_type="text/plain; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )


@require_POST
@needs("dialling.release")
def answer(request: PageRequest, list_id: UUID, register: str) -> HttpResponse:
    """Take the answer to the newest submission that waits for one."""
    dial_list, now = views.list_or_404(list_id), datetime.now(UTC)
    found = get_object_or_404(NationalRegister, code=register)
    form = Answer(request.POST, request.FILES, today=local_day(now, found.country))
    if not form.is_valid():
        return views.report(
            request, dial_list, refused=_("Choose the day, what the file holds, and the file.")
        )
    waiting = waiting_submission(found.code)
    if waiting is None:
        return views.report(
            request, dial_list, refused=_("No numbers wait for an answer. Submit them first.")
        )
    file = form.cleaned_data["file"]
    try:
        taken = submission_actions.take_answer(
            actor=request.actor,
            submission=waiting,
            data=file.read(),
            file_name=file.name,
            answered_on=form.cleaned_data["answered_on"],
            names=form.cleaned_data["names"],
            now=now,
        )
    except Refused as refused:
        return views.report(request, dial_list, refused=spoken(refused.problem))
    words = {"register": found.code, "listed": taken.listed, "rows": taken.rows}
    messages.success(request, _("%(register)s lists %(listed)d of %(rows)d numbers.") % words)
    return redirect("dialling:list", list_id)
