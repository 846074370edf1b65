"""The file of one view in the cache: computed views in slots of equal size, found by the photograph's key.

There are two files per view and set of parameters, so that a view added later leaves the others alone:

- ``ela-128px-3f1c0a….pixels``: slots of ``size · size · 3`` bytes, one computed view each;
- ``ela-128px-3f1c0a….keys``: for each slot the 8-byte key of the photograph it was computed from.

The name's digest covers the view, its settings and version, and the library versions that decide the pixels; a key
covers the photograph's path, size and time of change. Whatever changes, the old slot is no longer found and a new one
is made.

Both files only grow, and keys are written after their slots have reached the disk: a slot that has a key is complete,
for any reader and at any moment, whatever was killed. There must be one writer at a time; readers need no lock. Old
slots are not reclaimed: the files can be deleted at any time.
"""

import hashlib
import os
from io import FileIO
from pathlib import Path

import cv2
import numpy as np
import PIL
from numpy.typing import NDArray

from fakeface.views.view import ViewParameters, make_view

FILE_VERSION = 2
"""Raise it when the files get another layout."""

KEY_TYPE = np.dtype("<u8")
"""Eight bytes: among two million photographs, the chance that any two share a key is one in ten million."""

NO_KEY = 0


def photograph_key(path: Path) -> int:
    """Return a digest of path, size and time of change, or ``NO_KEY`` when the file cannot be asked."""
    try:
        status = path.stat()
    except (OSError, ValueError):
        return NO_KEY  # Reading the file will say what is wrong with it.
    text = f"{status.st_size} {status.st_mtime_ns} ".encode() + os.fsencode(path.absolute())
    return int.from_bytes(hashlib.blake2b(text, digest_size=KEY_TYPE.itemsize).digest(), "little")


class ViewFile:
    """One view under one set of parameters.

    Args:
        folder: Where the two files are.
        view: Name of the view.
        parameters: How it is computed.
    """

    def __init__(self, folder: Path, view: str, parameters: ViewParameters) -> None:
        made = make_view(view, parameters)
        text = f"{FILE_VERSION} {cv2.__version__} {PIL.__version__} {view} {made.version} {made!r}"
        digest = hashlib.blake2b(text.encode(), digest_size=8).hexdigest()
        self.pixels_path = folder / f"{view}-{parameters.size}px-{digest}.pixels"
        self.keys_path = self.pixels_path.with_suffix(".keys")
        self.slot_shape = (parameters.size, parameters.size, 3)
        self.slot_bytes = parameters.size * parameters.size * 3

    def __len__(self) -> int:
        """The number of complete slots."""
        try:
            with self.keys_path.open("rb") as keys, self.pixels_path.open("rb") as pixels:
                # The shorter one counts: a folder may have been copied in part.
                sizes = keys.seek(0, os.SEEK_END) // KEY_TYPE.itemsize, pixels.seek(0, os.SEEK_END) // self.slot_bytes
        except OSError:
            return 0  # There is no file yet, or none that may be read.
        return min(sizes)

    def find(self, keys: NDArray[np.uint64]) -> NDArray[np.int64]:
        """Return the slot of each key, or -1."""
        wanted, positions = np.unique(keys, return_inverse=True)
        slots = np.full(len(wanted), -1, dtype=np.int64)
        count = len(self)
        if count and len(wanted):
            stored = np.fromfile(self.keys_path, KEY_TYPE, count=count)
            at = np.searchsorted(wanted, stored).clip(max=len(wanted) - 1)
            # A file system that lost power may have left keys of zeros, which are NO_KEY.
            found = (wanted[at] == stored) & (stored != NO_KEY)
            slots[at[found]] = np.flatnonzero(found)
        return slots[positions]

    def read(self) -> NDArray[np.uint8]:
        """Map the slots into memory, ``(N, size, size, 3)``, read-only and shared by all processes."""
        shape = (len(self), *self.slot_shape)
        if shape[0] == 0:
            return np.empty(shape, dtype=np.uint8)  # An empty file cannot be mapped.
        return np.asarray(np.memmap(self.pixels_path, np.uint8, mode="r", shape=shape))


class ViewFileWriter:
    """Appends views to a view file, as the only one that does.

    Raises:
        OSError: In every method, when the files cannot be written.
    """

    def __init__(self, file: ViewFile) -> None:
        self._pixels = _open_at(file.pixels_path, len(file) * file.slot_bytes)
        self._keys = _open_at(file.keys_path, len(file) * KEY_TYPE.itemsize)
        self._pending = bytearray()

    def append(self, key: int, pixels: NDArray[np.uint8]) -> None:
        """Write a view to the next slot; it counts from the next commit on."""
        _write(self._pixels, np.ascontiguousarray(pixels).data.cast("B"))
        self._pending += key.to_bytes(KEY_TYPE.itemsize, "little")

    def commit(self) -> None:
        """Bring what was appended to the disk, first the slots, then their keys."""
        os.fsync(self._pixels.fileno())
        _write(self._keys, memoryview(self._pending))
        os.fsync(self._keys.fileno())
        self._pending = bytearray()

    def close(self) -> None:
        """Close the files without a commit."""
        self._pixels.close()
        self._keys.close()


def _open_at(path: Path, size: int) -> FileIO:
    """Open a file for writing at its end, which is moved to ``size``."""
    file = FileIO(path, "a")
    file.truncate(size)
    return file


def _write(file: FileIO, data: memoryview) -> None:
    # On a disk that is nearly full, a write may take a part of the data; the next one then fails.
    while data:
        data = data[file.write(data) :]
