"""What the text of a key file says about where its key is.

| text | the key is |
|---|---|
| base64 of 32 bytes | the text itself; the file is mode 0600 |
| `credential NAME` | in the file NAME that the service manager hands over (systemd `LoadCredential=`) |
| `environment NAME` | in that environment variable |
| `transit KEY CIPHERTEXT` | sealed by HashiCorp Vault's or OpenBao's transit engine (`VAULT_ADDR`) |

A key that is not in its file is asked for again every few minutes (`keyring`), so that taking the key service
away closes the register within that time.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from duecause.engine.problems import Refused, Unavailable, gettext_noop
from duecause.engine.sealing import KEY_BYTES

TIMEOUT_SECONDS = 5

_SERVICE_SILENT = gettext_noop(
    "The key service at %(where)s does not answer (%(why)s). Until it does, nothing sealed can be opened;"
    " what was asked for can be tried again."
)
_NO_HVAC = gettext_noop("This key is kept by a key service. Install it with: pip install 'duecause[transit]'")
_NO_CREDENTIAL = gettext_noop("The key %(name)s was not handed over by the service manager (%(where)s).")
_WRONG_KEY = gettext_noop("What %(where)s gives is not a key of 32 bytes in base64.")
_HANDED_OVER = gettext_noop(
    "The key %(name)s is handed over by the service manager, which cannot take a new one from here. Keep it"
    " in its file (duecause vault protect file), change it, and hand the new one over."
)
_UNKNOWN = gettext_noop("A key can be protected by: file, transit KEY. Not by “%(given)s”.")


def reveal(text: str) -> bytes:
    """The key that a key file's text stands for. Raises Unavailable (a service is silent) and Refused."""
    scheme, _, rest = text.strip().partition(" ")
    return _REVEALERS.get(scheme, _itself)(rest or scheme)


def protect(key: bytes, by: str) -> str:
    """The text of a key file for this key. `by`: `file`, or `transit KEY` with the name of a transit key."""
    scheme, _, name = by.partition(" ")
    if by == "file":
        return base64.b64encode(key).decode()
    if scheme == "transit" and name:
        sealed = _transit("encrypt_data", name=name, plaintext=base64.b64encode(key).decode())
        return f"transit {name} {sealed['ciphertext']}"
    raise Refused("keys.protection", _UNKNOWN, given=by)


def how(text: str) -> str:
    """How a key file's key is protected, in the words that `protect` takes. Raises Refused where another
    hands it over."""
    scheme, _, rest = text.strip().partition(" ")
    if scheme in ("credential", "environment"):
        raise Refused("keys.handed_over", _HANDED_OVER, name=rest)
    return f"transit {rest.partition(' ')[0]}" if scheme == "transit" else "file"


def kind_of(text: str) -> str:
    """`file`, `credential`, `environment` or `transit`."""
    scheme = text.strip().partition(" ")[0]
    return scheme if scheme in _REVEALERS else "file"


def _itself(text: str) -> bytes:
    return _decoded(text, "the key file")


def _credential(name: str) -> bytes:
    folder = os.environ.get("CREDENTIALS_DIRECTORY", "")
    path = Path(folder, Path(name).name)
    if not folder or not path.is_file():
        raise Refused("keys.credential", _NO_CREDENTIAL, name=name, where="CREDENTIALS_DIRECTORY")
    return _decoded(path.read_text(), f"the credential {name}")


def _environment(name: str) -> bytes:
    if name not in os.environ:
        raise Refused("keys.credential", _NO_CREDENTIAL, name=name, where="environment")
    return _decoded(os.environ[name], f"the variable {name}")


def _sealed_by_transit(rest: str) -> bytes:
    name, _, ciphertext = rest.partition(" ")
    opened = _transit("decrypt_data", name=name, ciphertext=ciphertext)
    return _decoded(str(opened["plaintext"]), "the key service")


def _decoded(text: str, where: str) -> bytes:
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise Refused("key_length", _WRONG_KEY, where=where)
    return key


def _transit(verb: str, **given: str) -> dict[str, Any]:
    try:
        import hvac
        from requests import RequestException
    except ImportError:
        raise Refused("keys.no_hvac", _NO_HVAC) from None
    where = os.environ.get("VAULT_ADDR", "http://127.0.0.1:8200")
    client = hvac.Client(url=where, token=os.environ.get("VAULT_TOKEN"), timeout=TIMEOUT_SECONDS)
    try:
        answer = getattr(client.secrets.transit, verb)(**given)
    except (RequestException, hvac.exceptions.VaultError) as error:
        # Its message may quote what was sent.
        raise Unavailable("keys.service", _SERVICE_SILENT, where=where, why=type(error).__name__) from None
    data: dict[str, Any] = answer["data"]
    return data


_REVEALERS: dict[str, Callable[[str], bytes]] = {
    "credential": _credential,
    "environment": _environment,
    "transit": _sealed_by_transit,
}
