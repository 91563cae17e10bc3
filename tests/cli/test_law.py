"""`duecause law check`: who writes a pack reads every mistake with its place."""

from click.testing import CliRunner

from duecause.cli.law import law_group
from duecause.packs import law


def run(*files):
    return CliRunner().invoke(law_group, ["check", *map(str, files)], standalone_mode=False)


def test_the_rules_in_force_hold_together():
    done = run()
    assert (done.return_value, done.stderr) == (0, "")
    assert "9 countries" in done.stdout and "0 reviewed by counsel" in done.stdout


def test_a_broken_file_is_told_by_rule_and_field(tmp_path):
    file = tmp_path / "fr.yaml"
    file.write_text(law.texts()["fr.yaml"].replace("max_attempts: 4", "max_attempts: many"))
    done = run(file)
    assert done.return_value == 2
    assert "rule fr-attempts-2023, field max_attempts" in done.stderr and "1 mistakes" in done.stderr
