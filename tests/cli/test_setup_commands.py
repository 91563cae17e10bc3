import pytest

from duecause.apps.parties.models import ApiKey
from duecause.apps.staff.models import Employee
from duecause.cli import group
from duecause.cli.errors import guarded
from tests.cli.running import run
from tests.organisation.files import SMALL


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "org.yaml"
    path.write_text(SMALL)
    return path


@pytest.fixture
def duecause(db, capsys):
    """Run a command in this process; gives exit code, output and messages."""

    def call(*arguments: object) -> tuple[int, str, str]:
        given = [str(argument) for argument in arguments]
        code = guarded(lambda: group.main(given, prog_name="duecause", standalone_mode=False))
        said = capsys.readouterr()
        return code, said.out, said.err

    return call


def test_a_dry_run_shows_the_plan_and_changes_nothing(duecause, file):
    code, out, _ = duecause("apply", file, "--dry-run")
    assert code == 0
    assert "+ campaign PUMPS" in out
    assert "Dry run: nothing was changed." in out
    assert duecause("apply", file, "--dry-run")[1] == out


def test_applying_says_what_it_did_and_then_that_nothing_is_left(duecause, file):
    assert "Applied 10 changes." in duecause("apply", file)[1]
    assert duecause("apply", file)[1] == "Nothing to change: all 10 entries are as the file says.\n"


def test_a_wrong_file_ends_with_code_2_and_a_line(duecause, file):
    file.write_text(SMALL.replace("sector: energy", "sector: enrgy"))
    code, out, err = duecause("apply", file)
    assert (code, out) == (2, "")
    assert "org.yaml, line" in err


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", None, b"x" * 2_100_000], ids=["binary", "no", "large"])
def test_an_unreadable_file_ends_with_code_2(duecause, file, content):
    if content is None:
        file.unlink()
    else:
        file.write_bytes(content)
    code, _, err = duecause("apply", file)
    assert code == 2
    assert str(file) in err


def test_a_key_is_shown_once_listed_by_its_beginning_and_revoked(duecause, file):
    duecause("apply", file)
    clear = duecause("apikey", "create", "CC-EEN")[1].strip()
    prefix = clear.split("_")[1]
    listed = duecause("apikey", "list", "CC-EEN")[1]
    assert prefix in listed
    assert clear not in listed
    assert "is revoked" in duecause("apikey", "revoke", "CC-EEN", f"dc_{prefix}")[1]
    assert "revoked 2" in duecause("apikey", "list", "CC-EEN")[1]


def test_an_unknown_partner_lists_the_known_ones(duecause, file):
    duecause("apply", file)
    code, _, err = duecause("apikey", "create", "CC-TWEE")
    assert code == 2
    assert "Known: CC-EEN" in err
    assert not ApiKey.objects.exists()


def test_a_password_is_asked_for_and_not_shown(duecause, file, monkeypatch):
    duecause("apply", file)
    monkeypatch.setattr("click.prompt", lambda *_, **__: "three quiet words")
    code, out, err = duecause("staff", "password", "anna")
    assert code == 0
    assert "quiet" not in out + err
    assert Employee.objects.get(username="anna").check_password("three quiet words")


def test_a_folder_that_is_not_set_up_says_how_to_set_it_up(tmp_path, file):
    refused = run(tmp_path / "nothing", "apply", str(file))
    assert refused.returncode == 2
    assert "duecause init" in refused.stderr
    assert not (tmp_path / "nothing").exists()


def test_init_may_run_again_wherever_the_folder_is_named_and_never_replaces_keys(tmp_path):
    data = tmp_path / "data"
    assert run(tmp_path / "elsewhere", "--data", str(data), "init").returncode == 0
    before = (data / "keys" / "kek.key").read_bytes()
    assert run(tmp_path / "elsewhere", "init", f"--data={data}").returncode == 0
    assert (data / "keys" / "kek.key").read_bytes() == before
    assert not (tmp_path / "elsewhere").exists()


def test_init_does_not_make_new_keys_beside_old_data(tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "keys.sqlite3").touch()
    refused = run(folder, "init")
    assert refused.returncode == 2
    assert "key backup" in refused.stderr
