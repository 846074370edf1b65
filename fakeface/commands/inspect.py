"""Write down all that can be said of one photograph: one HTML page that needs nothing else, and the same as JSON.

Each face with its verdict, whether that is steady when the photograph is saved again, scaled or cut, what the file says
of itself, and what its pixels show, each with how it misleads. Nothing is fetched. A verdict is never proof about a
person.
"""

import argparse
from datetime import UTC, datetime
from pathlib import Path

from fakeface.commands.network_argument import add_detector, load_with_explainer
from fakeface.data.images import ImageError
from fakeface.errors import UserError
from fakeface.folders import make_folder, new_file, write_json


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("photo", type=Path, metavar="PHOTO", help="the photograph")
    parser.add_argument("--out", type=Path, required=True, help="folder for NAME.html and NAME.json; made if missing")
    parser.add_argument("--gps", action="store_true", help="say where the photograph was taken, if the file does")
    add_detector(parser)


def run(arguments: argparse.Namespace) -> int:
    from fakeface.evidence.examination import examine, read_photograph
    from fakeface.evidence.page import render_page

    data = read_photograph(arguments.photo)
    targets = [arguments.out / f"{arguments.photo.stem}{ending}" for ending in (".html", ".json")]
    for target in targets:
        if target.exists():
            raise UserError(f"{target} exists already: remove it, or name another folder with --out")
    detector, explainer = load_with_explainer(arguments.ckpt_path)
    try:
        examination = examine(
            data, Path(arguments.photo.name), detector, explainer, datetime.now(UTC), gps=arguments.gps
        )
    except ImageError as error:
        raise UserError(f"{arguments.photo} is {error.reason}: name a photograph that can be read") from error
    make_folder(arguments.out)
    with new_file(targets[0]), new_file(targets[1]):
        targets[0].write_text(render_page(examination), encoding="utf-8")
        write_json(targets[1], examination.content)
    for target in targets:
        print(target)
    return 0
