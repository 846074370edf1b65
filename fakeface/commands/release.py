"""Write a checkpoint's network for release: model.safetensors in half precision and config.json with its settings.

The calibration is the one that was chosen on validation for these weights.
"""

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``fakeface release``."""
    parser.add_argument("--ckpt_path", required=True, help="a checkpoint, or best or last for the newest run's")
    parser.add_argument("--out", type=Path, required=True, help="folder to write to")


def run(arguments: argparse.Namespace) -> int:
    """Write the two files and print where they are."""
    from fakeface.inference.release import write_release
    from fakeface.runs import find_checkpoint

    checkpoint = find_checkpoint(arguments.ckpt_path, Path("lightning_logs"))
    for path in write_release(checkpoint, arguments.out):
        print(f"{path} ({path.stat().st_size / 1e6:.1f} MB)")
    return 0
