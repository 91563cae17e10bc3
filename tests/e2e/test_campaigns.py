"""How the calls of a campaign go, and what is said in them, on pages that everybody can use."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from playwright.sync_api import Page, expect

from .pages import assert_page_sound, sign_in, speak
from .server import Served

CODE = "HEATPUMP-NL"
WIDTHS = (1280, 360)
SCRIPT = {
    "caller": "U spreekt met het callcenter van Utrecht.",
    "on_behalf_of": "Wij bellen voor Warmhuis.",
    "why": "Het gaat over warmtepompen; dit is een verkoopgesprek.",
    "privacy_policy": "U leest alles op warmhuis.example/privacy.",
    "right_to_object": "U mag nu en later zeggen dat wij u niet meer bellen.",
}


def calls(folder: Path) -> tuple[Path, Path]:
    """A list of one row, and 260 calls to it, one every four hours, of which three were refused."""
    handed, made = folder / "handed.csv", folder / "calls.csv"
    handed.write_text("reference,phone\nU-1,+31610009001\n")
    now = datetime.now(UTC)
    lines = ["reference,at,outcome,refusal"]
    for n in range(260):
        at = (now - timedelta(hours=4 * n + 1)).isoformat()
        lines.append(f"U-1,{at},answered,{'yes' if n in (5, 80, 200) else ''}")
    made.write_text("\n".join(lines))
    return handed, made


def test_a_campaign_shows_its_calls_and_its_script(product: Served, page: Page, tmp_path: Path) -> None:
    script = tmp_path / "scripts.yaml"
    script.write_text(json.dumps({"nl": SCRIPT}))
    day = (datetime.now(UTC) - timedelta(weeks=10)).date().isoformat()
    handed, made = calls(tmp_path)
    about = ("--centre", "CC-UTRECHT", "--campaign", CODE, "--country", "NL")
    for command in (
        ("scripts", "draft", CODE, str(script)),
        ("scripts", "force", CODE, "nl-1"),
        ("scripts", "draft", CODE, str(script)),
        ("releases", "import", str(handed), *about, "--released-on", day),
        ("attempts", "import", str(made), *about),
    ):
        done = product.run(*command)
        assert done.returncode == 0, done.stdout + done.stderr
    sign_in(page, "lotte")
    speak(page, "en")
    page.goto("/lists/campaigns/")
    assert_page_sound(page, widths=WIDTHS)
    row = page.get_by_role("row").filter(has_text=CODE)
    expect(row).to_contain_text("Dutch")
    row.get_by_role("link").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.locator(".stat-number").first).to_have_text("260")
    expect(page.get_by_role("row").filter(has_text="nl-1")).to_contain_text("In force")
    expect(page.get_by_role("row").filter(has_text="nl-2")).to_contain_text("Draft")
    assert_page_sound(page, widths=WIDTHS)
