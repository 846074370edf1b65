"""The views of every photograph, decoded each time or kept on disk."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from fakeface.data.images import ImageError, read_image
from fakeface.data.records import Record
from fakeface.data.views import ViewParameters, compute_views


class ViewSource(Protocol):
    """Where a dataset takes the views of a photograph from."""

    def __getitem__(self, position: int) -> dict[str, NDArray[np.uint8]]:
        """Return the views, each ``(size, size, 3)``, of the record at this position; the arrays are the caller's.

        Raises:
            ImageError: When the photograph cannot be read.
        """


class DecodedViews(ViewSource):
    """Decodes the photograph and computes its views at every access.

    Args:
        records: The photographs.
        views: Names of the views to compute.
        parameters: How to compute them.
    """

    def __init__(self, records: Sequence[Record], views: Sequence[str], parameters: ViewParameters) -> None:
        self.records = records
        self.views = tuple(views)
        self.parameters = parameters

    def __getitem__(self, position: int) -> dict[str, NDArray[np.uint8]]:
        return compute_views(read_image(self.records[position].path), self.views, self.parameters)


class CachedViews(DecodedViews):
    """Reads views from the cache in a folder, and decodes those that are not in it.

    Args:
        records: The photographs.
        views: Names of the views.
        parameters: How they are computed.
        folder: The cache, filled by ``build_cache``.
    """

    def __init__(
        self, records: Sequence[Record], views: Sequence[str], parameters: ViewParameters, folder: Path
    ) -> None:
        super().__init__(records, views, parameters)
        self.folder = folder


def build_cache(
    records: Sequence[Record],
    views: Sequence[str],
    parameters: ViewParameters,
    folder: Path,
    workers: int | None = None,
) -> dict[int, ImageError]:
    """Compute the views that the cache does not hold yet.

    Args:
        records: The photographs.
        views: Names of the views.
        parameters: How to compute them.
        folder: The cache; made when it does not exist.
        workers: Threads that compute; by default one per core.

    Returns:
        Why each photograph that cannot be read was left out, by position in ``records``, in ascending order.
    """
    decoded = DecodedViews(records, views, parameters)
    failures = {}
    for position in range(len(records)):
        try:
            decoded[position]
        except ImageError as error:
            failures[position] = error
    return failures
