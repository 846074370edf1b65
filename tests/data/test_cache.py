import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from fakeface.data import cache
from fakeface.data.cache import CachedViews, DecodedViews, build_cache, view_file
from fakeface.data.images import ImageError, read_image
from fakeface.data.records import Record
from fakeface.views.ela import ElaParameters, error_level_analysis
from fakeface.views.view import ELA, ORIGINAL, ViewParameters, compute_views
from tests.data.view_caches import (
    PARAMETERS,
    SIZE,
    VIEWS,
    assert_complete,
    assert_right,
    break_images,
    write_images,
)


@pytest.fixture
def computed(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, tuple[str, ...]]]:
    """What was decoded and computed: name of the file and views, in no particular order."""
    calls: list[tuple[str, tuple[str, ...]]] = []
    current: dict[int, str] = {}

    def noted_read(path: Path) -> NDArray[np.uint8]:
        pixels = read_image(path)
        current[id(pixels)] = path.name
        return pixels

    def noted_compute(image: NDArray[np.uint8], views: Any, parameters: ViewParameters) -> Any:
        calls.append((current[id(image)], tuple(views)))
        return compute_views(image, views, parameters)

    monkeypatch.setattr(cache, "read_image", noted_read)
    monkeypatch.setattr(cache, "compute_views", noted_compute)
    return calls


def test_decoded_views_are_computed_at_full_size(records: list[Record]) -> None:
    views = DecodedViews(records, (ELA,), PARAMETERS)[3]
    pixels = np.asarray(Image.open(records[3].path))
    assert list(views) == [ELA]
    expected = cv2.resize(error_level_analysis(pixels), (SIZE, SIZE), interpolation=cv2.INTER_AREA)
    np.testing.assert_array_equal(views[ELA], expected)


@pytest.mark.parametrize("workers", [1, 3, None])
def test_cached_views_equal_decoded_ones(records: list[Record], folder: Path, workers: int | None) -> None:
    assert build_cache(records, VIEWS, PARAMETERS, folder, workers) == {}
    assert_complete(records, folder)


def test_a_view_is_the_callers_to_change(records: list[Record], folder: Path) -> None:
    build_cache(records, VIEWS, PARAMETERS, folder)
    cached = CachedViews(records, VIEWS, PARAMETERS, folder)
    before = cached[2][ORIGINAL].copy()
    cached[2][ORIGINAL][:] = 7
    np.testing.assert_array_equal(cached[2][ORIGINAL], before)


def test_a_cached_view_is_not_decoded(records: list[Record], folder: Path, computed: list[Any]) -> None:
    build_cache(records, VIEWS, PARAMETERS, folder)
    computed.clear()
    cached = CachedViews(records, VIEWS, PARAMETERS, folder)
    assert [cached[position][ELA].shape for position in range(len(records))] == [(SIZE, SIZE, 3)] * len(records)
    assert computed == []


def test_without_a_cache_views_are_decoded(records: list[Record], folder: Path) -> None:
    assert_right(records, folder)
    assert not folder.exists()


def test_no_records_make_an_empty_cache(folder: Path) -> None:
    assert build_cache([], VIEWS, PARAMETERS, folder) == {}
    assert_right([], folder)


def test_a_second_build_computes_nothing(records: list[Record], folder: Path, computed: list[Any]) -> None:
    build_cache(records, VIEWS, PARAMETERS, folder)
    assert len(computed) == len(records)
    computed.clear()
    build_cache(records, VIEWS, PARAMETERS, folder)
    build_cache(records[::-2], VIEWS, PARAMETERS, folder)
    assert computed == []


def test_a_record_that_stands_twice_is_found_twice(records: list[Record], folder: Path, computed: list[Any]) -> None:
    doubled = [*records, *records]
    build_cache(doubled, VIEWS, PARAMETERS, folder)
    computed.clear()
    build_cache(doubled, VIEWS, PARAMETERS, folder)
    assert computed == []
    assert_complete(doubled, folder)


def test_added_images_alone_are_computed(records: list[Record], folder: Path, computed: list[Any]) -> None:
    build_cache(records, VIEWS, PARAMETERS, folder)
    computed.clear()
    more = write_images(records[0].path.parent, 2, start=100)
    build_cache(more, VIEWS, PARAMETERS, folder)
    assert sorted(computed) == [("0100.jpg", VIEWS), ("0101.jpg", VIEWS)]
    assert_complete(more, folder)


def change_pixels(path: Path) -> None:
    Image.new("RGB", (80, 80), "teal").save(path)


def change_bytes_of_the_same_size(path: Path) -> None:
    """A changed quantisation table, one second later."""
    data = bytearray(path.read_bytes())
    data[data.index(b"\xff\xdb") + 5] ^= 3
    path.write_bytes(data)
    later = path.stat().st_mtime_ns + 1_000_000_000
    os.utime(path, ns=(later, later))


def replace_by_an_older_file(path: Path) -> None:
    change_pixels(path.with_suffix(".tmp.jpg"))
    os.utime(path.with_suffix(".tmp.jpg"), (1, 1))
    path.with_suffix(".tmp.jpg").replace(path)


@pytest.mark.parametrize("change", [change_pixels, change_bytes_of_the_same_size, replace_by_an_older_file])
def test_a_changed_image_alone_is_computed_again(
    change: Callable[[Path], None], records: list[Record], folder: Path, computed: list[Any]
) -> None:
    build_cache(records, VIEWS, PARAMETERS, folder)
    computed.clear()
    change(records[5].path)
    assert_right(records, folder)  # Even before the cache is brought up to date.
    computed.clear()
    build_cache(records, VIEWS, PARAMETERS, folder)
    assert computed == [("0005.jpg", VIEWS)]
    assert_complete(records, folder)


def test_a_view_added_later_leaves_the_others_alone(records: list[Record], folder: Path, computed: list[Any]) -> None:
    build_cache(records, (ORIGINAL,), PARAMETERS, folder)
    computed.clear()
    build_cache(records, VIEWS, PARAMETERS, folder)
    assert [views for _, views in computed] == [(ELA,)] * len(records)
    assert_complete(records, folder)


@pytest.mark.parametrize(
    ("parameters", "again"),
    [
        (ViewParameters(size=9), VIEWS),
        (ViewParameters(SIZE, ElaParameters(quality=75)), (ELA,)),
        (ViewParameters(SIZE, ElaParameters(alpha=20)), (ELA,)),
        (ViewParameters(SIZE, ElaParameters(beta=0)), (ELA,)),
    ],
)
def test_other_parameters_have_a_cache_of_their_own(
    parameters: ViewParameters, again: tuple[str, ...], records: list[Record], folder: Path, computed: list[Any]
) -> None:
    build_cache(records, VIEWS, PARAMETERS, folder)
    computed.clear()
    build_cache(records, VIEWS, parameters, folder)
    assert [views for _, views in computed] == [again] * len(records)
    assert_complete(records, folder, parameters)
    assert_complete(records, folder)


@pytest.mark.parametrize("version", ["cv2.__version__", "PIL.__version__", "FILE_VERSION"])
def test_other_versions_compute_again(
    version: str, records: list[Record], folder: Path, computed: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    build_cache(records, VIEWS, PARAMETERS, folder)
    computed.clear()
    monkeypatch.setattr(f"fakeface.data.slot_file.{version}", "0")
    build_cache(records, VIEWS, PARAMETERS, folder)
    assert len(computed) == len(records)


@pytest.mark.parametrize("workers", [1, 4])
def test_broken_images_are_reported_and_never_stored(records: list[Record], folder: Path, workers: int) -> None:
    reasons = break_images(records)
    for _ in range(2):
        failures = build_cache(records, VIEWS, PARAMETERS, folder, workers)
        assert list(failures) == list(reasons)
        for position, reason in reasons.items():
            assert reason in failures[position].reason
            assert failures[position].path == records[position].path
    for view in VIEWS:
        assert len(view_file(folder, view, PARAMETERS)) == len(records) - len(reasons)
    cached = CachedViews(records, VIEWS, PARAMETERS, folder)
    for position in reasons:
        with pytest.raises(ImageError):
            cached[position]
    assert_complete([record for position, record in enumerate(records) if position not in reasons], folder)


def test_a_mended_image_is_computed(records: list[Record], folder: Path, computed: list[Any]) -> None:
    good = records[3].path.read_bytes()
    records[3].path.write_bytes(b"")
    assert list(build_cache(records, VIEWS, PARAMETERS, folder)) == [3]
    computed.clear()
    records[3].path.write_bytes(good)
    assert build_cache(records, VIEWS, PARAMETERS, folder) == {}
    assert computed == [("0003.jpg", VIEWS)]


def test_pickling_is_cheap_and_reopens_the_files(tmp_path: Path, folder: Path) -> None:
    records = write_images(tmp_path / "images", 40)
    build_cache(records, VIEWS, PARAMETERS, folder)
    cached = CachedViews(records, VIEWS, PARAMETERS, folder)
    data = pickle.dumps(cached)
    assert len(data) - len(pickle.dumps(records)) < 10 * 40 + 2000
    again = pickle.loads(data)
    for view in VIEWS:
        np.testing.assert_array_equal(again[17][view], cached[17][view])


def test_an_unpickled_cache_that_was_filled_anew_is_right(records: list[Record], folder: Path) -> None:
    build_cache(records, VIEWS, PARAMETERS, folder)
    cached = CachedViews(records, VIEWS, PARAMETERS, folder)
    expected = cached[0]
    data = pickle.dumps(cached)
    for path in folder.iterdir():
        path.unlink()
    np.testing.assert_array_equal(pickle.loads(data)[0][ELA], expected[ELA])
    build_cache(records[::-1], VIEWS, PARAMETERS, folder)
    np.testing.assert_array_equal(pickle.loads(data)[0][ELA], expected[ELA])
    np.testing.assert_array_equal(cached[0][ELA], expected[ELA])  # The old mapping outlives its file.


def test_a_reader_is_not_disturbed_by_a_builder(records: list[Record], folder: Path) -> None:
    build_cache(records[:6], VIEWS, PARAMETERS, folder)
    cached = CachedViews(records, VIEWS, PARAMETERS, folder)
    build_cache(records, VIEWS, PARAMETERS, folder)
    decoded = DecodedViews(records, VIEWS, PARAMETERS)
    for position in range(len(records)):
        np.testing.assert_array_equal(cached[position][ELA], decoded[position][ELA])


def test_a_folder_that_cannot_be_made_leaves_a_warning(records: list[Record], tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.warns(UserWarning, match="cannot be written"):
        assert build_cache(records, VIEWS, PARAMETERS, tmp_path / "file" / "cache") == {}
    assert_right(records, tmp_path / "file" / "cache")


def test_opencv_gets_its_threads_back(records: list[Record], folder: Path) -> None:
    threads = cv2.getNumThreads()
    cv2.setNumThreads(2)
    build_cache(records, VIEWS, PARAMETERS, folder)
    assert cv2.getNumThreads() == 2
    cv2.setNumThreads(threads)
