"""The arguments that subcommands which measure a checkpoint share; the others are those of ``fakeface test``."""

import argparse


def add_checkpoint(parser: argparse.ArgumentParser) -> None:
    """Add the checkpoint and the split to measure it on."""
    parser.add_argument("--ckpt_path", required=True, help="a checkpoint, or best or last for the newest run's")
    parser.add_argument(
        "--evaluate", choices=("test", "val"), default="test", help="the split to measure on (default: %(default)s)"
    )
    parser.set_defaults(trainer_arguments=[])
