import pytest

from tools.checks import findings

HASH = "--hash=sha256:" + "0" * 64


def texts(path: str, text: str) -> list[str]:
    return [finding.text for finding in findings(path, text)]


@pytest.mark.parametrize(
    ("path", "text", "complaint"),
    [
        ("docs/start.md", "see https://" + "pypi" + ".org/simple", "package index host"),
        ("docs/start.md", "cd /" + "root/duecause", "path of one machine"),
        ("requirements/base.lock", "django==5.2\n", "not pinned with a hash"),
        ("requirements/base.lock", f"django>=5.2 {HASH}\n", "not pinned with a hash"),
        ("requirements/base.lock", "--index-url x\n", "where packages come from"),
        ("requirements/base.lock", f"# from https://example.org\ndjango==5.2 {HASH}\n", "no URL"),
        ("src/duecause/web/templates/a.html", '<p style="color: red">', "inline style"),
        ("src/duecause/web/templates/a.html", "<script>go()</script>", "inline style or script"),
        ("src/duecause/web/templates/a.html", '<a onclick="go()">', "inline style or script"),
        ("src/duecause/web/templates/a.html", "<div hx-vals='js:{a: 1}'>", "htmx would evaluate"),
        ("src/duecause/web/templates/a.html", "<c-b :label=\"_('Save')\" />", "not extracted"),
        ("tests/engine/test_a.py", "def test_a():\n    go()\n", "asserts nothing"),
        ("tests/engine/test_a.py", "def test_assert_like_name():\n    go()\n", "asserts nothing"),
        ("src/duecause/a.py", "try:\n    go()\nexcept Exception:\n    pass\n", "swallows"),
        ("src/duecause/a.py", "def broken(:\n", "does not parse"),
    ],
)
def test_a_breach_of_a_house_rule_is_found(path, text, complaint):
    assert any(complaint in found for found in texts(path, text))


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("requirements/base.lock", f"# made by ./dev lock\ndjango==5.2 \\\n    {HASH} \\\n    {HASH}\n"),
        ("src/duecause/web/templates/a.html", '<script src="{% static "a.js" %}" defer></script>'),
        ("src/duecause/web/templates/a.html", '<script type="application/json" id="d">{}</script>'),
        ("src/duecause/web/templates/a.html", '<c-button label="{% translate \'Save\' %}" once="1" />'),
        (
            "src/duecause/web/templates/cotton/icon.html",
            '<c-vars name=""\n  style="mini" />{% icon name style %}',
        ),
        ("tests/engine/test_a.py", "def test_a():\n    with pytest.raises(ValueError):\n        go()\n"),
        ("docs/operate.md", "Keys lie in /srv/duecause/keys and /etc/duecause"),
    ],
)
def test_what_the_house_allows_is_not_complained_about(path, text):
    assert texts(path, text) == []


def test_long_functions_and_files_are_warnings_only():
    text = "def long():\n" + "    go()\n" * 600
    found = list(findings("src/duecause/a.py", text))
    assert len(found) == 2 and all(finding.warning for finding in found)
