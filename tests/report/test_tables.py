"""What a report says of sources and kinds."""

from dataclasses import replace
from pathlib import Path

import pytest

from fakeface.cli import main
from fakeface.data.manifest import write_manifest
from fakeface.data.records import FAKE, REAL, Record
from tests.report.run_folders import write_run

RECORDS = [
    *[Record(Path(f"r{n}.jpg"), REAL, split="test", source="studio" if n < 3 else "phone") for n in range(4)],
    *[Record(Path(f"g{n}.jpg"), FAKE, split="test", source="gan", kind="generated") for n in range(2)],
    *[Record(Path(f"s{n}.jpg"), FAKE, split="test", source="app", kind="swapped") for n in range(2)],
]
SCORES = {"one": [0.1, 0.2, 0.9, 0.7, 0.8, 0.95, 0.15, 0.5], "two": [0.1, 0.2, 0.3, 0.35, 0.8, 0.9, 0.7, 0.15]}


@pytest.fixture
def report(tmp_path: Path) -> list[str]:
    """The lines of a report on two runs, of which one was trained on generated faces alone."""
    branches = {"original": "mobilenetv2_100"}
    folders = [write_run(tmp_path / name, branches, RECORDS, scores) for name, scores in SCORES.items()]
    train = [Record(Path(f"t{n}.jpg"), FAKE, split="train", kind=kind) for n, kind in enumerate(["generated", "x", ""])]
    for folder, used in zip(folders, (train[:1], train), strict=True):
        write_manifest(folder / "split.csv", [*used, *RECORDS])
    arguments = [*map(str, folders), "--out", str(tmp_path / "report"), "--no-photographs"]
    assert main(["report", *arguments]) == 0
    assert "By kind of fake" in (tmp_path / "report" / "report.html").read_text(encoding="utf-8")
    return (tmp_path / "report" / "report.md").read_text(encoding="utf-8").splitlines()


def cells(report: list[str], *first: str) -> list[str]:
    """The cells after the first ones in the row that begins with these, without intervals."""
    rows = [[c.replace("*", "").strip() for c in line.strip("|").split("|")] for line in report if "|" in line]
    (row,) = [row for row in rows if row[: len(first)] == list(first)]
    return [cell.split(" [")[0] for cell in row[len(first) :]]


def test_each_source_has_its_row_and_the_mean_and_the_worst_follow(report: list[str]) -> None:
    ranks, alarms = "its fakes against all reals, AUROC", "its reals called fake"
    # Run two, which ranks better, stands first.
    assert cells(report, "gan", ranks) == ["2", "1.000", "0.875"]
    assert cells(report, "app", ranks) == ["2", "0.625", "0.375"]
    assert cells(report, "mean of sources", ranks) == ["", "0.812", "0.625"]
    assert cells(report, "worst source", ranks) == ["", "app", "app"]
    # The band of these runs ends at 0.6.
    assert cells(report, "studio", alarms) == ["3", "0.0 %", "33.3 %"]
    assert cells(report, "phone", alarms) == ["1", "0.0 %", "100.0 %"]
    assert cells(report, "mean of sources", alarms) == ["", "0.0 %", "66.7 %"]
    assert cells(report, "worst source", alarms)[2] == "phone"


def test_kinds_that_were_trained_on_stand_against_those_that_were_tested(report: list[str]) -> None:
    assert cells(report, "Run", "Trained on") == ["generated", "swapped"]
    assert cells(report, "one", "generated") == ["0.875", "0.375"]
    assert cells(report, "two", "generated, not said, x") == ["1.000", "0.625"]


def test_photographs_without_difficulties_and_regions_get_no_rows_of_them(report: list[str]) -> None:
    assert cells(report, "all")[:2] == ["4", "4"]
    text = "\n".join(report)
    assert "fakes, all reals" not in text
    assert "edited, all reals" not in text
    assert "easy" not in text


def test_photographs_without_sources_and_kinds_get_no_such_part(tmp_path: Path) -> None:
    plain = [replace(record, source="", kind="") for record in RECORDS]
    run = write_run(tmp_path / "run", {"original": "mobilenetv2_100"}, plain, SCORES["one"])
    assert main(["report", str(run), "--out", str(tmp_path / "report"), "--no-photographs"]) == 0
    text = (tmp_path / "report" / "report.md").read_text(encoding="utf-8")
    assert "By source" not in text
    assert "By kind" not in text
