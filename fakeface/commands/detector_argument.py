"""The argument ``--ckpt_path`` of subcommands that judge photographs, and what it names."""

import argparse
from typing import TYPE_CHECKING

from fakeface.errors import UserError
from fakeface.inference.detector import RELEASE, Detector

if TYPE_CHECKING:
    from fakeface.inference.explain import Explainer


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
