"""Files appear whole or not at all."""

import os

import pytest

from skinfluence.cli.errors import CommandError
from skinfluence.cli.outputs import Outputs


def test_files_appear_together_at_the_end(tmp_path):
    with Outputs() as outputs:
        for name in "ab":
            outputs.reserve(tmp_path / name).write_text(name)
            assert not (tmp_path / name).exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]
    assert (tmp_path / "b").read_text() == "b"


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit, BrokenPipeError])
def test_nothing_is_left_behind_and_old_files_stay(tmp_path, error):
    (tmp_path / "old").write_text("old")

    def write():
        with Outputs() as outputs:
            outputs.reserve(tmp_path / "old").write_text("new")
            outputs.reserve(tmp_path / "new").write_text("new")
            raise error

    with pytest.raises(error):
        write()
    assert [path.name for path in tmp_path.iterdir()] == ["old"]
    assert (tmp_path / "old").read_text() == "old"


def test_a_written_file_has_ordinary_permissions(tmp_path):
    with Outputs() as outputs:
        outputs.reserve(tmp_path / "a")
    (tmp_path / "b").touch()
    assert (tmp_path / "a").stat().st_mode == (tmp_path / "b").stat().st_mode


def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to(tmp_path / "file")
    with Outputs() as outputs:
        outputs.reserve(tmp_path / "link").write_text("new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "file").read_text() == "new"


def test_inputs_cannot_be_written(tmp_path):
    (tmp_path / "data.csv").touch()
    os.link(tmp_path / "data.csv", tmp_path / "same.csv")
    with Outputs([tmp_path / "data.csv", None]) as outputs:
        for name in ("data.csv", "same.csv"):
            with pytest.raises(CommandError, match=r"is an input; write to another file"):
                outputs.reserve(tmp_path / name)


def test_bad_places_are_refused(tmp_path):
    with Outputs() as outputs:
        with pytest.raises(CommandError, match=r"the folder .*no' does not exist; create it first"):
            outputs.reserve(tmp_path / "no" / "a")
        with pytest.raises(CommandError, match=r"is not a file; give the name of a file to write"):
            outputs.reserve(tmp_path)
        outputs.reserve(tmp_path / "a")
        with pytest.raises(CommandError, match=r"is given for two outputs; give each its own name"):
            outputs.reserve(tmp_path / "." / "a")


def test_a_folder_that_cannot_be_written_is_refused(tmp_path, monkeypatch):
    # permissions do not stop the superuser, under whom tests may run
    monkeypatch.setattr(
        "pathlib.Path.touch", lambda path, exist_ok: (_ for _ in ()).throw(PermissionError(13, "denied"))
    )
    with (
        Outputs() as outputs,
        pytest.raises(CommandError, match=r"cannot write to the folder .* .denied.; choose another"),
    ):
        outputs.reserve(tmp_path / "a")
