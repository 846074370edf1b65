"""Write one report about any number of tested runs, as Markdown and as one HTML page, or a model card of one run.

A run is a folder with predictions.csv and metrics.json, as `fakeface test` and `fakeface baseline` leave them in
lightning_logs/EXPERIMENT/version_N.
"""

import argparse
import shlex
from datetime import date
from itertools import chain
from pathlib import Path

from fakeface import __version__
from fakeface.errors import UserError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("runs", nargs="*", type=Path, metavar="RUN", help="the folder of a tested run")
    parser.add_argument("--out", type=Path, help="a new or empty folder for report.md, report.html and plots")
    parser.add_argument("--model-card", type=Path, metavar="FILE", help="a new Markdown file about the one run named")
    parser.add_argument(
        "--audit",
        type=Path,
        metavar="DIR",
        help="what `fakeface data audit --out DIR` wrote: its probes join the table",
    )
    parser.add_argument(
        "--no-photographs", action="store_true", help="name the worst mistakes without showing them in the HTML page"
    )


def run(arguments: argparse.Namespace) -> int:
    if arguments.out is None and arguments.model_card is None:
        raise UserError("there is nothing to write: name a folder with --out, or a file with --model-card")
    if arguments.model_card is not None and len(arguments.runs) != 1:
        raise UserError(f"a model card is about one run, not {len(arguments.runs)}: name one")

    from fakeface.folders import make_folder, new_file, new_folder
    from fakeface.report.contents import report_content
    from fakeface.report.model_card import model_card_content
    from fakeface.report.pages import PLOT_FOLDER, render
    from fakeface.report.results import read_probes, read_results

    if arguments.model_card is not None and arguments.model_card.exists():
        raise UserError(f"{arguments.model_card} exists already: remove it, or name another file")
    results = read_results(arguments.runs)
    probes = [] if arguments.audit is None else read_probes(arguments.audit)
    if arguments.out is not None:
        page, text = arguments.out / "report.html", arguments.out / "report.md"
        with new_folder(arguments.out):
            made = f"{date.today().isoformat()}, by fakeface {__version__}"
            content = report_content(results, probes, not arguments.no_photographs, made, _command(arguments))
            page.write_text(render("report", "html", **content), encoding="utf-8")
            text.write_text(render("report", "markdown", **content), encoding="utf-8")
            (arguments.out / PLOT_FOLDER).mkdir()
            for plot in chain(*content["plots"].values()):
                (arguments.out / PLOT_FOLDER / f"{plot.name}.svg").write_text(plot.svg, encoding="utf-8")
        print(f"{text}\n{page}")
    if arguments.model_card is not None:
        make_folder(arguments.model_card.parent)
        card = render("model_card", "markdown", **model_card_content(results[0]))
        with new_file(arguments.model_card):
            arguments.model_card.write_text(card, encoding="utf-8")
        print(arguments.model_card)
    return 0


def _command(arguments: argparse.Namespace) -> str:
    """Return the command that makes the same report again."""
    words = ["fakeface", "report", *map(str, arguments.runs), "--out", str(arguments.out)]
    words += [] if arguments.audit is None else ["--audit", str(arguments.audit)]
    return shlex.join(words + ["--no-photographs"] * arguments.no_photographs)
