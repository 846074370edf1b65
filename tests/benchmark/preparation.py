"""The view cache against bare decoding, and whether more photographs cost more than their number."""

import logging
import multiprocessing
import re
import shutil
import tempfile
import warnings
from functools import partial
from pathlib import Path

import cv2

from fakeface.data.cache import build_cache
from fakeface.data.data_folder import read_records
from fakeface.views.ela import error_level_analysis
from fakeface.views.view import ELA, ORIGINAL, ViewParameters
from tests.benchmark.table import print_rows, take_turns

SIZE = 128
ROUNDS = 3
FEW = 240
"""Photographs of the smallest of the data sets that are compared by their size."""


def cache(root: Path, rounds: int = ROUNDS) -> None:
    """Measure how fast the cache is built, against decoding and analysing on all cores and keeping nothing."""
    records = read_records(root)

    def build() -> int:
        with tempfile.TemporaryDirectory(dir=root.parent) as folder:
            build_cache(records, [ORIGINAL, ELA], ViewParameters(SIZE), Path(folder))
        return len(records)

    # Not forked: OpenCV's threads would be missing.
    with multiprocessing.get_context("spawn").Pool(initializer=partial(cv2.setNumThreads, 1)) as pool:

        def compute() -> int:
            return len(pool.map(bare_views, [record.path for record in records], chunksize=4))

        compute()  # while the processes import what they need
        times = take_turns({"cache build": build, "bare decode and ELA": compute}, rounds)
    print_rows("cache, 128 px", times)


def bare_views(path: Path) -> None:
    """Decode, analyse and shrink a photograph with as little as that takes."""
    image = cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)
    for view in (image, error_level_analysis(image)):
        cv2.resize(view, (SIZE, SIZE), interpolation=cv2.INTER_AREA)


def scaling(root: Path, rounds: int = ROUNDS) -> None:
    """Measure the first epoch, with its cache, on copies of the same photographs: once, twice and four times."""
    with tempfile.TemporaryDirectory(dir=root.parent) as temporary:
        folders = {copies: Path(temporary) / str(copies) for copies in (1, 2, 4)}
        for copies, folder in folders.items():
            copy_photographs(root, folder, copies)
        cold_epoch(folders[1])  # imports what it needs
        contenders = {f"{copies * FEW} images": partial(cold_epoch, folder) for copies, folder in folders.items()}
        print_rows("cold epoch, 96 px", take_turns(contenders, rounds))


def copy_photographs(root: Path, target: Path, copies: int) -> None:
    """Copy some photographs of both classes into a new data set, each under several names."""
    for folder in ("training_real", "training_fake"):
        (target / folder).mkdir(parents=True)
        paths = sorted((root / folder).iterdir())
        for path in paths[:: max(1, 2 * len(paths) // FEW)][: FEW // 2]:
            for copy in range(1, copies + 1):
                name = re.sub(r"\d+", lambda number: f"{copy}{number[0]:0>5}", path.name, count=1)  # noqa: B023
                shutil.copy(path, target / folder / name)


def cold_epoch(root: Path) -> int:
    """Train a small network for one epoch on photographs that no cache holds yet, and return how many there are."""
    # Here, because the processes above need none of it.
    from lightning.pytorch import Trainer
    from torch.optim import SGD

    from fakeface.models import FaceClassifier
    from fakeface.training.cli import silence_advice
    from fakeface.training.datamodule import FaceDataModule
    from fakeface.training.module import FakeFaceModule

    silence_advice()
    warnings.filterwarnings("ignore", module=r"lightning\.pytorch\.utilities\.parsing")  # of hyper-parameters
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    trainer = Trainer(
        max_epochs=1,
        limit_val_batches=0,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        use_distributed_sampler=False,
    )
    with tempfile.TemporaryDirectory(dir=root.parent) as folder:
        data = FaceDataModule(root, size=96, augmentation="online", cache=folder)
        network = FaceClassifier({ORIGINAL: "custom_cnn", ELA: "custom_cnn"}, pretrained=False)
        trainer.fit(FakeFaceModule(network, lambda parameters: SGD(parameters, lr=0.001)), data)
    return len(data.records)
