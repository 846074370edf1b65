import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import torch

from fakeface.data.data_folder import scan_folder
from fakeface.data.dataset import Augmentation, FaceDataset
from fakeface.data.manifest import write_manifest
from fakeface.data.records import FAKE, LABEL_NAMES, REAL, Record
from fakeface.data.splits import TABLE_1, paper_split
from fakeface.errors import UserError
from fakeface.training import datamodule as datamodule_file
from fakeface.training.datamodule import FaceDataModule
from tests.loaders import end_workers


def make(root: Path, stage: str = "fit", **arguments: Any) -> FaceDataModule:
    data = FaceDataModule(root=root, size=32, **{"cache": False, **arguments})
    data.prepare_data()
    data.setup(stage)
    return data


def full_set() -> list[Record]:
    """Records of the published set's 2,041 names; there are no files."""
    sizes = {stratum: sum(row) for stratum, row in TABLE_1.items()}
    return [
        Record(
            Path("faces") / stratum / f"{number}.jpg", REAL if stratum == "real" else FAKE, stratum.partition("-")[2]
        )
        for stratum, size in sizes.items()
        for number in range(size)
    ]


def test_a_batch_is_the_dictionary_that_networks_and_reports_read(demo_root: Path) -> None:
    data = make(demo_root, augmentation="none", batch_size=8)
    batch = next(iter(data.train_dataloader()))
    assert batch.keys() == {"original", "ela", "label", "kind", "regions", "index", "path"}
    for view in ("original", "ela"):
        assert batch[view].dtype == torch.uint8
        assert batch[view].shape == (8, 3, 32, 32)
    assert batch["label"].dtype == torch.float32
    assert batch["regions"].shape == (8, 4)
    assert batch["index"].dtype == torch.int64
    known = {str(record.path): record for record in scan_folder(demo_root)}
    for label, regions, index, path in zip(
        batch["label"], batch["regions"], batch["index"], batch["path"], strict=True
    ):
        assert label == float("training_fake" in path)
        assert "".join(str(int(bit)) for bit in regions) == known[path].regions
        assert str(data.datasets["train"].record(int(index)).path) == path


def test_training_alone_is_balanced_where_that_is_asked_for(demo_root: Path, tmp_path: Path) -> None:
    records = paper_split(scan_folder(demo_root), seed=0)
    few = [record for record in records if record.split != "train" or record.label == REAL]
    few += [record for record in records if record.split == "train" and record.label == FAKE][:3]
    write_manifest(tmp_path / "few.csv", few)
    data = make(
        demo_root,
        manifest=tmp_path / "few.csv",
        split="manifest",
        augmentation="none",
        views=["original"],
        balance=True,
    )
    labels = [float(label) for batch in data.train_dataloader() for label in batch["label"]]
    assert len(labels) == sum(record.split == "train" for record in few)
    assert abs(sum(labels) - len(labels) / 2) < 1
    tested = [index for batch in data.val_dataloader() for index in batch["index"].tolist()]
    assert sorted(tested) == list(range(sum(record.split == "val" for record in few)))


def test_only_the_named_views_are_served(demo_root: Path) -> None:
    batch = next(iter(make(demo_root, "test", views=["ela"]).test_dataloader()))
    assert "ela" in batch
    assert "original" not in batch


def test_an_unknown_view_is_refused(demo_root: Path) -> None:
    with pytest.raises(
        UserError,
        match="no view 'depth': name the branches after ela or face or original",
    ):
        FaceDataModule(root=demo_root, views=["depth"])


@pytest.mark.parametrize(
    ("augmentation", "expected"),
    [
        # Table 2 of the report: 7 · 1,359, 7 · 171 and 511.
        ("paper", {"train": 9513, "val": 1197, "test": 511}),
        ("online", {"train": 1359, "val": 171, "test": 511}),
        ("none", {"train": 1359, "val": 171, "test": 511}),
    ],
)
def test_sizes_of_the_full_set(
    monkeypatch: pytest.MonkeyPatch, augmentation: Augmentation, expected: dict[str, int]
) -> None:
    monkeypatch.setattr(datamodule_file, "read_records", lambda root, manifest: full_set())
    monkeypatch.setattr(datamodule_file, "find_unreadable", lambda paths: [])
    data = FaceDataModule(root=Path("faces"), augmentation=augmentation, cache=False)
    data.setup("fit")
    data.setup("test")
    assert {name: len(dataset) for name, dataset in data.datasets.items()} == expected
    assert {name: dataset.augmentation for name, dataset in data.datasets.items()} == {
        "train": augmentation,
        "val": "paper" if augmentation == "paper" else "none",
        "test": "none",
    }
    assert [len(data.train_dataloader()), len(data.test_dataloader())] == [-(-expected["train"] // 32), 16]


def test_no_photograph_is_in_two_splits(demo_root: Path) -> None:
    data = make(demo_root)
    data.setup("test")
    paths = {name: {record.path for record in dataset.records} for name, dataset in data.datasets.items()}
    assert sum(map(len, paths.values())) == len(set().union(*paths.values())) == 48


def test_stages_make_what_they_need(demo_root: Path) -> None:
    assert list(make(demo_root, "validate").datasets) == ["val"]
    assert list(make(demo_root, "test").datasets) == ["test"]


@pytest.mark.parametrize("workers", [0, 2])
def test_batches_depend_on_seed_and_epoch_alone(demo_root: Path, workers: int) -> None:
    def epochs(**arguments: Any) -> list[tuple[list[int], torch.Tensor]]:
        data = make(demo_root, augmentation="online", batch_size=5, **arguments)
        loader = data.train_dataloader()
        found = []
        for epoch in range(2):
            loader.sampler.set_epoch(epoch)  # type: ignore[attr-defined]
            batches = list(loader)
            indices = [int(index) for batch in batches for index in batch["index"]]
            found.append((indices, torch.cat([batch["original"] for batch in batches])))
        end_workers(loader)
        return found

    torch.manual_seed(workers)
    plain, loaded, other = epochs(), epochs(num_workers=workers), epochs(seed=1)
    for (order, pixels), (expected_order, expected_pixels) in zip(loaded, plain, strict=True):
        assert order == expected_order
        assert torch.equal(pixels, expected_pixels)
    assert plain[0][0] != plain[1][0]
    assert plain[0][0] != other[0][0]
    # The photograph that comes first in epoch 0 looks different in epoch 1.
    again = plain[1][0].index(plain[0][0][0])
    assert not torch.equal(plain[0][1][0], plain[1][1][again])


def test_validation_is_the_same_in_every_epoch(demo_root: Path) -> None:
    loader = make(demo_root, augmentation="paper").val_dataloader()
    pixels = []
    for epoch in range(2):
        loader.sampler.set_epoch(epoch)  # type: ignore[attr-defined]
        batches = list(loader)
        images = torch.cat([batch["original"] for batch in batches])
        pixels.append(images[torch.argsort(torch.cat([batch["index"] for batch in batches]))])
    assert torch.equal(pixels[0], pixels[1])


def test_cached_batches_equal_decoded_ones(demo_root: Path, tmp_path: Path) -> None:
    cached = make(demo_root, "test", cache=str(tmp_path / "cache"))
    assert any((tmp_path / "cache").iterdir())
    decoded = make(demo_root, "test")
    for one, two in zip(cached.test_dataloader(), decoded.test_dataloader(), strict=True):
        assert torch.equal(one["original"], two["original"])
        assert torch.equal(one["ela"], two["ela"])
        assert one["path"] == two["path"]


def test_the_cache_is_where_it_is_asked_for(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert FaceDataModule(cache=True).cache_folder == tmp_path / "fakeface"
    assert FaceDataModule(cache="there").cache_folder == Path("there")
    assert FaceDataModule(cache=False).cache_folder is None
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert FaceDataModule(cache=True).cache_folder == tmp_path / "home" / ".cache" / "fakeface"


def split_of(dataset: FaceDataset) -> Counter[str]:
    return Counter(record.split for record in dataset.records)


def test_a_written_split_is_followed(demo_root: Path, tmp_path: Path) -> None:
    drawn = paper_split(scan_folder(demo_root), seed=7)
    manifest = tmp_path / "split.csv"
    write_manifest(manifest, drawn, demo_root)
    data = make(demo_root, manifest=manifest, split="manifest")
    assert data.records == drawn
    assert split_of(data.datasets["train"]).keys() == {"train"}
    assert split_of(data.datasets["val"]).keys() == {"val"}


def test_where_paths_start_from(demo_root: Path, tmp_path: Path) -> None:
    assert FaceDataModule().root == Path("data/real_and_fake_face")
    (tmp_path / "photos").symlink_to(demo_root)
    manifest = tmp_path / "manifest.csv"
    records = scan_folder(demo_root)
    rows = [f"photos/{record.path.relative_to(demo_root)},{LABEL_NAMES[record.label]}\n" for record in records]
    manifest.write_text("path,label\n" + "".join(rows), encoding="utf-8")
    data = FaceDataModule(manifest=manifest, cache=False)
    data.setup("test")
    assert {record.path.parent.parent for record in data.records} == {tmp_path / "photos"}


def test_split_seed_draws_another_split_and_seed_does_not(demo_root: Path) -> None:
    splits = [make(demo_root, split_seed=split, seed=seed).records for split, seed in ((0, 0), (0, 1), (1, 0))]
    assert splits[0] == splits[1]
    assert splits[0] != splits[2]


def test_a_split_without_one_class_is_refused(demo_root: Path, tmp_path: Path) -> None:
    drawn = paper_split(scan_folder(demo_root), seed=0)
    manifest = tmp_path / "split.csv"
    write_manifest(manifest, [record for record in drawn if record.split != "val" or record.label == FAKE], demo_root)
    with pytest.raises(
        UserError, match=r"split\.csv has no real image in the split 'val': add some.*--data\.split paper"
    ):
        make(demo_root, manifest=manifest, split="manifest")


def add_broken(demo_root: Path, folder: Path, count: int) -> Path:
    """A manifest of the demo set, split, and of broken photographs in train and val."""
    broken = []
    for number in range(count):
        path = folder / f"broken{number}.jpg"
        path.write_bytes(b"" if number else b"no image")
        broken.append(Record(path, REAL, split="val" if number else "train"))
    manifest = folder / "manifest.csv"
    write_manifest(manifest, [*broken, *paper_split(scan_folder(demo_root), seed=0)])
    return manifest


@pytest.mark.parametrize("cache", [True, False])
def test_by_default_unreadable_photographs_are_named_and_counted(
    demo_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cache: bool
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    manifest = add_broken(demo_root, tmp_path, count=2)
    with pytest.raises(UserError, match=r"broken0\.jpg: not a readable image .*, and 1 more of 50 photographs cannot"):
        make(demo_root, manifest=manifest, split="manifest", cache=cache)


@pytest.mark.parametrize("cache", [True, False])
def test_skip_leaves_unreadable_photographs_out_and_the_others_where_they_are(
    demo_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cache: bool
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    manifest = add_broken(demo_root, tmp_path, count=2)
    whole = make(demo_root, manifest=manifest, split="manifest", cache=cache, on_error="skip", augmentation="none")
    assert whole.records == paper_split(scan_folder(demo_root), seed=0)
    for loader in (whole.train_dataloader(), whole.val_dataloader()):
        assert not any("broken" in path for batch in loader for path in batch["path"])
    whole.setup("test")
    assert sum(len(dataset) for dataset in whole.datasets.values()) == 48


def test_skip_draws_the_same_split_as_without_the_unreadable(demo_root: Path, tmp_path: Path) -> None:
    faces = tmp_path / "faces"
    shutil.copytree(demo_root, faces)
    drawn = {record.path.name: record.split for record in make(faces).records}
    broken = sorted((faces / "training_fake").iterdir())[0]
    broken.write_bytes(broken.read_bytes()[:500])
    found = {record.path.name: record.split for record in make(faces, on_error="skip").records}
    assert drawn.pop(broken.name)
    assert found == drawn


def test_skip_bears_no_more_than_a_twentieth(demo_root: Path, tmp_path: Path) -> None:
    manifest = add_broken(demo_root, tmp_path, count=3)
    with pytest.raises(UserError, match=r"3 of 51 photographs cannot be read, and at most 5% are left out"):
        make(demo_root, manifest=manifest, split="manifest", on_error="skip")


@pytest.mark.parametrize("workers", [0, 1])
def test_a_photograph_that_breaks_during_training_is_named(demo_root: Path, tmp_path: Path, workers: int) -> None:
    faces = tmp_path / "faces"
    shutil.copytree(demo_root, faces)
    data = make(faces, num_workers=workers, augmentation="none")
    broken = data.datasets["train"].records[3].path
    broken.write_bytes(b"")
    loader = data.train_dataloader()
    with pytest.raises(UserError, match=rf"{broken.name}: empty: replace the image"):
        list(loader)
    end_workers(loader)
