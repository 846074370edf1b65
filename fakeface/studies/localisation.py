"""Whether heat maps are true: the share of their mass that lies where the file name says a photograph was edited.

The data set tells which regions were edited, not which pixels. A region is taken as a box around its usual place on
the aligned face, whose five points ``fakeface.faces`` finds. The boxes are approximate: they were chosen by eye to
hold the eye with its brow, the nose with its wings, and the mouth with its corners.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from fakeface.data.images import no_opencv_error, read_image
from fakeface.data.records import DIFFICULTIES, FAKE, REGIONS, Record
from fakeface.evaluation.intervals import Interval, mean_interval
from fakeface.faces.alignment import CANVAS, alignment
from fakeface.faces.finder import face_points
from fakeface.inference.explain import Explainer
from fakeface.inference.scoring import Batch, Seen, score
from fakeface.views import Viewed

BOXES = {
    "left_eye": (78, 92, 178, 172),
    "right_eye": (206, 92, 306, 172),
    "nose": (146, 150, 238, 240),
    "mouth": (118, 240, 266, 320),
}
"""Left, top, right and bottom of each region in pixels of the canvas that faces are aligned to."""

ALL = "all"


@dataclass(frozen=True, slots=True)
class Localisation:
    """How much of a view's heat lies in the edited regions, on average over fakes.

    Attributes:
        view: Name of the view.
        difficulty: One of ``DIFFICULTIES``, or ``all``.
        photographs: How many were measured.
        blank: How many more have a heat map without any heat, which cannot be measured.
        share: Mean share of the heat inside the edited regions.
        chance: The same for a heat map that is equally warm everywhere: the regions' share of what the view shows.
        gain_low: Lower end of the 95 % interval of ``share - chance``, as ``mean_interval`` gives it over source
            groups; NaN for a single one.
        gain_high: Its upper end.
        usual: The same for the average of the heat maps of all these fakes, which knows where a network looks in any
            face, but not what was edited in this one.
        specific_low: Lower end of the 95 % interval of ``share - usual``.
        specific_high: Its upper end.
    """

    view: str
    difficulty: str
    photographs: int
    blank: int
    share: float
    chance: float
    gain_low: float
    gain_high: float
    usual: float
    specific_low: float
    specific_high: float

    def to_dict(self) -> dict[str, str | float | None]:
        """Return plain values for JSON; what could not be measured, NaN, is None."""
        return {name: None if value != value else value for name, value in asdict(self).items()}


def measure_localisation(explainer: Explainer, records: Iterable[Record]) -> list[Localisation]:
    """Measure the heat maps of fakes whose edited regions are known.

    Args:
        explainer: Draws the heat maps.
        records: The photographs; others than fakes with known regions are passed over.

    Returns:
        One entry per view and difficulty that occurs, and one per view for all of them.
    """
    known = [_Fake(record) for record in records if record.label == FAKE and "1" in record.regions]

    def look(fake: _Fake) -> list[Seen]:
        image = read_image(fake.record.path)
        with no_opencv_error(fake.record.path):
            points = face_points(image)
            fake.shape, fake.to_canvas = image.shape[:2], alignment(points)
            return [explainer.detector.look(image, points)]

    def draw(batch: Batch) -> list[dict[str, NDArray[np.float32]]]:
        return [explainer.draw(dict(zip(batch, face, strict=True))) for face in zip(*batch.values(), strict=True)]

    rows: dict[str, list[_Row]] = defaultdict(list)
    sums: dict[str, NDArray[np.float64]] = {}
    drawn = score(draw, known, look, batch_size=1)
    for one in tqdm(drawn, "Heat maps", len(known), unit=" images", delay=2, disable=None, leave=False):
        for heats, views in zip(one.readable().scores, one.seen, strict=True):
            for view, heat in heats.items():
                row, aligned = _measure(one.item, views[view], heat)
                rows[view].append(row)
                sums[view] = sums.get(view, 0) + aligned
    results = []
    for view, own in rows.items():
        warm = sum(not np.isnan(row.share) for row in own)
        inside = {row.record.regions: sums[view][_boxes(row.record.regions) > 0].sum() for row in own}
        usual = {regions: float(heat) / max(warm, 1) for regions, heat in inside.items()}
        for difficulty in (*DIFFICULTIES, ALL):
            chosen = [row for row in own if difficulty in (row.record.difficulty, ALL)]
            if chosen:
                results.append(_summarise(view, difficulty, chosen, usual))
    return results


def format_localisation(rows: Sequence[Localisation]) -> str:
    """Return the rows as a table of text."""
    lines = [
        f"{'view':<9} {'difficulty':<10} {'fakes':>5} {'share':>6} {'chance':>6}  {'difference, 95 %':<16} "
        f"{'usual':>6}  difference, 95 %"
    ]
    for row in rows:
        figures = (
            f"{row.photographs:>5} {row.share:>6.1%} {row.chance:>6.1%}  {row.gain_low:+6.1%} to {row.gain_high:+6.1%} "
            f"{row.usual:>6.1%}  {row.specific_low:+6.1%} to {row.specific_high:+6.1%}"
        )
        lines.append(f"{row.view:<9} {row.difficulty:<10} {figures}")
    return "\n".join(lines)


def region_mask(shape: tuple[int, int], regions: str, to_canvas: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return where a photograph ``(H, W)`` shows the regions of four bits such as "0011", ``(H, W)``.

    Args:
        shape: Height and width of the photograph.
        regions: The bits.
        to_canvas: What ``alignment`` returns for its face.
    """
    height, width = shape
    flags = cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(_boxes(regions), to_canvas, (width, height), flags=flags) > 0)


@dataclass(slots=True)
class _Fake:
    """A photograph with what is found when it is read: its height and width, and the map to the aligned canvas."""

    record: Record
    shape: tuple[int, int] = field(init=False)
    to_canvas: NDArray[np.float64] = field(init=False)


@dataclass(frozen=True, slots=True)
class _Row:
    """A heat map: ``share`` is NaN without heat."""

    record: Record
    share: float
    chance: float


def _boxes(regions: str) -> NDArray[np.uint8]:
    canvas = np.zeros((CANVAS, CANVAS), dtype=np.uint8)
    for bit, region in zip(regions, REGIONS, strict=True):
        if bit == "1":
            left, top, right, bottom = BOXES[region]
            canvas[top:bottom, left:right] = 1
    return canvas


def _measure(fake: _Fake, viewed: Viewed, heat_of_view: NDArray[np.float32]) -> tuple[_Row, NDArray[np.float64]]:
    """Return a heat map as a row, and its share of the heat in each pixel of the canvas."""
    heat = viewed.place(heat_of_view, *fake.shape)
    shown = viewed.place(np.ones_like(heat_of_view), *fake.shape)
    mask = region_mask(fake.shape, fake.record.regions, fake.to_canvas)
    total = float(heat.sum())
    share = float(heat[mask].sum()) / total if total > 0 else np.nan
    chance = float(shown[mask].sum() / shown.sum())
    aligned = cv2.warpAffine(heat, fake.to_canvas, (CANVAS, CANVAS)).astype(np.float64)
    scale = float(np.linalg.det(fake.to_canvas[:, :2]))  # pixels of the canvas for one of the photograph
    return _Row(fake.record, share, chance), aligned / max(total * scale, 1e-9)


def _summarise(view: str, difficulty: str, rows: Sequence[_Row], usual: Mapping[str, float]) -> Localisation:
    warm = [row for row in rows if not np.isnan(row.share)]
    shares = np.array([[row.share, row.chance, usual[row.record.regions]] for row in warm]).reshape(-1, 3)
    share, chance, average = shares.mean(axis=0) if warm else (np.nan,) * 3
    clusters = np.array([row.record.cluster for row in warm])
    nothing = Interval(np.nan, np.nan)
    gain, specific = (mean_interval(shares[:, 0] - shares[:, column], clusters) or nothing for column in (1, 2))
    return Localisation(
        view=view,
        difficulty=difficulty,
        photographs=len(warm),
        blank=len(rows) - len(warm),
        share=float(share),
        chance=float(chance),
        gain_low=gain.low,
        gain_high=gain.high,
        usual=float(average),
        specific_low=specific.low,
        specific_high=specific.high,
    )
