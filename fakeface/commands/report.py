"""Write one report about any number of tested runs, as Markdown and as one HTML page, or a model card of one run.

A run is a folder with predictions.csv and metrics.json, as `fakeface test` and `fakeface baseline` leave them in
lightning_logs/EXPERIMENT/version_N.
"""

import argparse
from pathlib import Path

from fakeface.errors import UserError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the subcommand's flags."""
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
    """Read the runs and write what is asked for."""
    if arguments.out is None and arguments.model_card is None:
        raise UserError("there is nothing to write: name a folder with --out, or a file with --model-card")
    if arguments.model_card is not None and len(arguments.runs) != 1:
        raise UserError(f"a model card is about one run, not {len(arguments.runs)}: name one")

    from fakeface.folders import make_folder, make_new_folder
    from fakeface.report.contents import report_blocks
    from fakeface.report.html import to_html
    from fakeface.report.markdown import to_markdown, write_markdown
    from fakeface.report.model_card import model_card_blocks
    from fakeface.report.results import read_probes, read_results

    if arguments.model_card is not None and arguments.model_card.exists():
        raise UserError(f"{arguments.model_card} exists already: remove it, or name another file")
    results = read_results(arguments.runs)
    probes = [] if arguments.audit is None else read_probes(arguments.audit)
    if arguments.out is not None:
        make_new_folder(arguments.out)
        blocks = report_blocks(results, probes, thumbnails=not arguments.no_photographs)
        write_markdown(arguments.out / "report.md", blocks)
        (arguments.out / "report.html").write_text(to_html(blocks), encoding="utf-8", errors="backslashreplace")
        print(f"{arguments.out / 'report.md'}\n{arguments.out / 'report.html'}")
    if arguments.model_card is not None:
        make_folder(arguments.model_card.parent)
        arguments.model_card.write_text(
            to_markdown(model_card_blocks(results[0])), encoding="utf-8", errors="backslashreplace"
        )
        print(arguments.model_card)
    return 0
