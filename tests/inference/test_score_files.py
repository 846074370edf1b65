import csv
import json
import os
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from pyarrow import parquet

from fakeface.errors import UserError
from fakeface.inference import score_files
from fakeface.inference.score_files import check_ending, write_scores
from fakeface.inference.verdicts import FaceVerdict, Verdict

WHOLE = {"nose": 0.25, "mouth": 1e-9}
FACES = (
    FaceVerdict((1, 2, 30, 40), 0.9, "real", 0.1, {"nose": 0.0, "mouth": 0.5}),
    FaceVerdict((50, 0, 60, 9), 0.3, "too small"),
    FaceVerdict((70, 2, 130, 90), 0.8, "unsure", 0.5, {"nose": 0.0, "mouth": 1.0}, "swapped", "too close"),
)
VERDICTS = [
    Verdict(Path('a, "b".jpg'), "fake", 0.1 + 0.2, WHOLE, face_count=0, kind="edited", reason="no face"),
    Verdict(Path(os.fsdecode(b"\xff.jpg")), "unsure", 0.5, FACES[2].regions, faces=FACES, face_count=3),
    Verdict(Path("none.jpg"), "no face", None, faces=(), face_count=0),
    Verdict(Path("é.jpg"), None, None, error="empty"),
]
JUDGED: list[tuple[Verdict, dict[str, str]]] = [(verdict, {}) for verdict in VERDICTS]
BOX = ["left", "top", "right", "bottom"]
FACE = ["face", "face_verdict", "face_probability", "confidence", *BOX]
COLUMNS = ["path", "verdict", "probability", "faces", *FACE, "suspected_kind", "reason", "nose", "mouth", "error"]
ROWS: list[tuple[Any, ...]] = [
    ('a, "b".jpg', "fake", 0.1 + 0.2, 0, *[None] * 8, "edited", "no face", 0.25, 1e-9, None),
    ("\\xff.jpg", "unsure", 0.5, 3, 1, "real", 0.1, 0.9, 1, 2, 30, 40, None, None, 0.0, 0.5, None),
    ("\\xff.jpg", "unsure", 0.5, 3, 2, "too small", None, 0.3, 50, 0, 60, 9, *[None] * 5),
    ("\\xff.jpg", "unsure", 0.5, 3, 3, "unsure", 0.5, 0.8, 70, 2, 130, 90, "swapped", "too close", 0.0, 1.0, None),
    ("none.jpg", "no face", None, 0, *[None] * 13),
    ("é.jpg", *[None] * 15, "empty"),
]


def test_csv_has_a_row_for_each_face(tmp_path: Path) -> None:
    write_scores(tmp_path / "t", JUDGED, ["nose", "mouth"], ".csv")
    with (tmp_path / "t").open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    assert header == COLUMNS
    assert rows == [["" if value is None else str(value) for value in row] for row in ROWS]
    assert float(rows[0][2]) == 0.1 + 0.2


def test_parquet_has_the_same_rows_in_groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(score_files, "ROWS_PER_GROUP", 4)
    write_scores(tmp_path / "t", JUDGED, ["nose", "mouth"], ".parquet")
    assert parquet.read_table(tmp_path / "t").to_pylist() == [dict(zip(COLUMNS, row, strict=True)) for row in ROWS]
    assert parquet.ParquetFile(tmp_path / "t").num_row_groups == 2


@pytest.mark.parametrize("ending", [".csv", ".parquet", ".jsonl"])
def test_columns_of_a_manifest_follow_and_give_way_to_the_result_s_own(tmp_path: Path, ending: str) -> None:
    judged = [(VERDICTS[0], {"source": "app", "verdict": "old"}), (VERDICTS[1], {"kind": "swapped"}), (VERDICTS[3], {})]
    write_scores(tmp_path / "t", judged, ["nose", "mouth"], ending, ["source", "verdict", "kind"])
    if ending == ".parquet":
        rows = parquet.read_table(tmp_path / "t").to_pylist()
    elif ending == ".csv":
        with (tmp_path / "t").open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            rows = [{name: value or None for name, value in row.items()} for row in reader]
            assert reader.fieldnames == [*COLUMNS, "source", "kind"]
    else:
        rows = [json.loads(line) for line in (tmp_path / "t").read_text(encoding="utf-8").splitlines()]
    assert [row["verdict"] for row in rows] == ["fake", *["unsure"] * (len(rows) - 2), None]
    assert [row["source"] for row in rows] == ["app", *[None] * (len(rows) - 1)]
    assert [row["kind"] for row in rows] == [None, *["swapped"] * (len(rows) - 2), None]


def test_json_lines_have_the_faces_within_their_photograph(tmp_path: Path) -> None:
    write_scores(tmp_path / "t", JUDGED, ["nose", "mouth"], ".jsonl")
    whole, group, empty, broken = map(json.loads, (tmp_path / "t").read_text(encoding="utf-8").splitlines())
    start = {"path": 'a, "b".jpg', "verdict": "fake", "probability": 0.1 + 0.2}
    said = {"suspected_kind": "edited", "reason": "no face"}
    assert whole == start | WHOLE | said | {"faces": None, "face_count": 0, "error": None}
    small = {"box": [50, 0, 60, 9], "confidence": 0.3, "verdict": "too small", "probability": None}
    assert group["faces"][1] == small | dict.fromkeys(("suspected_kind", "reason", "nose", "mouth"))
    assert (group["faces"][2]["suspected_kind"], group["faces"][2]["reason"]) == ("swapped", "too close")
    assert [face["probability"] for face in group["faces"]] == [0.1, None, 0.5]
    assert (group["probability"], group["mouth"], group["face_count"]) == (0.5, 1.0, 3)
    assert (empty["verdict"], empty["faces"]) == ("no face", [])
    assert (broken["verdict"], broken["error"]) == (None, "empty")


@pytest.mark.parametrize("ending", [".csv", ".jsonl", ".parquet"])
def test_no_verdicts_give_a_table_without_rows(tmp_path: Path, ending: str) -> None:
    names = [name for name in COLUMNS if name not in WHOLE]
    write_scores(tmp_path / "t", [], [], ending)
    content = (tmp_path / "t").read_bytes()
    if ending == ".csv":
        assert content.decode() == ",".join(names) + "\n"
    elif ending == ".jsonl":
        assert content == b""
    else:
        assert parquet.read_schema(tmp_path / "t").names == names


@pytest.mark.parametrize("ending", [".csv", ".jsonl"])
def test_verdicts_are_taken_one_by_one(tmp_path: Path, ending: str) -> None:
    def peak(count: int) -> int:
        verdicts = ((Verdict(Path(f"{number}.jpg"), "real", 0.5), dict[str, str]()) for number in range(count))
        tracemalloc.start()
        write_scores(tmp_path / "t", verdicts, [], ending)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    peak(100)  # what is allocated once
    # The least of some, for threads that other tests leave behind allocate too.
    assert min(peak(4000) for _ in range(3)) < peak(100) + 100_000
    assert len((tmp_path / "t").read_text().splitlines()) in {100, 101}


def test_other_endings_are_refused() -> None:
    with pytest.raises(UserError, match=r"ends in none of \.csv, \.jsonl, \.parquet"):
        check_ending(Path("scores.xlsx"))


def test_parquet_without_pyarrow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"pip install 'fakeface\[parquet\]'"):
        check_ending(Path("scores.parquet"))
