from collections import Counter
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, JpegImagePlugin
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from fakeface.cli import main
from fakeface.data.data_folder import scan_folder
from fakeface.data.images import read_image
from fakeface.data.manifest import read_manifest
from fakeface.data.records import Record
from fakeface.demo.data_set import write_demo
from fakeface.errors import UserError
from fakeface.views.ela import error_level_analysis


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> list[Record]:
    """A set that is large enough for statistics, read from its manifest."""
    return read_manifest(write_demo(tmp_path_factory.mktemp("demo") / "faces", images=320, seed=1, size=112))


def contents(root: Path) -> dict[str, bytes]:
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*.jpg")}


def test_folder_has_ciplab_names_and_proportions(demo_root: Path) -> None:
    strata = Counter(record.stratum for record in scan_folder(demo_root))
    # 48 · 960 / 2041 = 22.6 fakes, dealt out as easy, mid, mid, hard.
    assert strata == {"real": 25, "fake-easy": 6, "fake-mid": 12, "fake-hard": 5}
    assert (demo_root / "training_real" / "real_00001.jpg").is_file()


def test_manifest_says_what_the_names_say(demo_root: Path) -> None:
    def key(record: Record) -> tuple[str, int, str, str]:
        return record.path.name, record.label, record.difficulty, record.regions

    listed = read_manifest(demo_root / "manifest.csv")
    assert [key(record) for record in listed] == [key(record) for record in scan_folder(demo_root)]
    assert all(record.group and not record.split for record in listed)
    fakes = [record.regions for record in listed if record.label == 1]
    assert all(any(bits[region] == "1" for bits in fakes) for region in range(4))


def test_smallest_set_holds_every_class(tmp_path: Path) -> None:
    records = read_manifest(write_demo(tmp_path / "faces", images=9, size=64))
    assert Counter(record.stratum for record in records) == {
        "real": 5,
        "fake-easy": 1,
        "fake-mid": 2,
        "fake-hard": 1,
    }


def test_seed_decides_every_byte_and_the_count_none(tmp_path: Path) -> None:
    for name, images, seed in (("a", 12, 3), ("b", 16, 3), ("c", 12, 4)):
        write_demo(tmp_path / name, images=images, seed=seed, size=64)
    small, large, other = (contents(tmp_path / name) for name in "abc")
    assert len(small) == 12
    assert len(large) == 16
    assert all(large[name] == data for name, data in small.items())
    assert not set(small.values()) & set(other.values())


def test_headers_are_identical(records: list[Record]) -> None:
    headers = set()
    for record in records:
        with Image.open(record.path) as image:
            assert isinstance(image, JpegImagePlugin.JpegImageFile)
            sampling = JpegImagePlugin.get_sampling(image)
            headers.add((str(image.quantization), sampling, image.size, image.mode, str(sorted(image.info.items()))))
    assert len(headers) == 1


def test_file_sizes_do_not_separate_the_classes(records: list[Record]) -> None:
    labels = [record.label for record in records]
    sizes = [record.path.stat().st_size for record in records]
    assert roc_auc_score(labels, sizes) == pytest.approx(0.5, abs=0.08)


def test_error_levels_separate_the_classes(records: list[Record]) -> None:
    labels = np.array([record.label for record in records])
    levels = [error_level_analysis(read_image(record.path)) for record in records]
    # The middle of the picture, where the face is, in 5 × 5 fields.
    fields = [cv2.resize(level[28:-22, 28:-28], (5, 5), interpolation=cv2.INTER_AREA).ravel() for level in levels]
    probe = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=1000))
    scores = cross_val_predict(probe, np.array(fields), labels, cv=5, method="predict_proba")[:, 1]
    assert roc_auc_score(labels, scores) >= 0.95


def test_group_names_the_source(records: list[Record]) -> None:
    """A fake equals the real of its group outside the face, and no other one."""
    reals = {record.group: read_image(record.path).astype(int) for record in records if record.label == 0}
    fakes = [record for record in records if record.label == 1]
    shared = [record for record in fakes if record.group in reals]
    assert 0.15 < len(shared) / len(fakes) < 0.35
    for kind in ("source", "unseen"):
        assert max(Counter(record.group for record in fakes if record.group.startswith(kind)).values()) > 1
    for record in fakes[:40]:
        corner = read_image(record.path).astype(int)[:20]
        same = [group for group, real in reals.items() if np.abs(corner - real[:20]).mean() < 4]
        assert same == [record.group] * (record.group in reals)


def test_edits_lie_where_the_bits_say(records: list[Record]) -> None:
    """Against its source, a fake has changed more on the side of the eye whose bit is set; left is the picture's."""
    reals = {record.group: record for record in records if record.label == 0}
    pairs = [record for record in records if record.regions in ("1000", "0100") and record.group in reals]
    assert {record.regions for record in pairs} == {"1000", "0100"}
    for record in pairs:
        fake, real = (read_image(path).astype(int) for path in (record.path, reals[record.group].path))
        change = np.abs(fake - real)[40:67]
        left, right = change[:, 28:56].mean(), change[:, 56:84].mean()
        assert (left > right) == (record.regions == "1000")


def test_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(UserError, match="is not empty"):
        write_demo(tmp_path, images=9, size=64)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


@pytest.mark.parametrize(
    ("images", "size", "seed", "message"),
    [(8, 64, 0, "at least 9"), (9, 63, 0, "at least 64"), (9, 64, -1, "0 or a positive number")],
)
def test_impossible_set_is_refused(tmp_path: Path, images: int, size: int, seed: int, message: str) -> None:
    with pytest.raises(UserError, match=message):
        write_demo(tmp_path / "faces", images, seed, size)
    assert not (tmp_path / "faces").exists()


def test_command_writes_the_set_and_says_how_to_train(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "demo"
    arguments = ["data", "demo", "--out", str(out), "--images", "12", "--size", "64", "--seed", "3"]
    assert main(arguments) == 0
    assert len(scan_folder(out)) == 12
    assert f"--data.root {out}" in capsys.readouterr().out
    assert main(arguments) == 2
    assert "is not empty" in capsys.readouterr().err
