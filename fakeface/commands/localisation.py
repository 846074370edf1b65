"""Measure whether the heat maps of a checkpoint lie where fakes were edited, as their file names say.

Writes localisation.json into the checkpoint's run, for `fakeface report`. All other arguments are those of
`fakeface test`, such as --data.root FOLDER.
"""

import argparse

from fakeface.commands.network_argument import add_checkpoint, load_measured, write_result
from fakeface.errors import UserError
from fakeface.training.runs import LOCALISATION_FILE

add_arguments = add_checkpoint


def run(arguments: argparse.Namespace) -> int:
    from fakeface.inference.explain import Explainer
    from fakeface.studies.localisation import format_localisation, measure_localisation

    experiment, detector, records = load_measured(arguments)
    rows = measure_localisation(Explainer(detector), records)
    if not rows:
        raise UserError(
            f"no fake in the split {arguments.evaluate!r} says which regions were edited: name the files like "
            f"easy_1_1100.jpg, or give the manifest a column regions"
        )
    print(format_localisation(rows))
    write_result(experiment, arguments.evaluate, LOCALISATION_FILE, {"rows": [row.to_dict() for row in rows]})
    return 0
