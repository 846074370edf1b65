import csv
import json
import math
import shutil
from dataclasses import replace
from pathlib import Path
from typing import cast

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from fakeface.cli import main
from fakeface.data.images import read_image
from fakeface.data.records import FAKE, REAL, Record
from fakeface.faces.alignment import CROP, CROP_CENTRE, alignment, central_points
from fakeface.faces.finder import face_points
from fakeface.inference.explain import Explainer
from fakeface.studies.localisation import BOXES, Localisation, measure_localisation, region_mask
from fakeface.views import Viewed
from fakeface.views.view import ViewParameters, look

SIZE = 240
EMPTY = np.zeros((SIZE, SIZE, 3), dtype=np.uint8)  # without a face, the central square counts as the aligned one


def points_of(image: NDArray[np.uint8]) -> NDArray[np.float64]:
    """What ``face_points`` finds, without a search where there is nothing."""
    return face_points(image) if image.any() else central_points(*image.shape[:2])


@pytest.fixture(autouse=True)
def _no_search_in_empty_photographs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fakeface.studies.localisation.face_points", points_of)


def test_an_empty_photograph_has_its_face_in_the_middle() -> None:
    assert np.array_equal(face_points(EMPTY), points_of(EMPTY))


def mask_of(image: NDArray[np.uint8], regions: str) -> NDArray[np.bool_]:
    return region_mask(image.shape[:2], regions, alignment(points_of(image)))


def box_by_hand(region: str) -> NDArray[np.bool_]:
    """Bring a box from the canvas to an empty photograph: the crop's centre to the middle, its side to the whole."""
    mask = np.zeros((SIZE, SIZE), dtype=np.bool_)
    left, top, right, bottom = (
        round((value - CROP_CENTRE[axis % 2]) * SIZE / CROP + SIZE / 2) for axis, value in enumerate(BOXES[region])
    )
    mask[top:bottom, left:right] = True
    return mask


@pytest.mark.parametrize(
    ("bits", "regions"),
    [("1000", ["left_eye"]), ("0011", ["nose", "mouth"]), ("1111", list(BOXES)), ("0000", [])],
)
def test_mask_holds_the_boxes_of_the_edited_regions(bits: str, regions: list[str]) -> None:
    expected = np.zeros((SIZE, SIZE), dtype=np.bool_)
    for region in regions:
        expected |= box_by_hand(region)
    mask = mask_of(EMPTY, bits)
    assert np.mean(mask != expected) < 0.01
    assert mask.any() == bool(regions)


def test_left_is_left_in_the_image() -> None:
    assert np.nonzero(mask_of(EMPTY, "1000"))[1].max() < SIZE / 2
    assert np.nonzero(mask_of(EMPTY, "0100"))[1].min() > SIZE / 2


class HeatOf:
    """Stands for an explainer: its heat maps are given, for one photograph after the other."""

    def __init__(self, heat: "dict[str, NDArray[np.float32]]") -> None:
        self.heat = heat
        self.detector = self
        self.drawn = 0

    def look(self, image: NDArray[np.uint8], points: NDArray[np.float64]) -> dict[str, Viewed]:
        return look(image, list(self.heat), ViewParameters(SIZE), points)

    def draw(self, views: dict[str, NDArray[np.uint8]]) -> dict[str, NDArray[np.float32]]:
        self.drawn += 1
        return {view: maps[self.drawn - 1] for view, maps in self.heat.items()}


def photographs(folder: Path, *fakes: tuple[str, str]) -> list[Record]:
    """Write empty photographs."""
    records = []
    for number, (difficulty, regions) in enumerate(fakes):
        path = folder / f"{number}.png"
        Image.fromarray(EMPTY).save(path)
        records.append(Record(path, FAKE, difficulty, regions))
    return records


def measure(heat: dict[str, NDArray[np.float32]], records: list[Record]) -> list[Localisation]:
    return measure_localisation(cast(Explainer, HeatOf(heat)), records)


def test_heat_in_the_right_place_everywhere_and_in_the_wrong_place(tmp_path: Path) -> None:
    records = photographs(tmp_path, ("easy", "1000"), ("hard", "0001"), ("hard", "0001"))
    eye, mouth = (mask_of(EMPTY, bits).astype(np.float32) for bits in ("1000", "0001"))
    even = np.ones((SIZE, SIZE), dtype=np.float32)
    results = measure({"ela": np.stack([eye, even, eye])}, records)
    assert [(result.view, result.difficulty, result.photographs, result.blank) for result in results] == [
        ("ela", "easy", 1, 0),
        ("ela", "hard", 2, 0),
        ("ela", "all", 3, 0),
    ]
    easy, hard, both = results
    assert (easy.share, easy.chance) == pytest.approx((1, eye.mean()))
    assert math.isnan(easy.gain_low)  # one photograph says nothing of others
    assert easy.to_dict()["gain_low"] is easy.to_dict()["specific_high"] is None
    assert (hard.share, hard.chance) == pytest.approx((mouth.mean() / 2, mouth.mean()))
    # The gains are 0 and -mouth: half the difference is the error, and t with one degree of freedom is tan(0.475 π).
    middle, half = -mouth.mean() / 2, mouth.mean() / 2 * np.tan(0.475 * np.pi)
    assert (hard.gain_low, hard.gain_high) == pytest.approx((middle - half, middle + half), rel=1e-5)
    assert both.share == pytest.approx((1 + mouth.mean() + 0) / 3)
    assert both.chance == pytest.approx((eye.mean() + 2 * mouth.mean()) / 3)
    # The average map has two thirds of its heat in the eye and one third spread evenly.
    assert easy.usual == pytest.approx((2 + eye.mean()) / 3, rel=0.02)
    assert hard.usual == pytest.approx(mouth.mean() / 3, rel=0.02)
    assert both.usual == pytest.approx((easy.usual + 2 * hard.usual) / 3)


def test_photographs_of_one_source_count_as_one(tmp_path: Path) -> None:
    """Four copies of one map say no more than one, and two sources no more than two photographs."""
    eye, even = mask_of(EMPTY, "1000").astype(np.float32), np.ones((SIZE, SIZE), dtype=np.float32)
    records = photographs(tmp_path, *[("mid", "1000")] * 8)
    sources = [replace(record, group="ab"[number // 4]) for number, record in enumerate(records)]
    maps = np.stack([eye] * 4 + [even] * 4)
    (two, _), (pair, _) = measure({"ela": maps}, sources), measure({"ela": maps[[0, 4]]}, records[:2])
    assert (two.gain_low, two.gain_high) == pytest.approx((pair.gain_low, pair.gain_high))
    (independent, _) = measure({"ela": maps}, records)
    assert two.gain_low < independent.gain_low < independent.gain_high < two.gain_high
    (single, _) = measure({"ela": maps}, [replace(record, group="a") for record in records])
    assert math.isnan(single.gain_low)


def test_a_network_that_always_looks_at_the_same_place_is_not_specific(tmp_path: Path) -> None:
    records = photographs(tmp_path, *[("mid", "1000"), ("mid", "1001")] * 4)
    eye = mask_of(EMPTY, "1000").astype(np.float32)
    (mid, _) = measure({"ela": np.stack([eye] * 8)}, records)
    assert mid.gain_low > 0.8
    assert mid.usual == pytest.approx(1, rel=0.02)
    assert mid.specific_low == pytest.approx(0, abs=0.02)
    assert mid.specific_high == pytest.approx(0, abs=0.02)


def test_chance_of_the_aligned_face_counts_what_it_shows(tmp_path: Path) -> None:
    wide = np.zeros((SIZE, 3 * SIZE, 3), dtype=np.uint8)
    Image.fromarray(wide).save(tmp_path / "wide.png")
    records = [Record(tmp_path / "wide.png", FAKE, "mid", "0010")]
    heat = np.ones((1, SIZE, SIZE), dtype=np.float32)
    (face, _), (whole, _) = (measure({view: heat}, records) for view in ("face", "original"))
    assert whole.chance == pytest.approx(box_by_hand("nose").mean() / 3, rel=0.05)
    assert face.chance == pytest.approx(box_by_hand("nose").mean(), rel=0.05)


def test_blank_heat_maps_are_counted_apart(tmp_path: Path) -> None:
    records = photographs(tmp_path, ("mid", "1000"), ("mid", "1000"), ("easy", "1000"))
    heat = np.zeros((3, SIZE, SIZE), dtype=np.float32)
    heat[0] = 1
    easy, mid, both = measure({"ela": heat}, records)
    assert (easy.photographs, easy.blank) == (0, 1)
    assert np.isnan(easy.share)
    assert (mid.photographs, mid.blank) == (both.photographs, 1) == (1, 1)
    assert both.blank == 2
    assert both.share == pytest.approx(mid.chance)


def test_only_fakes_with_known_regions_count(tmp_path: Path) -> None:
    (record,) = photographs(tmp_path, ("mid", "1000"))
    others = [
        Record(tmp_path / "real.png", REAL, "", "0000"),
        Record(tmp_path / "unknown.png", FAKE, "mid", ""),
        Record(tmp_path / "nowhere.png", FAKE, "mid", "0000"),
    ]
    heat = np.ones((1, SIZE, SIZE), dtype=np.float32)
    assert [result.photographs for result in measure({"ela": heat}, [*others, record])] == [1, 1]
    assert measure({"ela": heat}, others) == []


def test_drawn_faces_have_their_edits_in_the_boxes(demo_root: Path) -> None:
    """The demo set says by its error levels where its regions were replaced."""
    from fakeface.views.ela import error_level_analysis

    inside, outside = [], []
    for path in sorted(demo_root.glob("training_fake/easy_*_1100.jpg")):
        image = read_image(path)
        levels, mask = error_level_analysis(image).mean(axis=2), mask_of(image, "1100")
        inside.append(levels[mask].mean())
        outside.append(levels[~mask].mean())
    assert len(inside) >= 1
    assert np.mean(inside) > 1.5 * np.mean(outside)


def test_the_command_measures_a_run_and_the_report_shows_it(
    tested: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "lightning_logs" / "tiny" / "version_0"
    shutil.copytree(tested, run)
    monkeypatch.chdir(tmp_path)
    assert main(["localisation", "--ckpt_path", "best"]) == 0
    rows = json.loads((run / "localisation.json").read_text(encoding="utf-8"))["rows"]
    with (run / "split.csv").open(encoding="utf-8", newline="") as file:
        fakes = sum(row["split"] == "test" and row["label"] == "fake" for row in csv.DictReader(file))
    assert {row["view"] for row in rows} == {"original", "ela"}
    for view in ("original", "ela"):
        counts = {row["difficulty"]: row["photographs"] + row["blank"] for row in rows if row["view"] == view}
        assert counts.pop("all") == sum(counts.values()) == fakes
    for row in rows:
        assert row["photographs"] == 0 or 0 <= row["share"] <= 1
        assert row["photographs"] == 0 or 0 < row["chance"] < 1
        assert not any(isinstance(value, float) and math.isnan(value) for value in row.values())
    assert "ela       all" in capsys.readouterr().out
    assert main(["report", str(run), "--out", "report"]) == 0
    assert "## Heat maps" in Path("report/report.md").read_text(encoding="utf-8")
    assert main(["localisation", "--ckpt_path", "best"]) == 0
    assert "Replacing the earlier" in capsys.readouterr().out
