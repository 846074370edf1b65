import pickle
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from lightning.pytorch import Trainer
from numpy.typing import NDArray

from fakeface.data import slot_file
from fakeface.data.data_folder import scan_folder
from fakeface.data.images import read_image
from fakeface.data.records import FAKE, REAL, Record
from fakeface.errors import UserError
from fakeface.forensic import faces as faces_file
from fakeface.forensic.faces import HISTORIES, ForensicDataset, ForensicFaces, PseudoFakeParameters
from fakeface.training.datamodule import FaceDataModule


@pytest.fixture(scope="module")
def records(demo_root: Path) -> list[Record]:
    found = scan_folder(demo_root)
    reals = [record for record in found if record.label == REAL]
    return [*reals[:4], *[record for record in found if record.label == FAKE][:4]]


@pytest.fixture(scope="module")
def faces(records: list[Record], tmp_path_factory: pytest.TempPathFactory) -> ForensicFaces:
    built = ForensicFaces(records, 2, tmp_path_factory.mktemp("cache"))
    built.build()
    return built


def make_dataset(faces: ForensicFaces, seed: int = 0, **shares: float) -> ForensicDataset:
    parameters = PseudoFakeParameters(per_real=2, **shares)
    return ForensicDataset(faces.records, [], faces, parameters, 3, 64, seed)


def test_every_photograph_has_its_histories_and_every_real_its_pseudo_fakes(faces: ForensicFaces) -> None:
    assert faces.photographs.shape == (8, 1 + HISTORIES, 384, 384, 3)
    assert faces.count == 8
    assert faces.pseudo_fakes["canvas"].shape == (8, 384, 384, 3)
    assert faces.pseudo_fakes["splice"].max(axis=(1, 2)).min() > 100
    assert set(np.unique(faces.pseudo_fakes["regions"])) == {0, 1}
    for photograph in faces.photographs:
        assert len({variant.tobytes() for variant in photograph}) == 1 + HISTORIES


def test_pseudo_fakes_are_made_of_the_split_s_reals_alone(
    records: list[Record], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[Path] = []

    def note(path: Path) -> NDArray[np.uint8]:
        read.append(path)
        return read_image(path)

    monkeypatch.setattr(faces_file, "read_image", note)
    ForensicFaces(records, 3, tmp_path).build()
    # Each photograph once for its own canvases; the rest are targets and donors.
    for record in records:
        read.remove(record.path)
    assert len(read) >= 2 * 12
    assert set(read) == {record.path for record in records if record.label == REAL}


def test_a_second_build_of_the_same_photographs_computes_nothing(
    faces: ForensicFaces, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(faces_file, "read_image", lambda path: pytest.fail("built again"))
    again = ForensicFaces(faces.records, 2, faces.folder.parent)
    again.build()
    assert (again.photographs[0] == faces.photographs[0]).all()


@pytest.mark.parametrize("reads", [5, 11])  # of eight photographs and, for the pseudo-fakes, of those they are made of
def test_a_killed_build_is_continued_where_it_stopped(
    reads: int, records: list[Record], faces: ForensicFaces, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed = ForensicFaces(records, 2, tmp_path)
    left = iter(range(reads))

    def read(path: Path) -> NDArray[np.uint8]:
        if next(left, None) is None:
            raise KeyboardInterrupt
        return read_image(path)

    monkeypatch.setattr(slot_file, "map_in_order", lambda make, items: map(make, items))
    monkeypatch.setattr(slot_file, "COMMIT_SECONDS", 0)
    with monkeypatch.context() as patch:
        patch.setattr(faces_file, "read_image", read)
        with pytest.raises(KeyboardInterrupt):
            killed.build()
    assert len(killed.photographs) == min(reads, 8)
    del killed.photographs
    count = len(killed._pseudo_fakes)
    assert count < 8
    made: list[int] = []

    def note(records: Any, donors: Any, number: int) -> NDArray[np.void]:
        made.append(number)
        return make(records, donors, number)

    make = faces_file._make
    monkeypatch.setattr(faces_file, "_make", note)
    killed.build()
    assert made == list(range(count, 8))
    assert (killed.photographs == faces.photographs).all()
    assert (killed.pseudo_fakes == faces.pseudo_fakes).all()


def test_a_full_disk_is_said_before_it_is_full(
    records: list[Record], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1000))
    with pytest.raises(UserError, match=r"training faces cannot be written .*No space left.* with --data\.cache"):
        ForensicFaces(records, 2, tmp_path).build()


def test_samples_say_what_is_known_of_them(faces: ForensicFaces) -> None:
    dataset = make_dataset(faces, first=0.0, last=0.0)
    for index in range(8):
        sample = dataset[0, index]
        assert sample.keys() == {"face", "label", "regions", "map", "index", "path"}
        assert sample["face"].shape == (3, 64, 64)
        assert sample["face"].dtype == torch.uint8
        assert float(sample["label"]) == faces.records[index].label
        # Nothing of a real photograph is foreign, and nobody knows what of a fake is.
        assert bool((sample["map"] == 0).all()) == (index < 4)
        assert bool(sample["map"].isnan().all()) == (index >= 4)


def test_pseudo_fakes_take_the_place_of_fakes_alone(faces: ForensicFaces) -> None:
    dataset = make_dataset(faces, first=1.0, last=0.0)
    for index in range(4, 8):
        sample = dataset[0, index]
        assert float(sample["label"]) == 1
        assert sample["map"].max() > 0.2
        assert sample["regions"].sum() >= 1
        assert bool(dataset[2, index]["map"].isnan().all())
    assert len(dataset) == 8


def test_the_share_falls_evenly() -> None:
    parameters = PseudoFakeParameters(first=0.8, last=0.2)
    assert [round(parameters.share(epoch, 4), 6) for epoch in (0, 1, 2, 3, 9)] == [0.8, 0.6, 0.4, 0.2, 0.2]
    assert PseudoFakeParameters(first=0.5).share(0, 1) == 0.5


def test_samples_depend_on_seed_epoch_and_index_alone(faces: ForensicFaces) -> None:
    dataset, again, other = make_dataset(faces), make_dataset(faces), make_dataset(faces, seed=1)
    copy = pickle.loads(pickle.dumps(dataset))
    assert len(pickle.dumps(dataset)) < 100_000
    for index in (0, 5):
        for same in (again, copy):
            assert torch.equal(dataset[1, index]["face"], same[1, index]["face"])
        assert not torch.equal(dataset[1, index]["face"], other[1, index]["face"])
        assert not torch.equal(dataset[1, index]["face"], dataset[2, index]["face"])


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [({"views": ["face", "ela"]}, "reads the view face alone"), ({"size": 40}, "a size that 16 divides")],
)
def test_the_data_module_refuses_what_cannot_be_augmented_so(arguments: dict[str, object], reason: str) -> None:
    with pytest.raises(UserError, match=reason):
        FaceDataModule(augmentation="forensic", **{"views": ["face"], "size": 64, **arguments})  # type: ignore[arg-type]


def test_the_data_module_trains_on_them_and_validates_on_plain_faces(demo_root: Path, tmp_path: Path) -> None:
    data = FaceDataModule(
        demo_root, views=["face"], size=32, augmentation="forensic", cache=str(tmp_path), batch_size=4,
        pseudo_fakes=PseudoFakeParameters(per_real=1),
    )  # fmt: skip
    data.setup("fit")
    assert next(iter(data.train_dataloader()))["map"].shape == (4, 2, 2)
    assert "map" not in next(iter(data.val_dataloader()))
    with pytest.raises(UserError, match=r"drop --data\.cache false"):
        FaceDataModule(demo_root, views=["face"], size=32, augmentation="forensic", cache=False).setup("fit")


def test_the_share_falls_over_the_epochs_of_the_trainer(demo_root: Path, tmp_path: Path) -> None:
    data = FaceDataModule(
        demo_root, views=["face"], size=32, augmentation="forensic", cache=str(tmp_path),
        pseudo_fakes=PseudoFakeParameters(per_real=1),
    )  # fmt: skip
    data.trainer = Trainer(accelerator="cpu", logger=False, enable_checkpointing=False, max_epochs=7)
    data.setup("fit")
    dataset = data.datasets["train"]
    assert isinstance(dataset, ForensicDataset)
    assert dataset.epochs == 7
    data.trainer = Trainer(accelerator="cpu", logger=False, enable_checkpointing=False, max_epochs=-1, max_steps=9)
    with pytest.raises(UserError, match=r"set --trainer\.max_epochs"):
        data.setup("fit")
