import itertools
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from fakeface.audit.source_groups import Link, find_links, group_names, local_features, with_source_groups
from fakeface.data.images import ImageError
from fakeface.data.manifest import read_manifest
from fakeface.data.records import REAL, Record


def picture(seed: int, size: int = 300) -> NDArray[np.uint8]:
    """A picture with structure at several scales and nothing in common with that of another seed."""
    generator = np.random.default_rng(seed)
    pixels = np.zeros((size, size, 3), np.float32)
    for cells in (6, 15, 40, 90):
        noise = generator.normal(0, 35, (cells, cells, 3)).astype(np.float32)
        pixels += cv2.resize(noise, (size, size), interpolation=cv2.INTER_CUBIC)
    return np.clip(pixels + 128, 0, 255).astype(np.uint8)


def recompressed(image: NDArray[np.uint8], quality: int) -> NDArray[np.uint8]:
    data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), dtype=np.uint8)


def edited(image: NDArray[np.uint8], other: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Half the picture replaced, then turned, scaled, moved, darkened and saved at low quality."""
    spliced = image.copy()
    spliced[:150] = other[:150]
    turn = cv2.getRotationMatrix2D((150, 150), 12, 0.8) + np.array([[0, 0, 20], [0, 0, -25]])
    moved = cv2.warpAffine(spliced, turn, (300, 300), flags=cv2.INTER_AREA)
    return recompressed(np.clip(0.7 * moved + 10, 0, 255).astype(np.uint8), 60)


def links(images: Iterable[NDArray[np.uint8]]) -> set[tuple[int, int]]:
    return {(link.first, link.second) for link in find_links([local_features(image) for image in images])}


def pairs(groups: Sequence[str]) -> set[tuple[int, int]]:
    members: dict[str, list[int]] = defaultdict(list)
    for index, group in enumerate(groups):
        members[group].append(index)
    return {pair for indices in members.values() for pair in itertools.combinations(indices, 2)}


def test_an_edited_copy_is_linked_to_both_of_its_sources_and_to_nothing_else() -> None:
    strangers = [picture(seed) for seed in range(2, 8)]
    assert links([picture(0), picture(1), edited(picture(0), picture(1)), *strangers]) == {(0, 2), (1, 2)}


def test_a_region_of_a_fifth_is_enough() -> None:
    spliced = picture(1)
    spliced[80:220, 80:220] = picture(0)[80:220, 80:220]
    assert links([picture(0), recompressed(spliced, 75), *[picture(seed) for seed in range(2, 6)]]) == {(0, 1)}


def test_more_copies_than_neighbours_are_asked_for_stay_together() -> None:
    original, other = local_features(picture(0)), local_features(picture(1))
    names = group_names([*"abcdefghijklmnopqrstuvwxyz"], find_links([*[original] * 25, other]))
    assert names == ["source-xa"] * 25 + ["source-xz"]


def test_shape_does_not_matter() -> None:
    wide = picture(0, 600)[:300]
    assert links([wide, cv2.resize(wide, (400, 200), interpolation=cv2.INTER_AREA), picture(1)]) == {(0, 1)}


def test_pictures_without_features_stand_alone() -> None:
    blank = np.full((64, 64, 3), 200, np.uint8)
    assert len(local_features(blank).points) == 0
    assert links([blank, blank, picture(0)]) == set()
    assert links([blank]) == set()
    assert links([]) == set()


def test_the_same_photographs_give_the_same_links_twice() -> None:
    features = [local_features(edited(picture(seed // 2), picture(seed % 5))) for seed in range(10)]
    assert find_links(features) == find_links(features)


def test_groups_are_joined_through_others_and_named_by_content() -> None:
    found = [Link(1, 4, 9), Link(3, 4, 9), Link(0, 5, 9)]
    digests = ["f6", "e5", "d4", "c3", "b2", "a1"]
    assert group_names(digests, found) == [f"source-x{least}" for least in ("a1", "b2", "d4", "b2", "b2", "a1")]
    assert group_names(digests[2:3], []) == ["source-xd4"]  # the same in another data set


def test_a_group_has_its_name_in_whatever_set_and_order_it_is_found(demo_root: Path) -> None:
    records = [replace(record, group="") for record in read_manifest(demo_root / "manifest.csv")[:6]]
    named = {record.path: record.group for record in with_source_groups(records)}
    assert {record.path: record.group for record in with_source_groups(records[::-1])} == named
    assert all(re.fullmatch("source-x[0-9a-f]{10}", group) for group in named.values())


def test_the_demo_sets_true_pairs_are_found(demo_root: Path) -> None:
    truth = read_manifest(demo_root / "manifest.csv")
    found = with_source_groups([replace(record, group="") for record in truth])
    assert [record.path for record in found] == [record.path for record in truth]
    expected, actual = (pairs([record.group for record in records]) for records in (truth, found))
    assert len(expected) >= 3
    assert expected <= actual
    assert len(actual - expected) <= len(expected)


def test_an_unreadable_photograph_is_named(tmp_path: Path) -> None:
    (tmp_path / "broken.jpg").write_bytes(b"\xff\xd8 not a photograph")
    with pytest.raises(ImageError, match=r"broken\.jpg"):
        with_source_groups([Record(tmp_path / "broken.jpg", REAL)])
