"""What a list was screened against, as one canonical document that travels with it."""

from __future__ import annotations

from datetime import date

from duecause.engine.screening.facts import CampaignFacts, Verdicts

FORMAT = "duecause-screening-certificate/1"


def build_certificate(
    verdicts: Verdicts,
    *,
    campaign: CampaignFacts,
    centre: str,
    on: date,
    pack_version: str,
    list_sha256: str,
) -> dict[str, object]:
    """A dict of texts, whole numbers, booleans, null, lists and dicts only, so that its JSON is canonical.

    `centre` is the party's code; `list_sha256` the hex digest of the released rows.
    """
    because = verdicts.expiry_because
    return {
        "format": FORMAT,
        "campaign": campaign.code,
        "controller": campaign.controller,
        "purpose": campaign.purpose,
        "channel": campaign.channel,
        "sector": campaign.sector,
        "countries": list(campaign.countries),
        "centre": centre,
        "screened_on": on.isoformat(),
        "pack_version": pack_version,
        "rules": [
            {
                "country": rule.country,
                "id": rule.rule_id,
                "kind": rule.kind,
                "confidence": rule.confidence,
                "reviewed_by": rule.reviewed_by,
            }
            for rule in verdicts.rules_applied
        ],
        "registers": [
            {
                "register": used.register,
                "version": used.version_date.isoformat() if used.version_date else None,
                "usable_until": used.usable_until.isoformat() if used.usable_until else None,
                "entries": used.count,
            }
            for used in verdicts.registers_used
        ],
        "candidates": verdicts.candidates,
        "released": verdicts.released,
        "waterfall": [{"reason": step.code, "rows": step.count} for step in verdicts.waterfall],
        "expires_on": verdicts.expires_on.isoformat() if verdicts.expires_on else None,
        "expires_because": because.text if because else None,
        "list_sha256": list_sha256,
    }
