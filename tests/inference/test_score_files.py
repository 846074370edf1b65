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
from fakeface.inference.detector import Verdict
from fakeface.inference.score_files import check_ending, write_scores

VERDICTS = [
    Verdict(Path('a, "b".jpg'), "fake", 0.1 + 0.2, {"nose": 0.25, "mouth": 1e-9}),
    Verdict(Path(os.fsdecode(b"\xff.jpg")), "unsure", 0.5, {"nose": 0.0, "mouth": 1.0}),
    Verdict(Path("é.jpg"), None, None, error="empty"),
]
ROWS: list[dict[str, Any]] = [
    {"path": 'a, "b".jpg', "verdict": "fake", "probability": 0.1 + 0.2, "nose": 0.25, "mouth": 1e-9, "error": None},
    {"path": "\\xff.jpg", "verdict": "unsure", "probability": 0.5, "nose": 0.0, "mouth": 1.0, "error": None},
    {"path": "é.jpg", "verdict": None, "probability": None, "nose": None, "mouth": None, "error": "empty"},
]


def test_csv(tmp_path: Path) -> None:
    write_scores(tmp_path / "t", VERDICTS, ["nose", "mouth"], ".csv")
    with (tmp_path / "t").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows == [{key: "" if value is None else str(value) for key, value in row.items()} for row in ROWS]
    assert [float(row["probability"]) for row in rows[:2]] == [0.1 + 0.2, 0.5]


def test_json_lines(tmp_path: Path) -> None:
    write_scores(tmp_path / "t", VERDICTS, ["nose", "mouth"], ".jsonl")
    assert [json.loads(line) for line in (tmp_path / "t").read_text(encoding="utf-8").splitlines()] == ROWS


def test_parquet_in_groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(score_files, "ROWS_PER_GROUP", 2)
    write_scores(tmp_path / "t", VERDICTS, ["nose", "mouth"], ".parquet")
    assert parquet.read_table(tmp_path / "t").to_pylist() == ROWS
    assert parquet.ParquetFile(tmp_path / "t").num_row_groups == 2


@pytest.mark.parametrize("ending", [".csv", ".jsonl", ".parquet"])
def test_no_verdicts_give_a_table_without_rows(tmp_path: Path, ending: str) -> None:
    write_scores(tmp_path / "t", [], [], ending)
    content = (tmp_path / "t").read_bytes()
    if ending == ".csv":
        assert content == b"path,verdict,probability,error\n"
    elif ending == ".jsonl":
        assert content == b""
    else:
        assert parquet.read_schema(tmp_path / "t").names == ["path", "verdict", "probability", "error"]


@pytest.mark.parametrize("ending", [".csv", ".jsonl"])
def test_verdicts_are_taken_one_by_one(tmp_path: Path, ending: str) -> None:
    def peak(count: int) -> int:
        verdicts = (Verdict(Path(f"{number}.jpg"), "real", 0.5) for number in range(count))
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
