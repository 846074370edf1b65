"""Judge photographs with a trained network: real, fake, unsure or no face, with the probability of fake.

Of several faces the most suspicious one decides.

Without --out the verdicts are printed as a table. With it they are written to a file, and a run that was interrupted
continues where it stopped when the same command is given again; processes that torchrun starts share the work.

The exit code is 0 when all photographs were judged, 1 when some could not be read, and 2 for wrong input.
A verdict is never proof about a person.
"""

import argparse
import shutil
import sqlite3
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import tee
from pathlib import Path
from typing import get_args

from tqdm import tqdm

from fakeface.commands.network_argument import add_detector
from fakeface.commands.terminal import waiting
from fakeface.commands.verdict_table import table_header, table_rows
from fakeface.data.images import ImageError, no_opencv_error
from fakeface.errors import UserError
from fakeface.folders import make_folder, make_new_folder
from fakeface.inference.detector import Detector
from fakeface.inference.score_files import check_ending, write_scores
from fakeface.inference.score_store import DONE, ScoreStore, gather, process_file, unfinished_folder
from fakeface.inference.scoring import BATCH_SIZE
from fakeface.inference.sharing import Sharing, share
from fakeface.inference.sources import (
    STANDARD_INPUT,
    Photograph,
    check_sources,
    list_photographs,
    manifest_columns,
    tell_left_out,
)
from fakeface.inference.verdicts import WORDS, Verdict, VerdictName

_NOTHING_NAMED = """no photograph is named. Some ways to go on:

  fakeface predict photo.jpg                    judge a photograph
  fakeface predict PHOTOS --out verdicts.csv    a folder and those below it, into a file
  fakeface serve                                the same on a web page
  fakeface predict --help                       everything else"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_detector(parser)
    parser.add_argument("photos", nargs="*", metavar="PHOTO", help="a photograph, or what else --source takes")
    parser.add_argument(
        "--source",
        nargs="+",
        default=[],
        metavar="PATH",
        help="photographs, folders (with those below them), patterns such as 'photos/**/*.jpg', a .txt list with one "
        "path a line, a .csv manifest with a column path, or - for a list from standard input",
    )
    parser.add_argument("--out", type=Path, help="write a .csv, .jsonl or .parquet file instead of printing a table")
    parser.add_argument(
        "--explain",
        type=Path,
        metavar="DIR",
        help="a new or empty folder for one picture per photograph: what the verdict rests on",
    )
    parser.add_argument(
        "--false-alarms",
        type=float,
        metavar="SHARE",
        help="call fake what keeps to this share of false alarms among the real photographs of sources that nobody has "
        "seen, on average over such sources, such as 0.1; what scores less is real or unsure",
    )
    parser.add_argument(
        "--batch_size", type=int, default=BATCH_SIZE, help="photographs that the network sees at once (%(default)s)"
    )


def run(arguments: argparse.Namespace) -> int:
    arguments.source = [*arguments.photos, *arguments.source]
    if not arguments.source:
        raise UserError(_NOTHING_NAMED)
    check_sources(arguments.source)
    if arguments.batch_size < 1:
        raise UserError(f"--batch_size is {arguments.batch_size}: choose a positive number of photographs")
    if arguments.out is not None:
        check_ending(arguments.out)
        if arguments.out.exists():
            raise UserError(f"{arguments.out} exists already: remove it, or choose another --out")
    with share() as sharing:
        if sharing.size > 1 and arguments.out is None:
            raise UserError("several processes have one result between them: name its file with --out")
        if sharing.size > 1 and STANDARD_INPUT in arguments.source:
            raise UserError("several processes cannot share standard input: write the paths to a .txt file")
        with waiting("Loading the network"):
            detector = Detector.load(arguments.ckpt_path, arguments.false_alarms)
        if arguments.false_alarms is not None and sharing.rank == 0:
            sources = len(detector.settings.calibration.reals)
            print(
                f"fake is said of {arguments.false_alarms:.1%} of the real photographs of a new source at most, on "
                f"average over sources like the {sources} that are known to the network",
                file=sys.stderr,
            )
        if arguments.out is None:
            return _print(detector, arguments)
        try:
            return _write(detector, arguments, sharing)
        except sqlite3.Error as error:
            folder = unfinished_folder(arguments.out)
            raise UserError(f"{folder} cannot be used ({error}): make room, or delete the folder") from error
        except KeyboardInterrupt:
            print("\nInterrupted: the same command continues where this one stopped", file=sys.stderr)
            return 130


def _print(detector: Detector, arguments: argparse.Namespace) -> int:
    """Print a table, row by row."""
    verdicts = _verdicts(detector, arguments)
    if arguments.explain is not None:
        make_new_folder(arguments.explain)
    has_regions = bool(detector.regions)
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    print(table_header(has_regions), flush=True)
    failures, left_out = 0, Counter[str]()
    listed = list_photographs(arguments.source, in_order=True, left_out=left_out)
    for verdict, _ in _judge(verdicts, listed, _number(arguments.source)):
        for row in table_rows(verdict, has_regions, width):
            tqdm.write(row)
        failures += verdict.error is not None
    tell_left_out(left_out)
    return 1 if failures else 0


def _write(detector: Detector, arguments: argparse.Namespace, sharing: Sharing) -> int:
    """Write this process's part of the scores, and as the first of the processes the result."""
    out: Path = arguments.out
    folder = unfinished_folder(out)
    fingerprint = f"{detector.fingerprint} of {arguments.source}"
    verdicts = _verdicts(detector, arguments)
    if sharing.rank == 0:
        if arguments.explain is not None and not folder.exists():
            make_new_folder(arguments.explain)
        make_folder(folder)
        with gather(folder, fingerprint) as done:
            if len(done):
                print(f"Continuing an unfinished run, which has judged {len(done)} photographs")
    sharing.wait()
    left_out = Counter[str]()
    with ScoreStore(folder / DONE) as done, ScoreStore(process_file(folder, sharing.rank)) as store:
        mine = (
            photograph
            for photograph in list_photographs(arguments.source, left_out=left_out)
            if sharing.takes(photograph.path) and photograph.path not in done
        )
        number = _number(arguments.source) if sharing.size == 1 else None
        for verdict, photograph in _judge(verdicts, mine, number, quiet=sharing.rank > 0, judged=len(done)):
            store.add(photograph, verdict)
    sharing.wait()
    if sharing.rank > 0:
        return 0  # torchrun would end the first process when another one fails
    with gather(folder, fingerprint) as done:
        finished = folder / "finished"
        carried = manifest_columns(arguments.source)
        write_scores(finished, done.verdicts(), detector.regions, out.suffix, carried)
        counts, without_face = done.counts(), done.count_reason("no face")
    finished.replace(out)
    shutil.rmtree(folder)
    tell_left_out(left_out)
    failures = counts.get(None, 0)
    names = [*get_args(VerdictName), None]
    shares = ", ".join(f"{counts.get(name, 0)} {WORDS[name]}" for name in names)
    told = f"; {without_face} of the judged ones show no face" if without_face else ""
    print(f"{out}: {sum(counts.values())} photographs: {shares}{told}")
    return 1 if failures else 0


def _verdicts(detector: Detector, arguments: argparse.Namespace) -> Callable[[Iterable[Path]], Iterator[Verdict]]:
    """Return what judges photographs and, where a folder for that is named, writes what each verdict rests on."""
    if arguments.explain is None:
        return lambda paths: detector.stream(paths, arguments.batch_size)
    from fakeface.inference.explain import Explainer, write_explanation

    explainer = Explainer(detector)

    def explain(path: Path) -> Verdict:
        try:
            with no_opencv_error(path):
                explanation = explainer.explain(path)
        except ImageError as error:
            return Verdict(path, None, None, error=error.reason)
        write_explanation(explanation, arguments.explain)
        return explanation.verdict

    return lambda paths: map(explain, paths)


def _judge(
    verdicts: Callable[[Iterable[Path]], Iterator[Verdict]],
    photographs: Iterable[Photograph],
    number: int | None,
    quiet: bool = False,
    judged: int = 0,
) -> Iterator[tuple[Verdict, Photograph]]:
    """Yield the verdict on each photograph, under a progress bar; ``judged`` of the ``number`` have their own."""
    ahead, listed = tee(photographs)
    found = verdicts(photograph.path for photograph in ahead)
    total = None if number is None else max(number - judged, 0)
    bar = tqdm(found, "Judging", total, unit=" images", delay=2, leave=False, disable=True if quiet else None)
    return zip(bar, listed, strict=False)


def _number(sources: Sequence[str]) -> int | None:
    """Return how many photographs there are, where a progress bar is shown and it can be known."""
    if STANDARD_INPUT in sources or not sys.stderr.isatty():
        return None
    return sum(1 for _ in list_photographs(sources))
