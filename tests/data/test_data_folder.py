import re
from pathlib import Path

import pytest

from fakeface.data.data_folder import read_records, scan_folder
from fakeface.data.records import FAKE, REAL, Record
from fakeface.errors import UserError
from tests.data.image_files import touch


def ciplab(root: Path, reals: list[str], fakes: list[str]) -> Path:
    touch(*(root / "training_real" / name for name in reals), *(root / "training_fake" / name for name in fakes))
    return root


def test_labels_difficulties_and_regions_come_from_ciplab_names(tmp_path: Path) -> None:
    root = ciplab(
        tmp_path, ["real_00002.jpg", "real_00001.jpg"], ["mid_5_1010.jpg", "hard_12_0001.JPEG", "easy_3_1111.png"]
    )
    real, fake = root / "training_real", root / "training_fake"
    assert scan_folder(root) == [
        Record(real / "real_00001.jpg", REAL, regions="0000"),
        Record(real / "real_00002.jpg", REAL, regions="0000"),
        Record(fake / "easy_3_1111.png", FAKE, "easy", "1111"),
        Record(fake / "hard_12_0001.JPEG", FAKE, "hard", "0001"),
        Record(fake / "mid_5_1010.jpg", FAKE, "mid", "1010"),
    ]


def test_the_lost_leading_zero_of_the_published_set_is_put_back(tmp_path: Path) -> None:
    root = ciplab(tmp_path, ["real_00001.jpg"], ["easy_116_111.jpg"])
    assert scan_folder(root)[1].regions == "0111"


def test_files_that_are_no_images_are_left_alone(tmp_path: Path) -> None:
    root = ciplab(tmp_path, ["a.jpg", "Thumbs.db", ".DS_Store"], ["easy_1_0011.jpg", "notes.txt"])
    (root / "training_real" / "more").mkdir()
    with pytest.warns(UserWarning, match=r"training_fake: 1 \.txt left out: no photographs by their names$"):
        assert [record.path.name for record in scan_folder(root)] == ["a.jpg", "easy_1_0011.jpg"]


@pytest.mark.parametrize("name", ["easy_1_11.jpg", "easy_1_00112.jpg", "simple_1_0011.jpg", "easy_1_0012.jpg", "a.jpg"])
def test_a_fake_of_another_name_is_refused(tmp_path: Path, name: str) -> None:
    root = ciplab(tmp_path, ["a.jpg"], ["easy_1_0011.jpg", name])
    with pytest.raises(UserError, match=rf"training_fake/{re.escape(name)} is not named like.*--data\.manifest"):
        scan_folder(root)


def test_a_missing_folder_is_answered_with_the_commands_that_make_one(tmp_path: Path) -> None:
    root = tmp_path / "faces"
    with pytest.raises(UserError) as caught:
        read_records(root)
    message = str(caught.value)
    assert f"{root} does not exist" in message
    assert f"fakeface data demo --out {root}" in message
    assert "fakeface data download" in message


def test_a_folder_of_another_layout_is_refused(tmp_path: Path) -> None:
    touch(tmp_path / "training_real" / "a.jpg")
    with pytest.raises(UserError, match=r"has no folder training_fake/.*--data\.manifest"):
        scan_folder(tmp_path)


def test_an_empty_class_is_refused(tmp_path: Path) -> None:
    root = ciplab(tmp_path, ["notes.txt"], ["easy_1_0011.jpg"])
    with pytest.raises(UserError, match=r"training_real holds no image \(\.jpg.*put the photographs there"):
        scan_folder(root)


def test_no_data_at_all_is_refused() -> None:
    with pytest.raises(UserError, match=r"no data is named: pass --data\.root"):
        read_records(None)
