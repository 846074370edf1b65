"""What a view is: something that can be seen of a photograph, where in it that lies, and whether it is a face."""

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from fakeface.errors import UserError


class Viewed(NamedTuple):
    """A view of one photograph.

    Attributes:
        pixels: What a network is given, RGB, ``(size, size, 3)``.
        placement: The affine map ``(2, 3)`` from pixels (x, y) of the view to those of the photograph, both counted
            from the middle of the first one, as in ``cv2.warpAffine``.
        found: Whether the view shows a face; None for one that shows the whole photograph and looks for none.
    """

    pixels: NDArray[np.uint8]
    placement: NDArray[np.float64]
    found: bool | None

    def place(self, map_of_view: NDArray[np.float32], height: int, width: int) -> NDArray[np.float32]:
        """Lay a map of the view ``(size, size)`` over its photograph ``(height, width)``: 0 where it shows nothing."""
        warp, size = self.placement, (width, height)
        placed = cv2.warpAffine(map_of_view, warp, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        shown = cv2.warpAffine(np.ones(map_of_view.shape, np.uint8), warp, size, flags=cv2.INTER_NEAREST)
        return np.asarray(placed * shown, np.float32)


@dataclass(frozen=True)
class View:
    """The whole photograph, as a square. A view of your own overrides ``draw`` or, for another part, ``__call__``.

    The settings of a view are its fields. One that ``ViewParameters`` has too, such as ``size``, takes its value from
    there; others need a default.

    Attributes:
        size: Height and width of the view in pixels.
        title: What it shows, in a word or two; without one, its name stands there.
        version: To be raised when the same settings give other pixels, so that the cache forgets the old ones.
        photometric: Whether an augmentation may change its brightness, contrast and saturation.
        of_a_face: Whether it shows one face of the photograph, so that a detector asks for each of them.
    """

    size: int
    title: ClassVar[str] = ""
    version: ClassVar[int] = 1
    photometric: ClassVar[bool] = False
    of_a_face: ClassVar[bool] = False

    def draw(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return what there is to see of a photograph ``(H, W, 3)`` at its full size, ``(H, W, 3)``."""
        return image

    def __call__(self, image: NDArray[np.uint8], points: NDArray[np.float64] | None = None) -> Viewed:
        """Look at a photograph.

        Args:
            image: Decoded photograph, RGB, ``(H, W, 3)``.
            points: The five points (x, y) of the face to look at, ``(5, 2)``, for a view of a face; without them it
                looks for the largest one itself.
        """
        height, width = image.shape[:2]
        x, y = width / self.size, height / self.size
        placement = np.array([[x, 0, x / 2 - 0.5], [0, y, y / 2 - 0.5]])
        return Viewed(resize(self.picture(image), self.size), placement, found=None)

    def picture(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return what ``draw`` makes of a photograph.

        Raises:
            UserError: When it is no RGB image of the photograph's size.
        """
        drawn = self.draw(image)
        if drawn.dtype != np.uint8 or drawn.shape != image.shape:
            raise UserError(
                f"the view {type(self).__name__} drew {drawn.dtype} {drawn.shape} of a photograph {image.shape}: let "
                f"its draw return RGB as uint8, of the photograph's size"
            )
        return drawn


def resize(image: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    """Resize an image ``(H, W, 3)`` to ``(size, size, 3)``: area averages when it shrinks, bilinear when it grows."""
    if image.shape[:2] == (size, size):
        return image
    shrinks = min(image.shape[:2]) > size
    resized = cv2.resize(image, (size, size), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
    return np.asarray(resized, dtype=np.uint8)
