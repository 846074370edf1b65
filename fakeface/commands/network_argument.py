"""The argument ``--ckpt_path`` of subcommands that judge photographs or measure a checkpoint, and what it names."""

import argparse
from typing import TYPE_CHECKING, Any

from fakeface.data.records import Record
from fakeface.errors import UserError
from fakeface.folders import announcement, make_folder, write_json
from fakeface.inference.detector import RELEASE, Detector

if TYPE_CHECKING:
    from fakeface.inference.explain import Explainer
    from fakeface.training.experiment import Experiment


def add_detector(parser: argparse.ArgumentParser) -> None:
    """Add the network that judges."""
    parser.add_argument(
        "--ckpt_path",
        default=RELEASE,
        metavar="X",
        help="a checkpoint, the folder of a run, best or last (of the newest run), an exported .onnx file, or release "
        "for the weights in the package (default: %(default)s)",
    )


def load_with_explainer(source: str) -> tuple[Detector, "Explainer | None"]:
    """Return the detector, and what draws its heat maps; None, which is said, where there are none for its network."""
    from fakeface.inference.explain import Explainer

    detector = Detector.load(source)
    try:
        return detector, Explainer(detector)
    except UserError as error:
        print(f"the page shows no heat maps: {error}")
        return detector, None


def add_checkpoint(parser: argparse.ArgumentParser) -> None:
    """Add the checkpoint and the split to measure it on; all other arguments are those of ``fakeface test``."""
    parser.add_argument(
        "--ckpt_path", required=True, help="a checkpoint, the folder of a run, or best or last of the newest run"
    )
    parser.add_argument(
        "--evaluate", choices=("test", "val"), default="test", help="the split to measure on (default: %(default)s)"
    )
    parser.set_defaults(trainer_arguments=[])


def load_measured(arguments: argparse.Namespace) -> tuple["Experiment", Detector, list[Record]]:
    """Return the experiment of the checkpoint, its network as a detector, and the photographs to measure it on.

    Raises:
        UserError: When the checkpoint or the photographs are missing.
    """
    from fakeface.training.experiment import Experiment

    experiment = Experiment(["test", "--ckpt_path", arguments.ckpt_path, *arguments.trainer_arguments])
    records = experiment.records(arguments.evaluate)
    return experiment, Detector.load(experiment.settings.ckpt_path), records


def write_result(experiment: "Experiment", split: str, name: str, content: dict[str, Any]) -> None:
    """Write what was measured into the checkpoint's run and say where, and whether an earlier result made room."""
    make_folder(experiment.folder)
    path = experiment.folder / name
    print(announcement(path))
    write_json(path, {"checkpoint": str(experiment.settings.ckpt_path), "split": split, **content})
