import os
import shutil
from io import FileIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fakeface.data import slot_file
from fakeface.data.cache import CachedViews, build_cache, view_file
from fakeface.data.images import ImageError
from fakeface.data.records import Record
from fakeface.data.slot_file import SlotWriter
from fakeface.views.view import ELA
from tests.data.view_caches import (
    PARAMETERS,
    SIZE,
    SLOT_BYTES,
    VIEWS,
    assert_complete,
    assert_right,
    break_images,
)


@pytest.mark.parametrize("suffix", [".pixels", ".keys"])
@pytest.mark.parametrize("lost", [1, SLOT_BYTES + 1, 10_000])
def test_files_of_unequal_length_are_used_as_far_as_both_go(
    suffix: str, lost: int, records: list[Record], folder: Path
) -> None:
    build_cache(records, VIEWS, PARAMETERS, folder)
    for path in folder.glob(f"*{suffix}"):
        os.truncate(path, max(0, path.stat().st_size - lost))
    assert_right(records, folder)
    build_cache(records, VIEWS, PARAMETERS, folder)
    assert_complete(records, folder)


def test_slots_without_keys_are_overwritten(records: list[Record], folder: Path) -> None:
    build_cache(records[:5], VIEWS, PARAMETERS, folder)
    for path in folder.glob("*.pixels"):
        with path.open("ab") as file:
            file.write(b"half a slot of a killed process")
    build_cache(records, VIEWS, PARAMETERS, folder)
    assert_complete(records, folder)


def test_zeroed_keys_are_no_keys(records: list[Record], folder: Path) -> None:
    build_cache(records, VIEWS, PARAMETERS, folder)
    for path in folder.glob("*.keys"):
        path.write_bytes(bytes(path.stat().st_size))
    records[2].path.unlink()
    with pytest.raises(ImageError, match="no such file"):
        CachedViews(records, VIEWS, PARAMETERS, folder)[2]
    assert list(build_cache(records, VIEWS, PARAMETERS, folder)) == [2]


def test_keys_reach_the_disk_after_their_slots(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.mkdir()
    file = view_file(folder, ELA, PARAMETERS)
    done: list[tuple[str, str]] = []
    write, fsync = slot_file._write, os.fsync
    name_of = {"pixels": file.pixels_path, "keys": file.keys_path}

    def name(descriptor: int) -> str:
        inode = os.fstat(descriptor).st_ino
        return next(name for name, path in name_of.items() if path.stat().st_ino == inode)

    def noted_write(file: FileIO, data: memoryview) -> None:
        done.append(("write", name(file.fileno())))
        write(file, data)

    def noted_fsync(descriptor: int) -> None:
        done.append(("fsync", name(descriptor)))
        fsync(descriptor)

    monkeypatch.setattr(slot_file, "_write", noted_write)
    monkeypatch.setattr(os, "fsync", noted_fsync)
    writer = SlotWriter(folder, [file], lambda error: pytest.fail(str(error))).__enter__()
    for key in (1, 2**64 - 1):
        writer.append(file, key, np.zeros((SIZE, SIZE, 3), dtype=np.uint8))
    assert len(file) == 0
    writer.commit()
    np.testing.assert_array_equal(file.find(np.array([2**64 - 1, 5, 1], slot_file.KEY_TYPE)), [1, -1, 0])
    assert done == [
        ("write", "pixels"),
        ("write", "pixels"),
        ("fsync", "pixels"),
        ("write", "keys"),
        ("fsync", "keys"),
    ]


def refuse_after(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the disk be full after ``count`` writes."""
    write, left = slot_file._write, iter(range(count))

    def full(file: Any, data: memoryview) -> None:
        if next(left, None) is None:
            raise OSError(28, os.strerror(28))
        write(file, data)

    monkeypatch.setattr(slot_file, "_write", full)


# Nine good images in two views are 18 writes of slots; two of keys follow.
@pytest.mark.parametrize("count", [0, 1, 5, 18, 19])
def test_a_full_disk_leaves_a_warning_and_right_views(
    count: int, records: list[Record], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reasons = break_images(records)
    with monkeypatch.context() as patch:
        refuse_after(count, patch)
        with pytest.warns(UserWarning, match=r"view cache .* cannot be written \(No space left on device\)"):
            failures = build_cache(records, VIEWS, PARAMETERS, folder)
    assert list(failures) == list(reasons)
    good = [record for position, record in enumerate(records) if position not in reasons]
    assert_right(good, folder)
    build_cache(good, VIEWS, PARAMETERS, folder)  # There is room again, and the lock is free.
    assert_complete(good, folder)


def test_too_little_room_is_seen_before_the_disk_is_full(
    records: list[Record], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(folder.parent)
    needed = len(records) * len(VIEWS) * SLOT_BYTES
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=needed - 1))
    with pytest.warns(UserWarning, match="No space left"):
        build_cache(records, VIEWS, PARAMETERS, folder)
    assert sum(path.stat().st_size for path in folder.iterdir()) == 0
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=needed))
    build_cache(records, VIEWS, PARAMETERS, folder)
    assert_complete(records, folder)
