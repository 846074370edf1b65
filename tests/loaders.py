"""How a loader's workers are ended where no Trainer does it."""

from typing import Any

from torch.utils.data import DataLoader
from torch.utils.data.dataloader import _MultiProcessingDataLoaderIter


def end_workers(loader: DataLoader[Any]) -> None:
    """End a loader's workers as a Trainer does.

    The garbage collector may find them as part of a cycle. It closes their queues before it tells them to end, then
    waits ten seconds for each in vain, in whatever test runs at the time.
    """
    if isinstance(loader._iterator, _MultiProcessingDataLoaderIter):
        loader._iterator._shutdown_workers()
