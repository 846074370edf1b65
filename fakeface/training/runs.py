"""The folder of a run, ``lightning_logs/EXPERIMENT/version_N``, and what lies in it."""

import re
from collections import Counter
from pathlib import Path
from typing import Literal

from fakeface.data.manifest import check_columns, record_from_row
from fakeface.data.records import Record
from fakeface.data.tables import read_table
from fakeface.errors import UserError, did_you_mean

CHECKPOINTS = "checkpoints"
CONFIG_FILE, SPLIT_FILE, SKIPPED_FILE = "config.yaml", "split.csv", "skipped.csv"
PREDICTIONS_FILE, METRICS_FILE = "predictions.csv", "metrics.json"
ROBUSTNESS_FILE, LOCALISATION_FILE = "robustness.json", "localisation.json"
CLASSIFIER_FILE = "classifier.json"
"""What a baseline chose; a trained network has none."""


def run_folder(checkpoint: Path) -> Path:
    """Return the run that a checkpoint belongs to; one that lies outside a run gets a folder beside it."""
    # Kept relative where it is: ModelCheckpoint forgets its best score when its folder is spelt another way.
    folder = checkpoint.parent if checkpoint.parent.name else checkpoint.absolute().parent
    return folder.parent if folder.name == CHECKPOINTS else folder / checkpoint.stem


def find_checkpoint(name: str, logs: Path, of_a_run: Literal["best", "last"] = "best") -> Path:
    """Return a checkpoint: by its path, by the folder of its run, or ``best`` or ``last`` of the newest run.

    Args:
        name: What is asked for.
        logs: Where the newest run is looked for, at any depth.
        of_a_run: Which one the folder of a run stands for.

    Raises:
        UserError: When there is none, or a run was started later and has none yet.
    """
    if name not in {"best", "last"}:
        path = Path(name)
        if path.is_dir():
            path = path / CHECKPOINTS / f"{of_a_run}.ckpt"
            missing = path.relative_to(name)
            if not path.is_file() and re.fullmatch(r"version_\d+", Path(name).name):
                reason = "nothing was trained there yet, or it ended before its first epoch"
                raise UserError(f"the run {name} has no {missing}: {reason}: delete it, or name another")
            if not path.is_file():
                raise UserError(f"{name} is not the folder of a run, for it has no {missing}: name one")
        if not path.is_file():
            hint = did_you_mean(name, ("best", "last", "release"))
            raise UserError(
                f"the checkpoint {name} does not exist: {hint or 'pass its path, or best or last for the newest run'}"
            )
        return path
    found = [path for path in logs.glob(f"**/{CHECKPOINTS}/{name}.ckpt") if path.is_file()]
    if not found:
        raise UserError(
            f"there is no {name}.ckpt of any run below {logs}: train with `fakeface fit`, or pass a checkpoint's path"
        )
    newest = max(found, key=_written)
    started = [path for path in logs.glob(f"**/{CONFIG_FILE}") if not path.with_name(CLASSIFIER_FILE).exists()]
    for config in started:
        if _written(config) > _written(newest) and not (config.parent / CHECKPOINTS / f"{name}.ckpt").exists():
            raise UserError(
                f"the run {config.parent} is newer than {newest} and has no {name}.ckpt: wait for its first epoch, "
                f"delete it if it was stopped before, or pass a checkpoint's path"
            )
    return newest


def _written(path: Path) -> int:
    return path.stat().st_mtime_ns


def read_split(run: Path) -> list[Record]:
    """Read the photographs of a run from its ``split.csv``, wherever they are now; none without the file."""
    path = run / SPLIT_FILE
    if not path.is_file():
        return []
    rows = read_table(path, lambda names: check_columns(path, names))
    return [record_from_row(f"{path}, row {number}", row, run) for number, row in rows]


def read_split_counts(run: Path) -> Counter[tuple[str, str]]:
    """Return how many photographs a run had by stratum (as in ``Record.stratum``) and split; empty without a file."""
    return Counter((record.stratum, record.split) for record in read_split(run))
