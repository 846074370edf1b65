"""Measure whether the heat maps of a checkpoint lie where fakes were edited, as their file names say.

Writes localisation.json into the checkpoint's run, for `fakeface report`. All other arguments are those of
`fakeface test`, such as --data.root FOLDER.
"""

import argparse
import json

from fakeface.commands.measured_checkpoint import add_checkpoint
from fakeface.errors import UserError
from fakeface.folders import announcement, make_folder
from fakeface.training.runs import LOCALISATION_FILE


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the subcommand's flags."""
    add_checkpoint(parser)


def run(arguments: argparse.Namespace) -> int:
    """Measure, print the table, and write the file."""
    from fakeface.inference.detector import Detector
    from fakeface.inference.explain import Explainer
    from fakeface.studies.localisation import format_localisation, measure_localisation
    from fakeface.training.experiment import Experiment

    experiment = Experiment(["test", "--ckpt_path", arguments.ckpt_path, *arguments.trainer_arguments])
    records = experiment.records(arguments.evaluate)
    checkpoint = str(experiment.settings.ckpt_path)
    rows = measure_localisation(Explainer(Detector.load(checkpoint)), records)
    if not rows:
        raise UserError(
            f"no fake in the split {arguments.evaluate!r} says which regions were edited: name the files like "
            f"easy_1_1100.jpg, or give the manifest a column regions"
        )
    print(format_localisation(rows))
    content = {"checkpoint": checkpoint, "split": arguments.evaluate, "rows": [row.to_dict() for row in rows]}
    make_folder(experiment.folder)
    path = experiment.folder / LOCALISATION_FILE
    print(announcement(path))
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    return 0
