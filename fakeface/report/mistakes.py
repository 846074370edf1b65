"""The photographs that a run is most wrong about."""

import os
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from fakeface.data.images import ImageError, read_image
from fakeface.data.records import FAKE, REAL
from fakeface.report.document import Gallery, Photograph
from fakeface.report.results import Result

SHOWN = 6
_THUMBNAIL = 160


def worst_mistakes(result: Result, thumbnails: bool) -> list[Gallery]:
    """Return the fakes called real with the lowest scores, and the reals called fake with the highest.

    Args:
        result: The run.
        thumbnails: Whether to put small copies of the photographs into the document.
    """
    predictions = result.predictions
    called_fake = predictions.score > 0.5
    missed = np.flatnonzero((predictions.label == FAKE) & ~called_fake)
    alarms = np.flatnonzero((predictions.label == REAL) & called_fake)
    return [
        _gallery(result, f"Fakes called real ({len(missed)} in all)", _worst(missed, predictions.score), thumbnails),
        _gallery(result, f"Reals called fake ({len(alarms)} in all)", _worst(alarms, -predictions.score), thumbnails),
    ]


def _worst(rows: NDArray[np.intp], score: NDArray[np.float64]) -> NDArray[np.intp]:
    return rows[np.argsort(score[rows], kind="stable")][:SHOWN]


def _gallery(result: Result, title: str, rows: NDArray[np.intp], thumbnails: bool) -> Gallery:
    predictions = result.predictions
    root = os.path.commonpath([os.path.dirname(path) for path in predictions.path.tolist()])  # noqa: PTH120 (strings)
    photographs = []
    for row in rows.tolist():
        path = Path(str(predictions.path[row]))
        caption = f"score {predictions.score[row]:.3f}" + (
            f", {predictions.difficulty[row]}" if predictions.difficulty[row] else ""
        )
        photographs.append(
            Photograph(path.relative_to(root).as_posix(), caption, _thumbnail(path) if thumbnails else None)
        )
    return Gallery(title, photographs)


def _thumbnail(path: Path) -> bytes | None:
    """Return a small JPEG, or none where the photograph is no longer there: the report stands without it."""
    try:
        image = Image.fromarray(read_image(path))
    except ImageError:
        return None
    image.thumbnail((_THUMBNAIL, _THUMBNAIL))
    buffer = BytesIO()
    image.save(buffer, "JPEG", quality=80)
    return buffer.getvalue()
