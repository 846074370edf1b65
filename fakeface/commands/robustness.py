"""Measure a checkpoint on photographs that were compressed, scaled, blurred, made noisy, darkened or brightened.

Writes robustness.json and robustness.png into the checkpoint's run. All other arguments are those of `fakeface test`,
such as --data.root FOLDER.
"""

import argparse
from dataclasses import asdict

import numpy as np

from fakeface.commands.network_argument import add_checkpoint, load_measured, write_result
from fakeface.folders import announcement
from fakeface.training.runs import ROBUSTNESS_FILE

add_arguments = add_checkpoint


def run(arguments: argparse.Namespace) -> int:
    from fakeface.studies.corruptions import all_corruptions
    from fakeface.studies.robustness import format_robustness, measure_robustness, plot_robustness, score_corrupted

    experiment, detector, records = load_measured(arguments)
    threshold, corruptions = detector.settings.calibration.threshold, all_corruptions()
    scores = score_corrupted(detector, records, corruptions, experiment.datamodule.seed)
    rows = measure_robustness(np.array([record.label for record in records]), scores, corruptions, threshold)
    print(format_robustness(rows))
    content = {"images": len(records), "threshold": threshold, "rows": [asdict(row) for row in rows]}
    write_result(experiment, arguments.evaluate, ROBUSTNESS_FILE, content)
    plot = experiment.folder / "robustness.png"
    print(announcement(plot))
    plot_robustness(rows).savefig(plot, dpi=120)
    return 0
