"""The scores that this project's networks gave to photographs in the paper's experiments, as ``docs/paper`` keeps them.

``runs/SPLIT/EXPERIMENT/seed_N`` holds ``predictions.csv``, ``curves.csv`` (a row per epoch), ``run.json`` and, of the
honest split, ``robustness.csv`` (log odds of fake under each corruption); ``splits/SPLIT.csv`` are manifests,
``jpeg_tables.csv`` names the quantisation tables of each photograph, and ``heads.csv``, which ``heads.py`` beside it
writes, holds log odds of heads on frozen branches.
"""

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from fakeface.data.jpeg_headers import common_table
from fakeface.data.manifest import record_from_row
from fakeface.data.records import LABEL_NAMES, SPLITS
from fakeface.errors import UserError
from fakeface.evaluation.predictions import Predictions, read_predictions
from fakeface.evaluation.subsets import unseen_source_subset
from fakeface.evaluation.summary import Figures, measure
from fakeface.training.curves import Curves

HONEST, RANDOM = "grouped", "random"


@dataclass(frozen=True)
class PaperRun:
    """A training of one of the paper's experiments.

    Attributes:
        split: ``HONEST`` (no source on two sides) or ``RANDOM``.
        experiment: Name of its configuration.
        seed: Of the training.
        facts: The content of ``run.json``: configuration, epochs, hardware, time.
        predictions: Every test photograph with its score.
        curves: Of the training.
        common: Which test photographs have the common JPEG table, ``(N,)``.
        unseen: Which test photographs share no source with train, ``(N,)``.
        relatives: Of each test photograph, the class of the photographs with its source that are in train, or, as the
            honest split has none there, in test: "same" as its own, "other", "both" or "none", ``(N,)``.
        robustness: Log odds of fake by corruption, such as "jpeg_75", each ``(N,)``; empty when unmeasured.
    """

    split: str
    experiment: str
    seed: int
    facts: dict[str, Any]
    predictions: Predictions
    curves: Curves
    common: NDArray[np.bool_]
    unseen: NDArray[np.bool_]
    relatives: NDArray[np.str_]
    robustness: dict[str, NDArray[np.float64]]

    @cached_property
    def figures(self) -> Figures:
        """All test photographs at the threshold 0.5."""
        return measure(self.predictions)

    @cached_property
    def common_figures(self) -> Figures:
        """The test photographs with the common JPEG table."""
        return measure(self.predictions.select(self.common))

    @cached_property
    def unseen_figures(self) -> Figures:
        """The test photographs that share no source with train."""
        return measure(self.predictions.select(self.unseen))

    @property
    def title(self) -> str:
        """Its name as tables have it, with what began with random weights instead of the report's from ImageNet."""
        net = self.facts["config"]["net"]
        own = [net["branches"][view] for view, weights in net["pretrained"].items() if not weights]
        random = [name for name in own if name != "custom_cnn"]
        if not random:
            return f"`{self.experiment}`"
        whole = len(random) == len(net["branches"])
        return f"`{self.experiment}` ({'' if whole else 'ELA branch: '}random weights)"

    def corrupted(self, corruption: str) -> Predictions:
        """Return the test photographs with their scores under a corruption."""
        return Predictions(self.predictions.records, expit(self.robustness[corruption]))

    @property
    def tested_epoch(self) -> int:
        """The epoch that was tested, the best on validation, counted from 0."""
        return int(self.facts["best_epoch"])


@dataclass(frozen=True)
class PaperScores:
    """Everything that was kept.

    Attributes:
        runs: By split, experiment and seed.
        header_rule: By split, the test photographs scored by their JPEG header alone: 1 where the table is not the
            common one.
        heads: By frozen branches, width of the head and seed, the honest split's test photographs.
        photographs: By split and part ("train", "val", "test"), how many reals and how many fakes.
    """

    runs: dict[tuple[str, str, int], PaperRun]
    header_rule: dict[str, Predictions]
    heads: dict[tuple[str, int, int], Predictions]
    photographs: dict[str, dict[str, tuple[int, ...]]]

    def first_seed(self, split: str) -> dict[str, PaperRun]:
        """Return the runs of a split with the seed 0, by experiment."""
        return {name: run for (own, name, seed), run in self.runs.items() if own == split and seed == 0}

    def with_seeds(self) -> dict[str, list[PaperRun]]:
        """Return the runs of the honest split that were trained with several seeds, by experiment."""
        seeds: dict[str, list[PaperRun]] = {}
        for (split, name, _), run in self.runs.items():
            if split == HONEST:
                seeds.setdefault(name, []).append(run)
        return {name: runs for name, runs in seeds.items() if len(runs) > 1}


def read_paper_scores(folder: Path) -> PaperScores:
    """Read a folder like ``docs/paper``.

    Raises:
        UserError: When it holds no run of the honest split, or a file is damaged.
    """
    if not (folder / "runs" / HONEST).is_dir():
        raise UserError(f"{folder} holds no runs/{HONEST}: name a folder like docs/paper")
    tables = {row["path"]: row["table"] for row in _rows(folder / "jpeg_tables.csv")}
    common = common_table(tables.values())
    runs: dict[tuple[str, str, int], PaperRun] = {}
    header_rule: dict[str, Predictions] = {}
    photographs: dict[str, dict[str, tuple[int, ...]]] = {}
    relatives_in = {HONEST: "test", RANDOM: "train"}
    for split in (HONEST, RANDOM):
        rows = _rows(folder / "splits" / f"{split}.csv")
        labels = {part: [row["label"] for row in rows if row["split"] == part] for part in SPLITS}
        photographs[split] = {part: tuple(map(own.count, LABEL_NAMES)) for part, own in labels.items()}
        training = [record_from_row(split, row, Path()) for row in rows]
        for run in sorted((folder / "runs" / split).glob("*/seed_*")):
            predictions = read_predictions(run / "predictions.csv")
            unseen = unseen_source_subset(predictions, training)
            if isinstance(unseen, str):
                raise UserError(f"{folder / 'splits' / split}.csv: {unseen}")
            own_tables = np.array([tables[path] for path in predictions.path.tolist()])
            header_rule.setdefault(split, replace(predictions, score=(own_tables != common).astype(np.float64)))
            facts = json.loads((run / "run.json").read_text(encoding="utf-8"))
            runs[split, facts["experiment"], facts["seed"]] = PaperRun(
                split=split,
                experiment=facts["experiment"],
                seed=facts["seed"],
                facts=facts,
                predictions=predictions,
                curves=_read_curves(run / "curves.csv"),
                common=own_tables == common,
                unseen=unseen,
                relatives=_relatives(predictions, [row for row in rows if row["split"] == relatives_in[split]]),
                robustness=_read_scores(run / "robustness.csv", predictions),
            )
    heads = _read_heads(folder / "heads.csv", header_rule[HONEST])
    return PaperScores(runs, header_rule, heads, photographs)


def _relatives(predictions: Predictions, rows: Sequence[Mapping[str, str]]) -> NDArray[np.str_]:
    """Return what ``PaperRun.relatives`` says, of relatives that are among the rows of a manifest."""
    of_group: dict[str, dict[str, int]] = {}
    for row in rows:
        of_group.setdefault(row["group"], {})[row["path"]] = LABEL_NAMES.index(row["label"])
    names = {frozenset[bool](): "none", frozenset({True}): "same", frozenset({False}): "other"}
    found = []
    for path, label, group in zip(predictions.path, predictions.label, predictions.group, strict=True):
        others = of_group.get(group, {}).items()
        found.append(names.get(frozenset(bool(own == label) for other, own in others if other != path), "both"))
    return np.array(found)


def _read_heads(path: Path, photographs: Predictions) -> dict[tuple[str, int, int], Predictions]:
    heads = {}
    for name, log_odds in _read_scores(path, photographs).items():
        branches, width, seed = name.rsplit("/", 2)
        heads[branches, int(width), int(seed)] = Predictions(photographs.records, expit(log_odds))
    return heads


def _read_curves(path: Path) -> Curves:
    rows = _rows(path)
    return {
        tag: {int(row["epoch"]): float(row[tag]) for row in rows} for tag in (rows[0] if rows else ()) if tag != "epoch"
    }


def _read_scores(path: Path, predictions: Predictions) -> dict[str, NDArray[np.float64]]:
    """Read columns of log odds in the order of the photographs; nothing where there is no such file."""
    if not path.is_file():
        return {}
    rows = {row["path"]: row for row in _rows(path)}
    if rows.keys() != set(predictions.path.tolist()):
        raise UserError(f"{path} does not list the photographs of predictions.csv: restore it")
    ordered = [rows[name] for name in predictions.path.tolist()]
    return {name: np.array([float(row[name]) for row in ordered]) for name in ordered[0] if name != "path"}


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
