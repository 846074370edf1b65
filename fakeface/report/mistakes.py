"""The photographs that a run is most wrong about."""

import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fakeface.data.images import ImageError, read_image
from fakeface.data.records import FAKE, REAL
from fakeface.report.pages import Photograph
from fakeface.report.results import Result
from fakeface.views.pictures import data_url

SHOWN = 6
_THUMBNAIL = 160


def worst_mistakes(result: Result, thumbnails: bool) -> list[tuple[str, list[Photograph]]]:
    """Return the fakes called real with the lowest scores, and the reals called fake with the highest, with titles.

    Args:
        result: The run.
        thumbnails: Whether to put small copies of the photographs into the document.
    """
    label, score = result.predictions.label, result.predictions.score
    missed, alarms = np.flatnonzero((label == FAKE) & (score <= 0.5)), np.flatnonzero((label == REAL) & (score > 0.5))
    kinds = (("Fakes called real", missed, score), ("Reals called fake", alarms, -score))
    return [
        (
            f"{title} ({len(rows)} in all)",
            _photographs(result, rows[np.argsort(order[rows], kind="stable")], thumbnails),
        )
        for title, rows, order in kinds
    ]


def _photographs(result: Result, rows: NDArray[np.intp], thumbnails: bool) -> list[Photograph]:
    predictions = result.predictions
    root = os.path.commonpath([os.path.dirname(path) for path in predictions.path.tolist()])  # noqa: PTH120 (strings)
    photographs = []
    for row in rows[:SHOWN].tolist():
        path = Path(str(predictions.path[row]))
        caption = ", ".join(filter(None, [f"score {predictions.score[row]:.3f}", predictions.records[row].difficulty]))
        name = path.relative_to(root).as_posix()
        photographs.append(Photograph(name, caption, _thumbnail(path) if thumbnails else ""))
    return photographs


def _thumbnail(path: Path) -> str:
    """Return a small JPEG, or "" where the photograph is no longer there: the report stands without it."""
    try:
        return data_url(read_image(path), _THUMBNAIL)
    except ImageError:
        return ""
