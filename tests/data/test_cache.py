import os
import pickle
import resource
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from io import FileIO
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from fakeface.data import cache, view_file
from fakeface.data.cache import CachedViews, DecodedViews, build_cache
from fakeface.data.ela import ElaParameters, error_level_analysis
from fakeface.data.images import ImageError, read_image
from fakeface.data.records import Record
from fakeface.data.view_file import ViewFile, ViewFileWriter
from fakeface.data.views import ELA, ORIGINAL, ViewParameters, compute_views

VIEWS = (ORIGINAL, ELA)
SIZE = 8
PARAMETERS = ViewParameters(size=SIZE)
SLOT_BYTES = SIZE * SIZE * 3


def write_images(folder: Path, count: int, start: int = 0) -> list[Record]:
    folder.mkdir(exist_ok=True)
    for number in range(start, start + count):
        pixels = np.random.default_rng(number).integers(0, 256, (4, 5, 3), dtype=np.uint8)
        image = cv2.resize(pixels, (24, 32))
        Image.fromarray(np.asarray(image, dtype=np.uint8)).save(folder / f"{number:04}.jpg", quality=95)
    return [Record(path, 0) for path in sorted(folder.iterdir())]


@pytest.fixture
def records(tmp_path: Path) -> list[Record]:
    return write_images(tmp_path / "images", 12)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "cache"


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


def assert_complete(records: list[Record], folder: Path, parameters: ViewParameters = PARAMETERS) -> None:
    """Every record is in the cache, with the pixels that decoding gives."""
    for view in VIEWS:
        keys = np.array([view_file.photograph_key(record.path) for record in records], view_file.KEY_TYPE)
        assert (ViewFile(folder, view, parameters).find(keys) >= 0).all()
    assert_right(records, folder, parameters)


def assert_right(records: list[Record], folder: Path, parameters: ViewParameters = PARAMETERS) -> None:
    """Whatever the cache holds, it gives the pixels that decoding gives."""
    cached = CachedViews(records, VIEWS, parameters, folder)
    decoded = DecodedViews(records, VIEWS, parameters)
    for position in range(len(records)):
        assert list(cached[position]) == list(VIEWS)
        for view in VIEWS:
            np.testing.assert_array_equal(cached[position][view], decoded[position][view])


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
    Image.new("RGB", (20, 20), "teal").save(path)


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
    monkeypatch.setattr(f"fakeface.data.view_file.{version}", "0")
    build_cache(records, VIEWS, PARAMETERS, folder)
    assert len(computed) == len(records)


def break_images(records: list[Record]) -> dict[int, str]:
    """Break three images; return the reasons by position."""
    records[1].path.write_text("<html>")
    records[4].path.unlink()
    records[7].path.write_bytes(records[7].path.read_bytes()[:-40])
    return {1: "not a readable image", 4: "no such file", 7: "truncated"}


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
        assert len(ViewFile(folder, view, PARAMETERS)) == len(records) - len(reasons)
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
    file = ViewFile(folder, ELA, PARAMETERS)
    done: list[tuple[str, str]] = []
    write, fsync = view_file._write, os.fsync
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

    monkeypatch.setattr(view_file, "_write", noted_write)
    monkeypatch.setattr(os, "fsync", noted_fsync)
    writer = ViewFileWriter(file)
    for key in (1, 2**64 - 1):
        writer.append(key, np.zeros((SIZE, SIZE, 3), dtype=np.uint8))
    assert len(file) == 0
    writer.commit()
    writer.close()
    np.testing.assert_array_equal(file.find(np.array([2**64 - 1, 5, 1], view_file.KEY_TYPE)), [1, -1, 0])
    assert done == [
        ("write", "pixels"),
        ("write", "pixels"),
        ("fsync", "pixels"),
        ("write", "keys"),
        ("fsync", "keys"),
    ]


def refuse_after(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the disk be full after ``count`` writes."""
    write, left = view_file._write, iter(range(count))

    def full(file: Any, data: memoryview) -> None:
        if next(left, None) is None:
            raise OSError(28, os.strerror(28))
        write(file, data)

    monkeypatch.setattr(view_file, "_write", full)


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


BUILDER = """
    import sys
    from pathlib import Path
    from fakeface.data import cache
    from fakeface.data.records import Record
    from fakeface.data.views import ViewParameters
    cache.COMMIT_SECONDS = 0
    records = [Record(path, 0) for path in sorted(Path(sys.argv[1]).iterdir())]
    print("building", flush=True)
    cache.build_cache(records, ("original", "ela"), ViewParameters(8), Path(sys.argv[2]))
    print("done", flush=True)
"""


def start_builder(images: Path, folder: Path, **options: Any) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", textwrap.dedent(BUILDER), str(images), str(folder)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)


def size_of(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.glob("*.pixels")) if folder.exists() else 0


def wait_until(condition: Callable[[], bool], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.001)


def kill_builder_at(size: int, images: Path, folder: Path) -> None:
    with start_builder(images, folder) as builder:
        wait_until(lambda: size_of(folder) >= size or builder.poll() is not None)
        builder.send_signal(signal.SIGKILL)


def kill_builders(kills: int, images: Path, records: list[Record], folder: Path) -> None:
    """Kill builders at random moments; what they leave is right every time."""
    rng = np.random.default_rng(kills)
    total = len(records) * len(VIEWS) * SLOT_BYTES
    for _ in range(kills):
        before = size_of(folder)
        kill_builder_at(before + int(rng.integers(1, max(2, (total - before) // 3))), images, folder)
        assert_right(records, folder)


def test_killed_builds_leave_a_right_cache(tmp_path: Path, folder: Path) -> None:
    images = tmp_path / "images"
    records = write_images(images, 150)
    kill_builders(3, images, records, folder)
    assert len(ViewFile(folder, ELA, PARAMETERS)) > 0
    build_cache(records, VIEWS, PARAMETERS, folder)
    assert_complete(records, folder)
    # What was committed before the kills was not computed again.
    assert len(ViewFile(folder, ELA, PARAMETERS)) == len(records)


@pytest.mark.soak
def test_many_killed_builds_leave_a_right_cache(tmp_path: Path, folder: Path) -> None:
    images = tmp_path / "images"
    records = write_images(images, 1500)
    kill_builders(20, images, records, folder)
    build_cache(records, VIEWS, PARAMETERS, folder)
    assert_complete(records, folder)


def test_two_processes_may_build_at_once(tmp_path: Path, folder: Path) -> None:
    images = tmp_path / "images"
    records = write_images(images, 150)
    with start_builder(images, folder) as first, start_builder(images, folder) as second:
        for builder in (first, second):
            out, err = builder.communicate(timeout=60)
            assert out == "building\ndone\n"
            assert "rror" not in err
            assert builder.returncode == 0
    assert_complete(records, folder)
    # One of them did the work, the other waited for it.
    assert len(ViewFile(folder, ELA, PARAMETERS)) == len(records)


def test_a_waiting_builder_says_so_and_goes_on_when_the_other_is_killed(tmp_path: Path, folder: Path) -> None:
    images = tmp_path / "images"
    records = write_images(images, 80)
    with start_builder(images, folder) as first:
        wait_until(lambda: size_of(folder) > 0)
        first.send_signal(signal.SIGSTOP)
        with start_builder(images, folder) as second:
            assert second.stderr is not None
            assert second.stderr.readline().startswith(f"Waiting for the process that fills the view cache {folder}")
            first.send_signal(signal.SIGKILL)
            second.communicate(timeout=60)
            assert second.returncode == 0
    assert_complete(records, folder)


def test_a_real_limit_on_the_file_size_falls_back(tmp_path: Path, folder: Path) -> None:
    images = tmp_path / "images"
    records = write_images(images, 30)

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (10 * SLOT_BYTES + 5, 10 * SLOT_BYTES + 5))

    with start_builder(images, folder, preexec_fn=limit) as builder:
        out, err = builder.communicate(timeout=60)
    assert out == "building\ndone\n"
    assert "cannot be written (File too large)" in err
    assert 8 <= len(ViewFile(folder, ORIGINAL, PARAMETERS)) <= 10
    assert_right(records, folder)
    build_cache(records, VIEWS, PARAMETERS, folder)
    assert_complete(records, folder)
