from pathlib import Path

import pytest

from fakeface.errors import UserError
from fakeface.folders import make_folder, make_new_folder


def test_folder_is_made_with_those_above_it(tmp_path: Path) -> None:
    make_folder(tmp_path / "a" / "b")
    make_folder(tmp_path / "a" / "b")
    make_new_folder(tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b").is_dir()


def test_file_in_the_way_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(UserError, match="cannot be made"):
            make_folder(folder)
    assert (tmp_path / "file").read_text() == "mine"


def test_new_folder_is_empty(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(UserError, match="is not empty"):
        make_new_folder(tmp_path)
