"""The 8×8 blocks that JPEG leaves in pixels: where their grid lies, and how often their coefficients were rounded."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

SIDE = 8
CLEAR = 6.0
"""Standard errors by which the strongest place of the grid stands out before it counts as found."""

REACH = 12
"""Multiples of the step, to both sides, that a histogram shows."""

_SURE = 4.0  # standard errors of the difference of two counts
_SMOOTH = 8.0  # grey levels: larger steps are edges of what is shown


@dataclass(frozen=True, slots=True)
class Grid:
    """Steps in brightness at each of the eight places that borders of blocks may have.

    Attributes:
        columns: Mean step beyond that of the neighbours in grey levels, by the place from the left modulo 8.
        rows: The same from the top.
        place: Place of the borders from the left and from the top; (0, 0) where the photograph was saved as JPEG as it
            is; ``None`` where no grid stands out.
    """

    columns: tuple[float, ...]
    rows: tuple[float, ...]
    place: tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class Rounding:
    """How often the coefficients of blocks have each multiple of a step, that of the file's own table, or 1.

    Attributes:
        step: The step.
        counts: Blocks by multiple, from ``-REACH`` to ``REACH``.
        gaps: Multiples less than half as frequent as one that is farther from 0.
    """

    step: int
    counts: tuple[int, ...]
    gaps: tuple[int, ...]


def brightness(image: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the brightness of RGB ``(H, W, 3)``, 0 to 255, ``(H, W)``."""
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), dtype=np.float32)


def find_grid(grey: NDArray[np.float32]) -> Grid:
    """Look for the grid of blocks in a photograph's brightness ``(H, W)``, as it lies in the file."""
    columns, column = _strengths(grey)
    rows, row = _strengths(np.ascontiguousarray(grey.T))
    return Grid(columns, rows, None if column is None or row is None else (column, row))


def _strengths(grey: NDArray[np.float32]) -> tuple[tuple[float, ...], int | None]:
    if grey.shape[1] < 4 * SIDE:
        return (0.0,) * SIDE, None
    steps = np.minimum(np.abs(np.diff(grey, axis=1)), _SMOOTH)
    beyond = (steps[:, 1:-1] - (steps[:, :-2] + steps[:, 2:]) / 2).mean(axis=0)
    places = (np.arange(len(beyond)) + 2) % SIDE
    means = np.array([beyond[places == place].mean() for place in range(SIDE)])
    strongest = int(means.argmax())
    ours, others = beyond[places == strongest], beyond[places != strongest]
    error = np.sqrt(ours.var() / len(ours) + others.var() / len(others))
    clear = means[strongest] - others.mean() > CLEAR * max(float(error), 1e-6)
    return tuple(means.round(4).tolist()), strongest if clear else None


def count_rounding(grey: NDArray[np.float32], step: int = 1, frequency: tuple[int, int] = (0, 1)) -> Rounding:
    """Count the multiples of a step that the coefficients of blocks have.

    Args:
        grey: Brightness, ``(H, W)``; blocks start at its upper left corner.
        step: Of the quantisation.
        frequency: Row and column of the coefficient in the block.
    """
    height, width = (length // SIDE * SIDE for length in grey.shape)
    blocks = grey[:height, :width].reshape(height // SIDE, SIDE, width // SIDE, SIDE).transpose(0, 2, 1, 3)
    wave = np.zeros((SIDE, SIDE), np.float32)
    wave[frequency] = 1
    coefficients = (blocks * cv2.idct(wave)).sum(axis=(2, 3))
    multiples = np.rint(coefficients / step).astype(int)
    counts = [int((multiples == number).sum()) for number in range(-REACH, REACH + 1)]
    return Rounding(
        step, tuple(counts), tuple(number for number in range(-REACH, REACH + 1) if _is_gap(counts, number))
    )


def _is_gap(counts: list[int], number: int) -> bool:
    side = counts[REACH + number :] if number > 0 else counts[REACH + number :: -1]
    count, farther = side[0], max(side[1:], default=0)
    return number != 0 and count < farther / 2 and farther - count > _SURE * (farther + count) ** 0.5
