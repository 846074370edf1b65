"""The aligned face: upright and of one size, by the five points that were found of it."""

from typing import ClassVar

import cv2
import numpy as np
from numpy.typing import NDArray

from fakeface.faces.alignment import align_face, alignment, central_points, crop_matrix
from fakeface.faces.finder import find_faces
from fakeface.views.base import View, Viewed


class AlignedFace(View):
    """The face, upright and of one size; the central square of the photograph where no face is found."""

    title = "the aligned face"
    version: ClassVar[int] = 4  # other points before: turned faces (2), mirrored photographs (3)
    of_a_face: ClassVar[bool] = True

    def __call__(self, image: NDArray[np.uint8], points: NDArray[np.float64] | None = None) -> Viewed:
        """Look at the face with these points, or else at the largest that there is."""
        if points is None:
            faces = find_faces(image)
            points = faces[0].points if faces else None
        shown = central_points(*image.shape[:2]) if points is None else points
        crop, size = crop_matrix(self.size), (self.size, self.size)
        canvas = align_face(self.picture(image), shown)
        pixels = cv2.warpAffine(canvas, crop, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
        placement = cv2.invertAffineTransform(crop @ np.vstack([alignment(shown), [0, 0, 1]]))
        return Viewed(np.asarray(pixels, dtype=np.uint8), np.asarray(placement), found=points is not None)
