"""The called party's time zone, for calling hours. Source: IANA time zone database and national plans."""

from __future__ import annotations

_ZONES = {
    "BE": "Europe/Brussels",
    "NL": "Europe/Amsterdam",
    "FR": "Europe/Paris",
    "PL": "Europe/Warsaw",
    "SE": "Europe/Stockholm",
    "DE": "Europe/Berlin",
    "GB": "Europe/London",
    "LU": "Europe/Luxembourg",
    "ES": "Europe/Madrid",
    "IT": "Europe/Rome",
}

# Geographic prefixes of the Canary Islands, one hour behind the mainland; mobiles do not tell.
_PREFIXES = {
    "ES": (("34822", "34828", "34922", "34928"), "Atlantic/Canary"),
}


def zone_of(region: str, e164: int | None = None) -> str:
    """IANA zone of a number in `region`, or "" when we do not know: then no calling hour is right."""
    prefixes, zone = _PREFIXES.get(region, ((), ""))
    if e164 is not None and zone and str(e164).startswith(prefixes):
        return zone
    return _ZONES.get(region, "")
