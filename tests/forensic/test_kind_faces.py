import shutil
from collections import Counter
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch

from fakeface.data.data_folder import scan_folder
from fakeface.data.records import FAKE, KIND_CLASSES, REAL, Record
from fakeface.errors import UserError
from fakeface.forensic import kind_faces
from fakeface.forensic.kind_faces import (
    KindDataset,
    KindFaces,
    PairedOrder,
    crop_around_face,
    training_face,
)
from fakeface.forensic.pseudo_fakes import FacePhotograph
from fakeface.models import KINDS
from fakeface.training.datamodule import FaceDataModule

POINTS = np.array([[100.0, 120], [160, 120], [130, 160], [110, 190], [150, 190]])


@pytest.fixture(scope="module")
def faces(demo_root: Path, tmp_path_factory: pytest.TempPathFactory) -> KindFaces:
    found = scan_folder(demo_root)
    fakes = [record for record in found if record.label == FAKE][:3]
    fakes = [replace(record, kind=kind) for record, kind in zip(fakes, ("swapped", "generated", "odd"), strict=True)]
    built = KindFaces([*[record for record in found if record.label == REAL][:5], *fakes], tmp_path_factory.mktemp("c"))
    built.build()
    return built


def test_classes_of_kinds_are_those_of_the_networks() -> None:
    assert [KIND_CLASSES[name] for name in KINDS] == [1, 2, 3]
    assert Record(Path("a"), REAL, kind="generated").kind_class == 0
    assert Record(Path("a"), FAKE, kind="Retouched").kind_class == 1
    assert Record(Path("a"), FAKE, difficulty="easy").kind_class == 1
    assert Record(Path("a"), FAKE, kind="odd", regions="0001").kind_class == -1
    assert Record(Path("a"), FAKE).kind_class == -1


def test_a_second_build_finds_every_face_in_the_cache(faces: KindFaces, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kind_faces, "face_points", lambda image: pytest.fail("searched again"))
    again = KindFaces(faces.records[::-1], faces.folder)
    again.build()
    assert (again.points == faces.points[::-1]).all()


def test_a_full_disk_is_said(faces: KindFaces, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cache").touch()
    with pytest.raises(UserError, match=r"the faces cannot be written to .*cache .*--data\.cache"):
        KindFaces(faces.records, tmp_path / "cache").build()


def test_a_large_face_is_cut_out_and_scaled_down() -> None:
    image = np.zeros((4000, 3000, 3), np.uint8)
    points = (POINTS - 100) * 10 + 1000
    crop = crop_around_face(FacePhotograph(image, points))
    assert np.linalg.norm(crop.points[1] - crop.points[0]) == pytest.approx(190, rel=0.01)
    # What is aligned is three eye distances wide, and a tenth of that more.
    assert crop.image.shape[1] == pytest.approx(3 * 1.1 * 190, rel=0.05)
    small = crop_around_face(FacePhotograph(image[:240, :200], POINTS))
    assert np.linalg.norm(small.points[1] - small.points[0]) == pytest.approx(60)


@pytest.mark.parametrize("scale", [1.0, 0.45, 3.0])
def test_the_map_stays_on_what_it_is_about(scale: float) -> None:
    size = round(300 * scale)
    mask = np.zeros((size, size), np.float32)
    cv2.circle(mask, (round(150 * scale), round(190 * scale)), round(38 * scale), 1.0, -1)
    image = np.repeat((50 + 150 * mask)[..., np.newaxis], 3, axis=2).astype(np.uint8)
    agreement = []
    for seed in range(12):
        face = FacePhotograph(image, POINTS * scale)
        sample = training_face(face, np.array([1, 0, 0, 0], np.float32), mask, 256, np.random.default_rng(seed))
        assert sample.face.shape == (256, 256, 3)
        assert sample.map.shape == (16, 16)
        seen = cv2.resize(sample.face.mean(axis=2), (16, 16), interpolation=cv2.INTER_AREA)
        agreement.append(np.corrcoef(seen.ravel(), sample.map.ravel())[0, 1])
        # Left and right change places where the picture is mirrored.
        assert sample.regions.tolist() in ([1, 0, 0, 0], [0, 1, 0, 0])
    assert np.median(agreement) > 0.97


def test_a_pseudo_fake_differs_from_its_real_where_it_was_changed_alone(faces: KindFaces) -> None:
    dataset, count = KindDataset(faces.records, [], faces, 64), len(faces.records)
    inside, outside, kinds = [], [], set()
    for epoch in range(8):
        for index in range(5):
            real, fake = dataset[epoch, index], dataset[epoch, count + index]
            assert (float(real["label"]), real["kind"], float(real["map"].max())) == (0, 0, 0)
            assert float(fake["label"]) == 1
            kinds.add(fake["kind"])
            difference = (real["face"].float() - fake["face"].float()).abs().mean(dim=0)
            difference = difference.reshape(4, 16, 4, 16).mean(dim=(1, 3))
            inside += difference[fake["map"] > 0.5].tolist()
            outside += difference[fake["map"] == 0].tolist()
    assert kinds == {KIND_CLASSES["edited"], KIND_CLASSES["swapped"]}
    assert np.mean(inside) > 4 * np.mean(outside)


def test_photographs_say_their_kind_and_fakes_have_no_map(faces: KindFaces) -> None:
    dataset = KindDataset(faces.records, [], faces, 64)
    samples = [dataset[0, index] for index in range(5, 8)]
    assert [sample["kind"] for sample in samples] == [2, 3, -1]
    assert all(bool(sample["map"].isnan().all()) for sample in samples)
    assert samples[0]["path"] == str(faces.records[5].path)


def test_pixels_depend_on_seed_epoch_and_index_alone(faces: KindFaces) -> None:
    def pixels(seed: int, epoch: int, index: int) -> torch.Tensor:
        face: torch.Tensor = KindDataset(faces.records, [], faces, 64, seed)[epoch, index]["face"]
        return face

    for index in (0, 8, 16):
        assert (pixels(0, 1, index) == pixels(0, 1, index)).all()
        others = [pixels(1, 1, index), pixels(0, 2, index), pixels(0, 1, index + 16)]
        assert all((pixels(0, 1, index) != other).any() for other in others)


def test_most_reals_are_followed_by_their_pseudo_fake_and_no_sample_comes_twice() -> None:
    labels = [REAL] * 20 + [FAKE] * 80
    records = [Record(Path(f"{number}.jpg"), label) for number, label in enumerate(labels)]
    order = PairedOrder(records)
    first, second = (order(torch.Generator().manual_seed(seed)) for seed in (1, 2))
    assert len(order) == len(first) == len(second) == len(set(first)) == 100 + 45  # 0.73 of the 62 reals
    assert first != second
    kinds = Counter("pseudo-fake" if index // 100 % 2 else labels[index % 100] for index in first)
    assert kinds == {"pseudo-fake": 45, REAL: 62, FAKE: 38}
    for before, index in pairwise(first):
        if index // 100 % 2:
            assert index == before + 100
            assert labels[before % 100] == REAL


def test_the_data_module_trains_on_them_and_validates_on_plain_faces(demo_root: Path, tmp_path: Path) -> None:
    arguments: dict[str, Any] = {"views": ["face"], "size": 32, "augmentation": "kinds", "batch_size": 4}
    data = FaceDataModule(demo_root, cache=str(tmp_path), **arguments)
    data.setup("fit")
    loader, reals = data.train_dataloader(), sum(record.split == "train" for record in data.records)
    assert len(loader.order) == reals + int(int(reals * 0.62) * 0.73)
    assert next(iter(loader))["map"].shape == (4, 2, 2)
    assert "map" not in next(iter(data.val_dataloader()))
    with pytest.raises(UserError, match=r"augmentation kinds .* drop --data\.cache false"):
        FaceDataModule(demo_root, cache=False, **arguments).setup("fit")


def test_crops_show_photographs_as_they_are_without_pseudo_fakes(demo_root: Path, tmp_path: Path) -> None:
    data = FaceDataModule(demo_root, views=["face"], size=32, augmentation="crops", cache=str(tmp_path))
    data.setup("fit")
    dataset = data.datasets["train"]
    assert isinstance(dataset, KindDataset)
    records = dataset.records
    assert len(data.train_dataloader().order) == len(records)
    drawn = [index % (2 * len(records)) for index in dataset.order(torch.Generator().manual_seed(0))]
    assert max(drawn) < len(records)
    assert 0 <= 0.62 * len(records) - Counter(records[index].label for index in drawn)[REAL] < 1
    grey = FacePhotograph(np.full((260, 260, 3), 131, np.uint8), POINTS)
    for seed in range(8):
        generator = np.random.default_rng(seed)
        sample = training_face(grey, np.zeros(4, np.float32), None, 64, generator, through_the_web=False)
        assert (sample.face == 131).all()


def test_a_photograph_that_vanished_is_named(faces: KindFaces, tmp_path: Path) -> None:
    gone = tmp_path / "gone.jpg"
    shutil.copy(faces.records[0].path, gone)
    found = KindFaces([replace(faces.records[0], path=gone), *faces.records[1:]], tmp_path / "cache")
    found.build()
    gone.unlink()
    with pytest.raises(UserError, match=r"gone\.jpg"):
        KindDataset(found.records, [], found, 64)[0, 0]
