"""The argument ``--ckpt_path`` of subcommands that judge photographs."""

import argparse

from fakeface.inference.detector import RELEASE


def add_detector(parser: argparse.ArgumentParser) -> None:
    """Add the network that judges."""
    parser.add_argument(
        "--ckpt_path",
        default=RELEASE,
        metavar="X",
        help="a checkpoint, the folder of a run, best or last (of the newest run), an exported .onnx file, or release "
        "for the weights in the package (default: %(default)s)",
    )
