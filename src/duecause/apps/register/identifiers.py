"""Identifiers of a row as tokens: look-ups, the key that finds the row again, hashes that show changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from duecause.apps.register.models import Lookup
from duecause.apps.vault import indexes
from duecause.engine.matching import fold
from duecause.engine.tabular import fold_name, normal_customer_no

Token = tuple[str, bytes]

# The kinds under which one human is found again; a name with a postcode only narrows a search.
PHONE, EMAIL, CUSTOMER_NO, NAME_POSTCODE = (
    Lookup.Kind.PHONE.value,
    Lookup.Kind.EMAIL.value,
    Lookup.Kind.CUSTOMER_NO.value,
    Lookup.Kind.NAME_POSTCODE.value,
)
PERSONAL = (PHONE, EMAIL, CUSTOMER_NO)
FIELD_HASH_BYTES = 4


def named(values: Mapping[str, str]) -> str:
    """First and last name as one folded word, whichever fields hold them."""
    first = values.get("first_name") or values.get("initials", "")
    return fold(f"{first} {values.get('last_name', '')} {values.get('full_name', '')}")


def tokens_of(values: Mapping[str, str], numbers: Sequence[int]) -> list[Token]:
    """Look-up tokens of a row's identifiers, each once."""
    found = [(PHONE, str(number)) for number in numbers]
    if email := values.get("email"):
        found.append((EMAIL, email))
    if customer_no := values.get("customer_no"):
        found.append((CUSTOMER_NO, normal_customer_no(customer_no)))
    if (last := values.get("last_name")) and (postcode := values.get("postcode")):
        place = "".join(postcode.split()).upper()
        found.append((NAME_POSTCODE, f"{fold_name(last)}|{place}"))
    found = list(dict.fromkeys(found))
    tokens = indexes.lookup_tokens(found)
    return [(kind, token) for (kind, _), token in zip(found, tokens, strict=True)]


def guards_of(values: Mapping[str, str], numbers: Sequence[int]) -> list[Token]:
    """Tokens of the same identifiers under the guard key."""
    found = [("phone", str(number)) for number in numbers]
    if email := values.get("email"):
        found.append(("email", email))
    if customer_no := values.get("customer_no"):
        found.append(("customer_no", normal_customer_no(customer_no)))
    return [(kind, indexes.guard_token(kind, value)) for kind, value in found]


def row_key(source: str, external_id: str, values: Mapping[str, str], numbers: Sequence[int]) -> bytes | None:
    """The key that finds this row again in a corrected file of the same source; None without identifier.

    A family may share one e-mail address: the first letter of the first name keeps its members apart and
    still survives the correction of a name.
    """
    if external_id:
        what = f"external_id|{external_id}"
    elif customer_no := values.get("customer_no"):
        what = f"customer_no|{normal_customer_no(customer_no)}"
    elif email := values.get("email"):
        what = f"email|{email}|{named(values)[:1]}"
    elif numbers:
        what = f"phone|{numbers[0]}|{named(values)}"
    else:
        return None
    return indexes.lookup_token("row_key", f"{source}|{what}")


def content_hashes(key: bytes, content: Mapping[str, str]) -> tuple[bytes, dict[str, str]]:
    """One hash of all content and a short one per field. `key` (of the row) goes in, so that equal values of
    two people do not show."""
    salt = key.hex()
    said = [(field, value) for field, value in sorted(content.items()) if value]
    short = indexes.row_tokens("field", [f"{salt}|{field}|{value}" for field, value in said])
    hashes = {field: token[:FIELD_HASH_BYTES].hex() for (field, _), token in zip(said, short, strict=True)}
    whole = "|".join([f"{field}={value}" for field, value in said])
    [token] = indexes.row_tokens("content", [f"{salt}|{whole}"])
    return token, hashes


def changed_fields(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    return sorted(field for field in before.keys() | after.keys() if before.get(field) != after.get(field))
