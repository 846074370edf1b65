"""What happens around training: lines, calibration, checkpoints, signals, pictures for TensorBoard, files of a run."""

from fakeface.training.callbacks.atomic_checkpoints import AtomicCheckpointIO
from fakeface.training.callbacks.best_checkpoint import BestCheckpoint
from fakeface.training.callbacks.calibration import ValidationCalibration
from fakeface.training.callbacks.continuation import Continuation, RandomState
from fakeface.training.callbacks.epoch_lines import EpochLines
from fakeface.training.callbacks.interruption import SaveOnInterruption
from fakeface.training.callbacks.run_files import RunFiles
from fakeface.training.callbacks.tensorboard_figures import TensorBoardFigures
from fakeface.training.callbacks.weight_average import WeightAverage

__all__ = [
    "AtomicCheckpointIO",
    "BestCheckpoint",
    "Continuation",
    "EpochLines",
    "RandomState",
    "RunFiles",
    "SaveOnInterruption",
    "TensorBoardFigures",
    "ValidationCalibration",
    "WeightAverage",
]
