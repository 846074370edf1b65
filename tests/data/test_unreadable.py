import csv
import os
from pathlib import Path

import pytest

from fakeface.data.data_folder import scan_folder
from fakeface.data.images import ImageError
from fakeface.data.unreadable import find_unreadable, judge_unreadable, write_skipped
from fakeface.errors import UserError


def errors(count: int) -> list[ImageError]:
    return [ImageError(Path(f"faces/{number}.jpg"), "truncated") for number in range(count)]


def test_every_unreadable_photograph_is_found_in_order(demo_root: Path, tmp_path: Path) -> None:
    good = [record.path for record in scan_folder(demo_root)]
    empty, text = tmp_path / "empty.jpg", tmp_path / "text.jpg"
    empty.touch()
    text.write_text("no image")
    found = find_unreadable([text, *good[:20], empty, *good[20:], tmp_path / "absent.jpg"])
    assert [(error.path.name, error.reason.partition(" (")[0]) for error in found] == [
        ("text.jpg", "not a readable image"),
        ("empty.jpg", "empty"),
        ("absent.jpg", "no such file or directory"),
    ]
    assert find_unreadable(good) == []


@pytest.mark.parametrize("on_error", ["raise", "skip"])
def test_nothing_wrong_is_no_error(on_error: str) -> None:
    judge_unreadable([], 100, on_error)  # type: ignore[arg-type]


def test_raise_names_the_first_and_counts_the_others() -> None:
    with pytest.raises(UserError, match=r"^faces/0\.jpg: truncated: replace .* set; --data\.on_error skip leaves out"):
        judge_unreadable(errors(1), 100, "raise")
    with pytest.raises(UserError, match=r"^faces/0\.jpg: truncated: .* and 2 more of 100 photographs cannot be read"):
        judge_unreadable(errors(3), 100, "raise")


def test_skip_bears_a_twentieth() -> None:
    judge_unreadable(errors(5), 100, "skip")
    with pytest.raises(UserError, match=r"6 of 100 photographs cannot be read, and at most 5% are left out; .*faces/0"):
        judge_unreadable(errors(6), 100, "skip")
    with pytest.raises(UserError, match="1 of 19 photographs"):
        judge_unreadable(errors(1), 19, "skip")


def test_the_list_reads_back(tmp_path: Path) -> None:
    names = ["a,b.jpg", 'say "x".jpg', os.fsdecode(b"caf\xe9.jpg")]
    path = tmp_path / "run" / "skipped.csv"
    write_skipped(path, [ImageError(Path("faces", name), "empty") for name in names])
    with path.open(encoding="utf-8", errors="surrogateescape", newline="") as file:
        assert [(row["path"], row["reason"]) for row in csv.DictReader(file)] == [
            (f"faces/{name}", "empty") for name in names
        ]
