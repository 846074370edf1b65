"""Draw a demo data set of faces, real and spliced, in CIPLAB's layout: no download, no account, no photograph."""

import argparse
from pathlib import Path

from fakeface.demo.data_set import IMAGES, SIZE, write_demo


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", type=Path, required=True, help="a new or empty folder")
    parser.add_argument("--seed", type=int, default=0, help="another seed draws other people (default: %(default)s)")
    parser.add_argument(
        "--images", type=int, default=IMAGES, help="how many, 47 %% of them fakes (default: %(default)s)"
    )
    parser.add_argument("--size", type=int, default=SIZE, help="height and width in pixels (default: %(default)s)")


def run(arguments: argparse.Namespace) -> int:
    print(f"drawing {arguments.images} images in {arguments.out}", flush=True)
    manifest = write_demo(arguments.out, arguments.images, arguments.seed, arguments.size)
    print(f"their true sources: {manifest}")
    print(f"train on them: fakeface fit --config fusion_type1 --data.root {arguments.out}")
    return 0
