import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch.utils.data import DataLoader

from fakeface.data.augment import PAPER_OPERATIONS
from fakeface.data.dataset import Augmentation, FaceDataset, Sample
from fakeface.data.records import FAKE, REAL, Record
from fakeface.data.sampler import EpochSampler

RECORDS = [
    Record(Path("real.jpg"), REAL, regions="0000"),
    Record(Path("fake.jpg"), FAKE, "easy", "1000"),
    Record(Path("unknown.jpg"), FAKE),
]


class NoiseViews:
    """Views of random pixels, one image per record, or the same image for all of them."""

    def __init__(self, records: int, size: int = 8, same: bool = False) -> None:
        shape = (1 if same else records, size, size, 3)
        pixels = np.random.default_rng(0).integers(0, 256, (2, *shape), dtype=np.uint8)
        self.pixels = np.broadcast_to(pixels, (2, records, size, size, 3))

    def __getitem__(self, position: int) -> dict[str, NDArray[np.uint8]]:
        return {"original": self.pixels[0, position].copy(), "ela": self.pixels[1, position].copy()}


def make_dataset(augmentation: Augmentation = "none", seed: int = 0) -> FaceDataset:
    return FaceDataset(RECORDS, NoiseViews(len(RECORDS)), augmentation, seed)


def equal(first: Sample, second: Sample) -> bool:
    return all(bool(torch.equal(first[view], second[view])) for view in ("original", "ela"))


def test_a_sample_is_what_its_record_says() -> None:
    dataset = make_dataset()
    sample = dataset[0, 1]
    assert sample.keys() == {"original", "ela", "label", "kind", "regions", "index", "path"}
    assert sample["original"].dtype == torch.uint8
    assert sample["original"].shape == (3, 8, 8)
    # Channels first: red of the pixel in row 2, column 5.
    assert sample["ela"][0, 2, 5] == dataset.source[1]["ela"][2, 5, 0]
    assert sample["label"] == torch.tensor(1.0)
    assert sample["regions"].tolist() == [1, 0, 0, 0]
    assert (sample["index"], sample["path"]) == (1, "fake.jpg")
    assert dataset[0, 0]["label"] == torch.tensor(0.0)
    assert dataset[0, 0]["regions"].tolist() == [0, 0, 0, 0]
    assert dataset[0, 2]["regions"].isnan().all()


def test_paper_augmentation_makes_seven_samples_of_each_record() -> None:
    dataset, plain = make_dataset("paper"), make_dataset()
    assert len(dataset) == 21
    assert [dataset.record(index).path.name for index in (0, 6, 7, 20)] == [
        "real.jpg",
        "real.jpg",
        "fake.jpg",
        "unknown.jpg",
    ]
    for position in range(3):
        samples = {name: dataset[0, 7 * position + copy] for copy, name in enumerate(PAPER_OPERATIONS)}
        original = plain[0, position]
        assert equal(samples["identity"], original)
        assert torch.equal(samples["flip_left_right"]["ela"], original["ela"].flip(2))
        assert torch.equal(samples["flip_up_down"]["original"], original["original"].flip(1))
        assert torch.equal(samples["rot90"]["original"], original["original"].rot90(1, (1, 2)))
        for name in ("random_brightness", "random_contrast", "random_saturation"):
            assert not torch.equal(samples[name]["original"], original["original"])
            assert torch.equal(samples[name]["ela"], original["ela"])
        assert {float(sample["label"]) for sample in samples.values()} == {float(original["label"])}
    assert dataset[0, 7]["regions"].tolist() == [1, 0, 0, 0]
    # A mirrored left eye is a right eye.
    assert dataset[0, 8]["regions"].tolist() == [0, 1, 0, 0]


def test_paper_samples_are_the_same_in_every_epoch_and_others_for_another_seed() -> None:
    dataset, again, other = make_dataset("paper"), make_dataset("paper"), make_dataset("paper", seed=1)
    assert all(equal(dataset[0, index], again[5, index]) for index in range(21))
    assert not equal(dataset[0, 4], other[0, 4])


def test_online_samples_depend_on_seed_epoch_and_index_alone() -> None:
    dataset = make_dataset("online")
    torch.manual_seed(1)
    np.random.seed(1)
    first = [dataset[epoch, 1] for epoch in range(8)]
    torch.manual_seed(2)
    np.random.seed(2)
    again = [make_dataset("online")[epoch, 1] for epoch in reversed(range(8))][::-1]
    assert all(equal(one, two) for one, two in zip(first, again, strict=True))
    other = make_dataset("online", seed=1)
    assert not all(equal(sample, other[epoch, 1]) for epoch, sample in enumerate(first))
    assert len({sample["original"].numpy().tobytes() for sample in first}) > 4


@pytest.mark.parametrize("workers", [0, 2])
def test_no_two_samples_share_their_draws_whatever_the_workers(workers: int) -> None:
    # albumentations' own generators give both workers the same draws, and every epoch those of the first.
    count = 32
    records = [Record(Path(f"{number}.jpg"), REAL) for number in range(count)]
    dataset = FaceDataset(records, NoiseViews(count, same=True), "online")
    sampler = EpochSampler(count, seed=0)
    loader = DataLoader(dataset, batch_size=4, sampler=sampler, num_workers=workers, persistent_workers=workers > 0)
    seen: Counter[bytes] = Counter()
    for epoch in range(2):
        sampler.set_epoch(epoch)
        for batch in loader:
            for index, image in zip(batch["index"].tolist(), batch["original"], strict=True):
                assert torch.equal(image, dataset[epoch, index]["original"])
                seen[image.numpy().tobytes()] += 1
    # One in eight has no photometric change; those may meet in one of eight orientations.
    assert len(seen) > 2 * count - 12


def test_where_nothing_is_augmented_albumentations_is_not_imported() -> None:
    code = """
import sys
from pathlib import Path
import numpy as np
from fakeface.data.dataset import FaceDataset
from fakeface.data.records import Record
from fakeface.training import callbacks, datamodule
views = [{"original": np.zeros((8, 8, 3), dtype=np.uint8)}]
for augmentation in ("none", "online"):
    FaceDataset([Record(Path("a.jpg"), 0)], views, augmentation)[0, 0]
    print(augmentation, "albumentations" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "none False\nonline True\n"
