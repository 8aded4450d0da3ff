"""The secrets of the containers: made once, kept, and given to those who need them."""

import stat
from base64 import b64decode
from pathlib import Path

from deploy.compose.make_secrets import make


def files(folder: Path) -> dict[str, str]:
    return {str(file.relative_to(folder)): file.read_text() for file in folder.rglob("*") if file.is_file()}


def test_a_second_start_changes_nothing(tmp_path: Path) -> None:
    make(tmp_path, ["meetings", "ppi"])
    first = files(tmp_path)
    make(tmp_path, ["meetings", "ppi"])
    assert files(tmp_path) == first


def test_a_new_service_gets_its_own_and_leaves_the_others(tmp_path: Path) -> None:
    make(tmp_path, ["meetings"])
    first = files(tmp_path)
    make(tmp_path, ["meetings", "ppi"])
    later = files(tmp_path)
    assert later["ppi/keyring_master_key"] == first["meetings/keyring_master_key"]
    assert {name: later[name] for name in first} == first


def test_no_two_databases_share_a_password(tmp_path: Path) -> None:
    make(tmp_path, ["meetings", "ppi"])
    passwords = [
        text for name, text in files(tmp_path).items() if name.endswith(("-postgres/password", "superuser_password"))
    ]
    assert len(passwords) == len(set(passwords)) + 3, "three databases: each secret once made, once given"


def test_the_master_key_holds_32_bytes(tmp_path: Path) -> None:
    make(tmp_path, ["meetings"])
    assert len(b64decode((tmp_path / "meetings/keyring_master_key").read_text(), validate=True)) == 32


def test_a_chosen_password_is_taken_over_and_stays(tmp_path: Path) -> None:
    make(tmp_path, ["meetings"])
    make(tmp_path, ["meetings"], demo_password="green-hedge")
    make(tmp_path, ["meetings"])
    assert (tmp_path / "identity/demo_password").read_text() == "green-hedge"
    assert (tmp_path / "demo/demo_password").read_text() == "green-hedge"


def test_nobody_can_write_them_and_every_user_of_a_container_can_read_them(tmp_path: Path) -> None:
    make(tmp_path, ["meetings"])
    assert {stat.S_IMODE(file.stat().st_mode) for file in tmp_path.rglob("*") if file.is_file()} == {0o444}
