import os
from pathlib import Path

import pytest

from fakeface.errors import UserError
from fakeface.training.runs import find_checkpoint, run_folder


def make_run(logs: Path, name: str, started: int, **checkpoints: int) -> Path:
    """A run with a configuration and checkpoints, each written at a time in seconds."""
    run = logs / "tiny" / name
    (run / "checkpoints").mkdir(parents=True)
    for path, time in {"config.yaml": started, **{f"checkpoints/{k}.ckpt": v for k, v in checkpoints.items()}}.items():
        (run / path).touch()
        os.utime(run / path, (time, time))
    return run


def test_best_and_last_are_the_newest(tmp_path: Path) -> None:
    one = make_run(tmp_path, "version_0", started=1, best=2, last=9)
    two = make_run(tmp_path, "version_1", started=4, best=5, last=6)
    assert find_checkpoint("best", tmp_path) == two / "checkpoints" / "best.ckpt"
    assert find_checkpoint("last", tmp_path) == one / "checkpoints" / "last.ckpt"  # it still trains
    assert find_checkpoint("last", tmp_path / "tiny") == one / "checkpoints" / "last.ckpt"


def test_the_folder_of_a_run_stands_for_its_best_and_to_be_continued_for_its_last(tmp_path: Path) -> None:
    run = make_run(tmp_path, "version_0", started=1, best=2, last=3)
    assert find_checkpoint(str(run), Path("nowhere")) == run / "checkpoints" / "best.ckpt"
    assert find_checkpoint(str(run), Path("nowhere"), "last") == run / "checkpoints" / "last.ckpt"
    with pytest.raises(
        UserError, match=r"checkpoints is not the folder of a run, for it has no checkpoints/best\.ckpt"
    ):
        find_checkpoint(str(run / "checkpoints"), Path("nowhere"))


def test_a_newer_run_without_a_checkpoint_is_not_passed_over(tmp_path: Path) -> None:
    make_run(tmp_path, "version_0", started=1, best=2, last=3)
    stopped = make_run(tmp_path, "version_1", started=4, last=5)
    assert find_checkpoint("last", tmp_path) == stopped / "checkpoints" / "last.ckpt"
    with pytest.raises(UserError, match=r"version_1 is newer than .*version_0/checkpoints/best\.ckpt and has no best"):
        find_checkpoint("best", tmp_path)
    (stopped / "config.yaml").unlink()
    assert find_checkpoint("best", tmp_path).parts[-3] == "version_0"


def test_a_baseline_has_no_checkpoints(tmp_path: Path) -> None:
    run = make_run(tmp_path, "version_0", started=1, best=2)
    baseline = make_run(tmp_path, "version_1", started=3)
    (baseline / "classifier.json").touch()
    assert find_checkpoint("best", tmp_path) == run / "checkpoints" / "best.ckpt"


def test_a_path_is_taken_as_it_is(tmp_path: Path) -> None:
    path = make_run(tmp_path, "version_0", started=1, best=2) / "checkpoints" / "best.ckpt"
    assert find_checkpoint(str(path), Path("nowhere")) == path
    with pytest.raises(UserError, match="the checkpoint other does not exist"):
        find_checkpoint("other", tmp_path)
    with pytest.raises(UserError, match=r"there is no last\.ckpt of any run"):
        find_checkpoint("last", tmp_path)


@pytest.mark.parametrize(
    ("checkpoint", "run"),
    [("logs/tiny/version_0/checkpoints/best.ckpt", "logs/tiny/version_0"), ("/kept/release.ckpt", "/kept/release")],
)
def test_the_run_of_a_checkpoint(checkpoint: str, run: str) -> None:
    assert run_folder(Path(checkpoint)) == Path(run)
