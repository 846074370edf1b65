"""The views of every photograph, computed at each access or kept on disk.

The cache is a folder with two files per view and set of parameters, which ``slot_file`` describes. It may hold the
photographs of any number of data sets and be filled and read by any number of processes; deleting it costs time alone.
A photograph costs a reader or writer some tens of bytes of memory, its pixels none.
"""

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from fakeface.data.images import ImageError, no_opencv_error, read_image
from fakeface.data.records import Record
from fakeface.data.slot_file import KEY_TYPE, SlotFile, SlotWriter, photograph_key, settings_digest
from fakeface.data.threads import map_in_order
from fakeface.views.view import ViewParameters, compute_views, make_view

Views = dict[str, NDArray[np.uint8]]


class ViewSource(Protocol):
    """Where a dataset takes the views of a photograph from."""

    def __getitem__(self, position: int) -> Views:
        """Return the views, each ``(size, size, 3)``, of the record at this position; the arrays are the caller's.

        Raises:
            ImageError: When the photograph cannot be read.
        """


class DecodedViews(ViewSource):
    """Decodes the photograph and computes its views at every access.

    Args:
        records: The photographs.
        views: Names of the views.
        parameters: How to compute them.
    """

    def __init__(self, records: Sequence[Record], views: Sequence[str], parameters: ViewParameters) -> None:
        self.records = records
        self.views = tuple(views)
        self.parameters = parameters

    def __getitem__(self, position: int) -> Views:
        path = self.records[position].path
        image = read_image(path)
        with no_opencv_error(path):
            return compute_views(image, self.views, self.parameters)


class CachedViews(DecodedViews):
    """Reads views from the cache, and decodes the photographs that were not in it when this object was made.

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
        self._files = {view: view_file(folder, view, parameters) for view in self.views}
        self._keys = _keys(records)
        self._open()

    def _open(self) -> None:
        self._slots = {view: file.find(self._keys) for view, file in self._files.items()}
        self._pixels = {view: file.read() for view, file in self._files.items()}

    def missing(self) -> list[int]:
        """Return the positions of the photographs that are decoded at every access, in ascending order."""
        positions: list[int] = np.flatnonzero(np.any([slots < 0 for slots in self._slots.values()], axis=0)).tolist()
        return positions

    def __getitem__(self, position: int) -> Views:
        slots = {view: slots[position] for view, slots in self._slots.items()}
        if min(slots.values()) < 0:
            return super().__getitem__(position)
        return {view: self._pixels[view][slot].copy() for view, slot in slots.items()}

    def __getstate__(self) -> dict[str, Any]:
        # A mapped file would be pickled as its content.
        return {name: value for name, value in vars(self).items() if name not in ("_slots", "_pixels")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        # Slots are looked for again, because the cache may have been deleted and filled anew in the meantime.
        self._open()


def build_cache(
    records: Sequence[Record],
    views: Sequence[str],
    parameters: ViewParameters,
    folder: Path,
    workers: int | None = None,
) -> dict[int, ImageError]:
    """Compute the views that the cache does not hold yet, on all cores.

    When another process fills the same folder, this one waits for it. When the folder cannot be written, for want of
    space or permission, a warning says so; the photographs are read all the same, so that the bad ones are known.

    Args:
        records: The photographs.
        views: Names of the views.
        parameters: How to compute them.
        folder: The cache; made when it does not exist.
        workers: Threads that compute; by default one per core.

    Returns:
        Why each photograph that cannot be read was left out, by position in ``records``, in ascending order.
    """
    files = {view: view_file(folder, view, parameters) for view in views}
    keys = _keys(records)
    failures: dict[int, ImageError] = {}
    if not np.any(list(_missing(files, keys).values())):
        return failures

    def warn(error: OSError) -> None:
        warnings.warn(
            f"the view cache {folder} cannot be written ({error.strerror or error}): the photographs that are not in "
            f"it are decoded in every epoch; make room there or name another folder",
            stacklevel=2,
        )

    with SlotWriter(folder, list(files.values()), warn) as writer:
        # Looked for again, because another process may have filled the cache while this one waited.
        missing = _missing(files, keys)
        positions: list[int] = np.flatnonzero(np.any(list(missing.values()), axis=0)).tolist()
        writer.reserve(sum(file.slot.itemsize * int(missing[view].sum()) for view, file in files.items()))

        def compute(position: int) -> tuple[int, Views] | ImageError:
            path = records[position].path
            key = photograph_key(path)
            try:
                image = read_image(path)
                with no_opencv_error(path):
                    return key, compute_views(image, [view for view in views if missing[view][position]], parameters)
            except ImageError as error:
                return error

        with tqdm(total=len(positions), desc="View cache", unit=" images", delay=1, leave=False) as progress:
            for position, result in zip(positions, map_in_order(compute, positions, workers), strict=True):
                if isinstance(result, ImageError):
                    failures[position] = result
                else:
                    key, computed = result
                    for view, pixels in computed.items():
                        writer.append(files[view], key, pixels)
                progress.update()
    return failures


def view_file(folder: Path, view: str, parameters: ViewParameters) -> SlotFile:
    """Return the file of one view under one set of parameters."""
    made = make_view(view, parameters)
    digest = settings_digest(f"{view} {made.version} {made!r}")
    slot = np.dtype((np.uint8, (parameters.size, parameters.size, 3)))
    return SlotFile(folder, f"{view}-{parameters.size}px-{digest}", slot)


def _keys(records: Sequence[Record]) -> NDArray[np.uint64]:
    keys = np.empty(len(records), KEY_TYPE)
    for position, record in enumerate(tqdm(records, "Looking for changed photographs", delay=2, leave=False)):
        keys[position] = photograph_key(record.path)
    return keys


def _missing(files: Mapping[str, SlotFile], keys: NDArray[np.uint64]) -> dict[str, NDArray[np.bool_]]:
    return {view: file.find(keys) < 0 for view, file in files.items()}
