"""The pictures of *How it works*, made from drawn faces."""

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from fakeface.data.images import decode_image
from fakeface.data.records import REAL
from fakeface.faces.finder import find_faces
from fakeface.serve.faces import KnownFace
from fakeface.views.ela import ElaParameters, error_level_analysis
from fakeface.views.face import AlignedFace
from fakeface.views.pictures import QUALITY, encode_jpeg

_CELL = 16
_SAVED = {"a": 90, "b": 75}
_TILT, _TILTED_SCALE, _MARKED = 25, 0.75, 320


def draw_story(faces: Sequence[KnownFace], ela: ElaParameters) -> dict[str, bytes]:
    """Return pictures by their names in ``page.html``.

    Args:
        faces: Drawn ones, with a real and an easy fake among them.
        ela: Parameters of the error level analysis.
    """
    chosen = {
        "real": next(face for face in faces if face.label == REAL),
        "fake": next(face for face in faces if face.difficulty == "easy"),
    }
    pictures = {}
    for name, face in chosen.items():
        pixels = decode_image(face.data, Path(name))
        pictures[f"{name}.jpg"] = encode_jpeg(pixels, QUALITY)
        pictures[f"{name}_ela.jpg"] = encode_jpeg(error_level_analysis(pixels, ela), QUALITY)
    real = decode_image(chosen["real"].data, Path("real"))
    return pictures | _found(real) | _saved_twice(real)


def _found(image: NDArray[np.uint8]) -> dict[str, bytes]:
    """Tilt a face, mark what is found of it, and align it."""
    side = image.shape[0]
    turn = cv2.getRotationMatrix2D((side / 2, side / 2), _TILT, _TILTED_SCALE)
    tilted = np.asarray(cv2.warpAffine(image, turn, (side, side), borderMode=cv2.BORDER_REPLICATE), dtype=np.uint8)
    marked, shrink, colour = cv2.resize(tilted, (_MARKED, _MARKED)), side / _MARKED, (255, 220, 60)
    for face in find_faces(tilted)[:1]:
        left, top, right, bottom = np.round(face.box / shrink).astype(int).tolist()
        cv2.rectangle(marked, (left, top), (right, bottom), colour, 2)
        for x, y in np.round(face.points / shrink).astype(int).tolist():
            cv2.circle(marked, (x, y), 4, colour, -1)
    aligned = AlignedFace(size=_MARKED)(tilted).pixels
    return {
        "found.jpg": encode_jpeg(np.asarray(marked, dtype=np.uint8), QUALITY),
        "aligned.jpg": encode_jpeg(aligned, QUALITY),
    }


def _saved_twice(image: NDArray[np.uint8]) -> dict[str, bytes]:
    """Save a picture with two qualities, and draw the quantisation table in the header of each."""
    pictures = {}
    for name, quality in _SAVED.items():
        data = encode_jpeg(image, quality)
        with Image.open(BytesIO(data)) as saved:
            table = np.array(saved.quantization[0]).reshape(8, 8)  # type: ignore[attr-defined]
        grey = np.clip(255 - 4 * table, 0, 255).astype(np.uint8)
        cells = np.kron(grey, np.ones((_CELL, _CELL), dtype=np.uint8))
        pictures[f"saved_{name}.jpg"] = data
        pictures[f"header_{name}.jpg"] = encode_jpeg(np.repeat(cells[..., None], 3, axis=2), 95)
    return pictures
