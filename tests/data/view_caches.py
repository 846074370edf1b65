"""Photographs and the caches of their views, shared by the tests of both."""

from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from fakeface.data import slot_file
from fakeface.data.cache import CachedViews, DecodedViews, view_file
from fakeface.data.records import Record
from fakeface.views.view import ELA, ORIGINAL, ViewParameters

VIEWS = (ORIGINAL, ELA)
SIZE = 8
PARAMETERS = ViewParameters(size=SIZE)
SLOT_BYTES = SIZE * SIZE * 3


def write_images(folder: Path, count: int, start: int = 0) -> list[Record]:
    folder.mkdir(exist_ok=True)
    for number in range(start, start + count):
        pixels = np.random.default_rng(number).integers(0, 256, (4, 5, 3), dtype=np.uint8)
        image = cv2.resize(pixels, (72, 96))
        Image.fromarray(np.asarray(image, dtype=np.uint8)).save(folder / f"{number:04}.jpg", quality=95)
    return [Record(path, 0) for path in sorted(folder.iterdir())]


def assert_complete(records: list[Record], folder: Path, parameters: ViewParameters = PARAMETERS) -> None:
    """Every record is in the cache, with the pixels that decoding gives."""
    for view in VIEWS:
        keys = np.array([slot_file.photograph_key(record.path) for record in records], slot_file.KEY_TYPE)
        assert (view_file(folder, view, parameters).find(keys) >= 0).all()
    assert_right(records, folder, parameters)


def assert_right(records: list[Record], folder: Path, parameters: ViewParameters = PARAMETERS) -> None:
    """Whatever the cache holds, it gives the pixels that decoding gives."""
    cached = CachedViews(records, VIEWS, parameters, folder)
    decoded = DecodedViews(records, VIEWS, parameters)
    for position in range(len(records)):
        assert list(cached[position]) == list(VIEWS)
        for view in VIEWS:
            np.testing.assert_array_equal(cached[position][view], decoded[position][view])


def break_images(records: list[Record]) -> dict[int, str]:
    """Break three images; return the reasons by position."""
    records[1].path.write_text("<html>")
    records[4].path.unlink()
    records[7].path.write_bytes(records[7].path.read_bytes()[:-40])
    return {1: "not a readable image", 4: "no such file", 7: "truncated"}
