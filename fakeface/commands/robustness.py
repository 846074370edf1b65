"""Measure a checkpoint on photographs that were compressed, scaled, blurred, made noisy, darkened or brightened.

Writes robustness.json and robustness.png into the checkpoint's run. All other arguments are those of `fakeface test`,
such as --data.root FOLDER.
"""

import argparse
import json
from pathlib import Path

import numpy as np

from fakeface.commands.measured_checkpoint import add_checkpoint
from fakeface.folders import announcement, make_folder
from fakeface.training.runs import ROBUSTNESS_FILE


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the subcommand's flags."""
    add_checkpoint(parser)


def run(arguments: argparse.Namespace) -> int:
    """Measure, print the table, and write the files."""
    from fakeface.inference.detector import Detector
    from fakeface.studies.corruptions import all_corruptions
    from fakeface.studies.robustness import (
        format_robustness,
        measure_robustness,
        plot_robustness,
        score_corrupted,
    )
    from fakeface.training.experiment import Experiment

    experiment = Experiment(["test", "--ckpt_path", arguments.ckpt_path, *arguments.trainer_arguments])
    records = experiment.records(arguments.evaluate)
    detector = Detector.load(experiment.settings.ckpt_path)
    threshold = detector.settings.calibration.threshold
    corruptions = all_corruptions()
    scores = score_corrupted(detector, records, corruptions, experiment.data.seed)
    label = np.array([record.label for record in records])
    rows = measure_robustness(label, scores, corruptions, threshold)
    print(format_robustness(rows))
    content = {
        "checkpoint": str(experiment.settings.ckpt_path),
        "split": arguments.evaluate,
        "images": len(records),
        "threshold": threshold,
        "rows": [row.to_dict() for row in rows],
    }
    make_folder(experiment.folder)
    target = _announce(experiment.folder / ROBUSTNESS_FILE)
    target.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    plot_robustness(rows).savefig(_announce(experiment.folder / "robustness.png"), dpi=120)
    return 0


def _announce(path: Path) -> Path:
    """Say where a file goes, and that it takes an earlier one's place where it does."""
    print(announcement(path))
    return path
