"""Whether a network's verdicts outlive what happens to photographs: recompression, scaling, blur, noise, exposure.

The photograph is corrupted at full size, before its views are computed, as it would be before it is uploaded.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray
from tqdm import tqdm

from fakeface.data.images import no_opencv_error, read_image
from fakeface.data.records import Record
from fakeface.evaluation.scores import compute_scores
from fakeface.inference.detector import Detector
from fakeface.inference.scoring import Seen, score
from fakeface.studies.corruptions import CORRUPTIONS, Corruption

UNCORRUPTED = "none"


@dataclass(frozen=True, slots=True)
class RobustnessRow:
    """How a network fares under one corruption.

    Attributes:
        corruption: A name from ``CORRUPTIONS``, or "none".
        level: As in ``Corruption``; None without a corruption.
        auroc: Area under the ROC curve.
        accuracy: Share of right verdicts at the threshold, which is the same in all rows.
        flipped: Share of the photographs whose verdict the corruption changes.
    """

    corruption: str
    level: float | None
    auroc: float | None
    accuracy: float | None
    flipped: float


def corrupt(
    image: NDArray[np.uint8], corruptions: Sequence[Corruption], seed: Sequence[int]
) -> Iterator[NDArray[np.uint8]]:
    """Yield a photograph ``(H, W, 3)`` as it is and under every corruption; the seed is that of the noise."""
    yield image
    for number, corruption in enumerate(corruptions):
        yield corruption(image, np.random.default_rng([*seed, number]))


def score_corrupted(
    detector: Detector, records: Sequence[Record], corruptions: Sequence[Corruption], seed: int = 0
) -> NDArray[np.float64]:
    """Return the probability of fake for each photograph and variant, ``(N, 1 + corruptions)``.

    Args:
        detector: What scores them.
        records: The photographs.
        corruptions: What they go through.
        seed: Seed of the noise, which differs from photograph to photograph.
    """

    def look(position: int) -> list[Seen]:
        path = records[position].path
        image = read_image(path)
        with no_opencv_error(path):
            return [detector.look(variant) for variant in corrupt(image, corruptions, (seed, position))]

    scored = score(detector.network, range(len(records)), look)
    progress = tqdm(scored, "corrupting", len(records), unit="image", disable=None, leave=False)
    return np.array([[face.fake for face in one.readable().scores] for one in progress])


def measure_robustness(
    label: NDArray[np.int64], scores: NDArray[np.float64], corruptions: Sequence[Corruption], threshold: float = 0.5
) -> list[RobustnessRow]:
    """Measure every column of scores.

    Args:
        label: 1 for fake and 0 for real, ``(N,)``.
        scores: Probability of fake, the uncorrupted photographs' first, ``(N, 1 + corruptions)``.
        corruptions: What the other columns went through.
        threshold: Scores above it are called fake.
    """
    names = [(UNCORRUPTED, None), *((corruption.name, corruption.level) for corruption in corruptions)]
    verdicts = scores > threshold
    rows = []
    for column, (name, level) in enumerate(names):
        measured = compute_scores(label, scores[:, column], threshold)
        flipped = float(np.mean(verdicts[:, column] != verdicts[:, 0]))
        rows.append(RobustnessRow(name, level, measured["auroc"], measured["accuracy"], flipped))
    return rows


def format_robustness(rows: Sequence[RobustnessRow]) -> str:
    """Return the rows as a table of text."""
    lines = [f"{'corruption':<12} {'level':>6} {'AUROC':>7} {'accuracy':>9} {'flipped':>8}"]
    for row in rows:
        level = "" if row.level is None else f"{row.level:g}"
        auroc, accuracy = ("-" if value is None else f"{value:.3f}" for value in (row.auroc, row.accuracy))
        lines.append(f"{row.corruption:<12} {level:>6} {auroc:>7} {accuracy:>9} {row.flipped:>8.1%}")
    return "\n".join(lines)


def plot_robustness(rows: Sequence[RobustnessRow]) -> Figure:
    """Draw a panel for each corruption; dashed lines are the uncorrupted photographs."""
    clean = rows[0]
    curves = {"AUROC": "auroc", "accuracy": "accuracy", "flipped verdicts": "flipped"}
    names = list(dict.fromkeys(row.corruption for row in rows[1:]))
    columns = min(4, len(names))
    figure = Figure(figsize=(3 * columns, 2.6 * -(-len(names) // columns) + 0.4), layout="constrained")
    panels = figure.subplots(-(-len(names) // columns), columns, squeeze=False, sharey=True).flat
    for name, panel in zip(names, panels, strict=False):
        own = [row for row in rows if row.corruption == name]
        levels = [f"{row.level:g}" for row in own]
        for number, (title, field) in enumerate(curves.items()):
            panel.plot(levels, [getattr(row, field) for row in own], marker="o", color=f"C{number}", label=title)
            if field != "flipped":
                panel.axhline(getattr(clean, field), color=f"C{number}", linestyle="--", linewidth=1)
        panel.set(title=name.replace("_", " "), xlabel=CORRUPTIONS[name].unit, ylim=(0, 1))
    for panel in panels:
        panel.set_axis_off()
    handles, titles = figure.axes[0].get_legend_handles_labels()
    figure.legend(handles, titles, loc="outside upper center", ncols=len(curves), title="dashed: uncorrupted")
    return figure
