"""Write each photograph beside its error level analysis as a PNG, like Figures 1 and 2 of the report.

Bright areas change more than others when the photograph is saved as JPEG once more: a hint that they have another
history, and never proof. The exit code is 0 when all were written, 1 when some photographs could not be read, and 2 for
wrong input.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image
from tqdm import tqdm

from fakeface.data.images import ImageError, no_opencv_error, read_image
from fakeface.errors import UserError
from fakeface.folders import make_folder, new_file
from fakeface.inference.sources import check_sources, list_photographs, tell_left_out
from fakeface.views.ela import ElaParameters, error_level_analysis


def add_arguments(parser: argparse.ArgumentParser) -> None:
    defaults = ElaParameters()
    parser.add_argument(
        "photos", nargs="+", metavar="PHOTO", help="photographs or what else `fakeface predict --source` takes"
    )
    parser.add_argument("--out", type=Path, required=True, help="folder for the pictures; it is made if missing")
    parser.add_argument(
        "--quality", type=int, default=defaults.quality, help="JPEG quality of the recompression (default: %(default)s)"
    )
    parser.add_argument(
        "--alpha", type=float, default=defaults.alpha, help="factor on the difference (default: %(default)s)"
    )
    parser.add_argument("--beta", type=float, default=defaults.beta, help="offset after it (default: %(default)s)")


def run(arguments: argparse.Namespace) -> int:
    parameters = ElaParameters(arguments.quality, arguments.alpha, arguments.beta)
    check_sources(arguments.photos)
    left_out = Counter[str]()
    listed = list_photographs(arguments.photos, in_order=True, left_out=left_out)
    photos = [photograph.path for photograph in listed]
    targets = name_pictures(photos, arguments.out)
    existing = [target for target in targets if target.exists()]
    if existing:
        raise UserError(f"{existing[0]} exists already: remove it, or name another folder with --out")
    make_folder(arguments.out)
    failures = 0
    for photo, target in zip(tqdm(photos, "analysing", unit="image", disable=None, leave=False), targets, strict=True):
        try:
            image = read_image(photo)
            with no_opencv_error(photo):
                picture = np.hstack([image, error_level_analysis(image, parameters)])
        except ImageError as error:
            failures += 1
            tqdm.write(f"fakeface: error: {error}", file=sys.stderr)
            continue
        with new_file(target):
            Image.fromarray(picture).save(target)
        tqdm.write(str(target))
    tell_left_out(left_out)
    return 1 if failures else 0


def name_pictures(photos: Sequence[Path], out: Path) -> list[Path]:
    """Return a file in ``out`` for each photograph, ``NAME_ela.png``, numbered where names meet: ``NAME_2_ela.png``."""
    targets: list[Path] = []
    for photo in photos:
        names = (f"{photo.stem}{number}_ela.png" for number in ("", *(f"_{n}" for n in range(2, len(photos) + 2))))
        targets.append(next(out / name for name in names if out / name not in targets))
    return targets
