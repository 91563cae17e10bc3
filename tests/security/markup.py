"""What no page may hold: inline style or script, handlers, addresses that run code."""

from __future__ import annotations

from html.parser import HTMLParser

from django.http import HttpResponse

RUNS = ("javascript:", "vbscript:", "data:text/html")
# Their values are code to htmx.
EVALUATED = ("hx-on", "hx-vals", "hx-vars", "data-hx-on")


class _Inline(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        names = dict(attributes)
        if tag == "style" or (tag == "script" and "src" not in names):
            self.found.append(f"<{tag}>")
        for name, value in attributes:
            text = (value or "").strip().lower()
            runs = text.startswith(RUNS) or (name.startswith(EVALUATED) and "js:" in text)
            if name == "style" or name.startswith(("on", "hx-on", "data-hx-on")) or runs:
                self.found.append(f"<{tag} {name}>")


def inline_code(answer: HttpResponse) -> list[str]:
    parser = _Inline()
    parser.feed(answer.content.decode())
    return parser.found


def unguarded(answer: HttpResponse) -> list[str]:
    """What is missing from the head of an answer."""
    policy = answer.get("Content-Security-Policy", "")
    missing = [
        text
        for text in ("default-src 'self'", "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'")
        if text not in policy
    ]
    missing += [f"no {word}" for word in ("unsafe", "*", "http:", "https:") if word in policy]
    if "no-store" not in answer.get("Cache-Control", ""):
        missing.append("no-store")
    if answer.get("X-Content-Type-Options") != "nosniff":
        missing.append("nosniff")
    return missing
