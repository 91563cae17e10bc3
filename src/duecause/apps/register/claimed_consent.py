"""Does the consent that a row claims name our company? The wording decides, never the supplier's word."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from duecause.apps.catalogue.models import Wording
from duecause.apps.parties.models import Source
from duecause.engine.tabular import fold_name

UNKNOWN = "consent_text_unknown"
NOT_NAMING = "consent_not_naming_controller"
AMBIGUOUS = "consent_text_ambiguous"


@dataclass(frozen=True, slots=True)
class Known:
    """One consent text of the source. `spellings` are the folded ways a list may refer to it."""

    id: int
    code: str
    version: str
    language: str
    names_controller: bool
    valid_from: date
    valid_to: date | None
    spellings: frozenset[str]

    def valid_on(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


class ConsentTexts:
    """The consent texts of one source."""

    def __init__(self, source: Source) -> None:
        rows = Wording.objects.filter(source=source, kind=Wording.Kind.CONSENT).prefetch_related(
            "controllers"
        )
        self._default_language = source.default_language
        self._known = [_known(row, source) for row in rows]
        self._by_spelling: dict[str, list[Known]] = {}
        for text in self._known:
            for spelling in text.spellings:
                self._by_spelling.setdefault(spelling, []).append(text)

    def wording_for(
        self, cell: str | None, *, on: date | None, today: date, language: str
    ) -> tuple[int | None, str]:
        """Id of the wording a row rests on, and "" or the reason why it may not be used.

        `cell` is None where the file has no column for the text: then the one text the source used on that
        day counts. An empty cell in such a column names no text.
        """
        if cell is None:
            day = on or today
            candidates: Sequence[Known] = [text for text in self._known if text.valid_on(day)]
        else:
            candidates = self._by_spelling.get(fold_name(cell), ()) if cell.strip() else ()
        if not candidates:
            return None, UNKNOWN
        if len({(text.code, text.version) for text in candidates}) > 1:
            return None, AMBIGUOUS
        spoken = {text.language: text for text in candidates}
        chosen = spoken.get(language) or spoken.get(self._default_language) or candidates[0]
        return chosen.id, "" if chosen.names_controller else NOT_NAMING

    @property
    def fingerprint(self) -> list[list[object]]:
        return sorted([text.id, text.names_controller, str(text.valid_to)] for text in self._known)


def _known(row: Wording, source: Source) -> Known:
    spelled = (row.version, row.code, f"{row.code} {row.version}", row.text)
    return Known(
        id=row.pk,
        code=row.code,
        version=row.version,
        language=row.language,
        names_controller=any(controller.pk == source.controller_id for controller in row.controllers.all()),
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        spellings=frozenset(fold_name(text) for text in spelled),
    )
