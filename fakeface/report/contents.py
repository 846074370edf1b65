"""What a report says, in order."""

from collections.abc import Sequence
from typing import Any

from tqdm import tqdm

from fakeface.report.comparisons import comparison_row, comparison_table, fusion_pairs, pairs_with_best
from fakeface.report.document import Block, Bullets, Heading, Paragraph, Plot
from fakeface.report.mistakes import SHOWN, worst_mistakes
from fakeface.report.paper import read_paper_tables
from fakeface.report.plots import curves_plot, reliability_plot, roc_plot
from fakeface.report.results import Result, best_first
from fakeface.report.tables import (
    calibration_table,
    gap_table,
    interval_note,
    localisation_table,
    overview_table,
    paper_table,
    robustness_table,
    subset_table,
)

PAPER_NOTES = (
    "Each run's figures have fake as the positive class and the threshold 0.5; below each is its 95 % interval. "
    "Training and validation accuracy are those of the tested epoch; training accuracy is measured while training, on "
    "augmented photographs with dropout on.",
    "What the paper prints as AU-ROC is balanced accuracy: the mean of the two classes' recalls, which is the area "
    "under the curve of hard verdicts. It matches the counts of every row to the fifth decimal. The column AUROC "
    "holds the area under the curve of scores, which the paper does not give.",
    "The paper counts real as the positive class for Model 1 in both tables and for VGG16 without ELA, and fake in "
    "all other rows, so its printed precision, recall and F1 cannot be compared between those rows. The counts were "
    "reconstructed: for each row one choice of positive class and one set of counts on 300 reals and 211 fakes fits "
    "all printed figures.",
    "The paper gives no intervals. On 511 photographs an accuracy of 72 % is uncertain by about 4 points either way, "
    "and Type 1 is ahead of MobileNet by 2 photographs. Its split is not published, so its test photographs are "
    "others.",
)


def report_blocks(results: Sequence[Result], probes: Sequence[dict[str, Any]], thumbnails: bool) -> list[Block]:
    """Put a report together, with the highest AUROC first wherever runs follow each other.

    Args:
        results: Runs that were tested on the same photographs.
        probes: Shortcut probes as ``read_probes`` returns them.
        thumbnails: Whether the worst mistakes are shown or only named.
    """
    results = best_first(results)
    return [
        *_opening(results),
        *_paper(results),
        *_overview(results, probes),
        *_subsets(results),
        *_comparisons(results),
        *_calibration(results),
        *_robustness(results),
        *_localisation(results),
        *_curves(results),
        *_mistakes(results, thumbnails),
        *_gaps(results),
    ]


def _opening(results: Sequence[Result]) -> list[Block]:
    summary = results[0].summary
    runs = "one run" if len(results) == 1 else f"{len(results)} runs"
    return [
        Heading(f"Real or fake: {runs} on {summary['images']} photographs", 1),
        Paragraph(
            f"{summary['reals']} of the test photographs are real and {summary['fakes']} are fake. Fake is the "
            f"positive class. {interval_note(results[0])} A verdict is never proof about a photograph or a person."
        ),
    ]


def _paper(results: Sequence[Result]) -> list[Block]:
    blocks: list[Block] = [Heading("Beside the paper")]
    for table in read_paper_tables():
        blocks += [Heading(table.title, 3), paper_table(table, results)]
    return [*blocks, Bullets(PAPER_NOTES)]


def _overview(results: Sequence[Result], probes: Sequence[dict[str, Any]]) -> list[Block]:
    table = overview_table(results, probes)
    blocks: list[Block] = [Heading("All runs"), table]
    if probes:
        blocks.append(
            Paragraph(
                "Shortcut probes read no face, only headers, sizes and global statistics, and are cross-validated on "
                "the whole data set. A network that is no better than they are may have learned no more than they did."
            )
        )
    if results[0].auroc >= 0:
        runs = [
            (f"{result.name}, AUROC {result.auroc:.3f}", result.predictions.label, result.predictions.score)
            for result in results
        ]
        blocks.append(Plot("roc", roc_plot(runs), "ROC curves of all runs on the test photographs"))
    return blocks


def _subsets(results: Sequence[Result]) -> list[Block]:
    return [
        Heading("Subsets"),
        Paragraph(
            "AUROC on parts of the test photographs. With the common JPEG table, headers give nothing away; with a "
            "source that is not in train, no photograph was seen before in another version."
        ),
        subset_table(results),
    ]


def _comparisons(results: Sequence[Result]) -> list[Block]:
    if len(results) < 2:
        return []
    fusions, others = fusion_pairs(results), pairs_with_best(results)
    pairs = list(dict.fromkeys([*fusions, *others]))
    rows = {pair: comparison_row(*pair) for pair in tqdm(pairs, "comparing runs", unit="pair", disable=None)}
    blocks: list[Block] = [
        Heading("Paired tests"),
        Paragraph(
            "Both runs judge the same photographs, so their differences are less uncertain than their intervals "
            "suggest. Bootstrap tests draw whole source groups; McNemar's exact test takes photographs as independent."
        ),
    ]
    if fusions:
        blocks += [
            Heading("Each fusion against its best single branch", 3),
            comparison_table([rows[pair] for pair in fusions]),
            Paragraph("The best branch is the one with the higher AUROC on these photographs."),
        ]
    return [
        *blocks,
        Heading("The run with the highest AUROC against every other", 3),
        comparison_table([rows[pair] for pair in others]),
        Paragraph(
            "The first run was chosen because it did best here, and there are several tests: small p-values among them "
            "are expected by chance."
        ),
    ]


def _calibration(results: Sequence[Result]) -> list[Block]:
    calibrations = [(result.name, result.summary["calibration"]) for result in results]
    diagrams = [
        (name, found["raw"]["reliability"], None if found["calibrated"] is None else found["calibrated"]["reliability"])
        for name, found in calibrations
    ]
    return [
        Heading("Calibration"),
        Paragraph(
            "Temperature, threshold and unsure band were chosen on validation and travel in the checkpoint; here is "
            "what they do on the test photographs. The calibration error and the Brier score are those after the "
            "temperature."
        ),
        calibration_table(results),
        Plot(
            "reliability",
            reliability_plot(diagrams),
            "Reliability: share of fakes among photographs of like probability",
        ),
    ]


def _robustness(results: Sequence[Result]) -> list[Block]:
    tested = [result for result in results if result.robustness]
    if not tested:
        return []
    return [
        Heading("Robustness"),
        Paragraph(
            "AUROC on the test photographs after each corruption, the accuracy at the checkpoint's threshold, and the "
            "share of verdicts that the corruption changes."
        ),
        robustness_table(tested),
    ]


def _localisation(results: Sequence[Result]) -> list[Block]:
    table = localisation_table(results)
    if table is None:
        return []
    return [
        Heading("Heat maps"),
        Paragraph(
            "Whether heat maps lie where photographs were edited: the share of their heat inside boxes around the "
            "regions that the file name says were edited, on average over the test fakes, beside the share that a map "
            "with the same heat everywhere would have there, and beside the usual share, which is that of the average "
            "of all these maps. A network that looks at the middle of every face is better than chance; only where the "
            "last interval lies above 0 do its maps tell what was edited in this face. "
            "The boxes stand for the usual places on an aligned face, so they are approximate."
        ),
        table,
    ]


def _curves(results: Sequence[Result]) -> list[Block]:
    trained = [result for result in results if result.curves]
    if not trained:
        return []
    figures = {row.experiment: f", as Figure {row.figure} of the paper" for t in read_paper_tables() for row in t.rows}
    plots = []
    for number, result in enumerate(trained, start=1):
        svg = curves_plot(result.curves, result.epoch)
        caption = f"{result.name}{figures.get(result.experiment, '')}"
        plots.append(Plot(f"curves-{number}", svg, caption, wide=False))
    return [Heading("Loss and accuracy"), *plots]


def _mistakes(results: Sequence[Result], thumbnails: bool) -> list[Block]:
    advice = (
        "The HTML page holds small copies of them: whoever gets it gets them too. `--no-photographs` leaves them out."
        if thumbnails
        else "Their pictures were left out."
    )
    blocks: list[Block] = [
        Heading("Worst mistakes"),
        Paragraph(f"Up to {SHOWN} photographs of each kind that a run is most sure of and wrong about. {advice}"),
    ]
    for result in tqdm(results, "worst mistakes", unit="run", disable=None):
        blocks += [Heading(result.name, 3), *worst_mistakes(result, thumbnails)]
    return blocks


def _gaps(results: Sequence[Result]) -> list[Block]:
    table = gap_table(results)
    return [] if table is None else [Heading("Not measured"), table]
