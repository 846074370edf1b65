"""What was computed of photographs, in slots of equal size on disk, found by keys.

There are two files per kind of slot, so that a kind added later leaves the others alone:

- ``ela-128px-3f1c0a….pixels``: the slots, one after the other;
- ``ela-128px-3f1c0a….keys``: for each slot an 8-byte key.

The name has a digest of the settings and of the library versions that decide the pixels, and the key of a photograph
covers its path, size and time of change. Whatever changes, the old slot is no longer found and a new one is made.

Both files only grow, and keys are written after their slots have reached the disk: a slot that has a key is complete,
for any reader and at any moment, whatever was killed. A folder has one writer at a time; readers need no lock. Old
slots are not reclaimed: the files can be deleted at any time.
"""

import errno
import hashlib
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from io import FileIO
from pathlib import Path
from typing import Any, Self

import cv2
import numpy as np
import PIL
from filelock import FileLock, Timeout
from numpy.typing import NDArray
from tqdm import tqdm

from fakeface.data.threads import map_in_order

FILE_VERSION = 2
"""Raise it when the files get another layout."""

KEY_TYPE = np.dtype("<u8")
"""Eight bytes: among two million photographs, the chance that any two share a key is one in ten million."""

NO_KEY = 0

COMMIT_SECONDS = 5.0
"""A killed writer loses at most the work of this time."""


def settings_digest(settings: str) -> str:
    """Return a digest of what decides the slots of a file."""
    text = f"{FILE_VERSION} {cv2.__version__} {PIL.__version__} {settings}"
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def photograph_key(path: Path) -> int:
    """Return a digest of path, size and time of change, or ``NO_KEY`` when the file cannot be asked."""
    try:
        status = path.stat()
    except (OSError, ValueError):
        return NO_KEY  # Reading the file will say what is wrong with it.
    text = f"{status.st_size} {status.st_mtime_ns} ".encode() + os.fsencode(path.absolute())
    return int.from_bytes(hashlib.blake2b(text, digest_size=KEY_TYPE.itemsize).digest(), "little")


class SlotFile:
    """The slots of one kind.

    Args:
        folder: Where the two files are.
        name: What their names start with.
        slot: The type of a slot, such as ``np.dtype((np.uint8, (128, 128, 3)))``.
    """

    def __init__(self, folder: Path, name: str, slot: np.dtype[Any]) -> None:
        self.pixels_path = folder / f"{name}.pixels"
        self.keys_path = folder / f"{name}.keys"
        self.slot = slot

    def __len__(self) -> int:
        """The number of complete slots."""
        try:
            with self.keys_path.open("rb") as keys, self.pixels_path.open("rb") as pixels:
                # The shorter one counts: a folder may have been copied in part.
                return min(
                    keys.seek(0, os.SEEK_END) // KEY_TYPE.itemsize, pixels.seek(0, os.SEEK_END) // self.slot.itemsize
                )
        except OSError:
            return 0  # There is no file yet, or none that may be read.

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

    def read(self) -> NDArray[Any]:
        """Map the slots into memory, read-only and shared by all processes."""
        count = len(self)
        if count == 0:
            return np.empty(0, self.slot)  # An empty file cannot be mapped.
        return np.asarray(np.memmap(self.pixels_path, self.slot, mode="r", shape=(count,)))


class SlotWriter:
    """Appends to slot files of one folder, as the only process that does, until the disk refuses.

    A context manager, which waits for the process that writes to the folder before it. What was appended is committed
    every ``COMMIT_SECONDS`` and at the end.

    Args:
        folder: The folder; made when it does not exist.
        files: The files.
        refused: Told why the folder cannot be written. If it raises nothing, what is appended from then on is dropped.
    """

    def __init__(self, folder: Path, files: Sequence[SlotFile], refused: Callable[[OSError], None]) -> None:
        self._folder = folder
        self._files = files
        self._refused = refused
        self._open: dict[Path, FileIO] = {}
        self._pending: dict[Path, bytearray] = {}
        self._stack = ExitStack()
        self._last_commit = time.monotonic()

    def __enter__(self) -> Self:
        with self._trying():
            self._folder.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self._folder / "lock")  # the system releases it when the process dies
            try:
                lock.acquire(blocking=False)
            except Timeout:
                tqdm.write(f"Waiting for the process that fills the view cache {self._folder}", file=sys.stderr)
                lock.acquire()
            self._stack.callback(lock.release)
            for file in self._files:
                count = len(file)
                for path, size in ((file.pixels_path, file.slot.itemsize), (file.keys_path, KEY_TYPE.itemsize)):
                    self._open[path] = self._stack.enter_context(FileIO(path, "a"))
                    self._open[path].truncate(count * size)
        return self

    def __exit__(self, *error: object) -> None:
        self.commit()
        self._stack.close()

    def reserve(self, size: int) -> None:
        """Give up at once when the disk has no room for this many bytes, rather than fill it to the brim."""
        with self._trying():
            if self._open and size > shutil.disk_usage(self._folder).free:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def append(self, file: SlotFile, key: int, slot: NDArray[Any]) -> None:
        """Write to the next slot of a file; it counts from the next commit on."""
        if not self._open:
            return
        with self._trying():
            _write(self._open[file.pixels_path], np.ascontiguousarray(slot).reshape(-1).view(np.uint8).data)
            self._pending.setdefault(file.keys_path, bytearray()).extend(key.to_bytes(KEY_TYPE.itemsize, "little"))
        if time.monotonic() > self._last_commit + COMMIT_SECONDS:
            self.commit()

    def fill(self, file: SlotFile, keys: Mapping[int, int], make: Callable[[int], NDArray[Any]], title: str) -> None:
        """Append what ``make`` returns for each number, under the number's key, and commit; it runs on all cores."""
        progress = tqdm(keys, title, unit=" images", leave=False)
        for key, slot in zip(keys.values(), map_in_order(make, progress), strict=True):
            self.append(file, key, slot)
        self.commit()

    def commit(self) -> None:
        """Bring what was appended to the disk, first the slots, then their keys."""
        with self._trying():
            for file in self._files if self._open else ():
                os.fsync(self._open[file.pixels_path].fileno())
                _write(self._open[file.keys_path], memoryview(self._pending.pop(file.keys_path, b"")))
                os.fsync(self._open[file.keys_path].fileno())
        self._last_commit = time.monotonic()

    @contextmanager
    def _trying(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            self._open.clear()
            self._stack.close()
            self._refused(error)


def _write(file: FileIO, data: memoryview) -> None:
    # On a disk that is nearly full, a write may take a part of the data; the next one then fails.
    while data:
        data = data[file.write(data) :]
