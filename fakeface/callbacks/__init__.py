"""What happens around training: calibration, checkpoints, signals, pictures for TensorBoard, files of a run."""

from fakeface.callbacks.atomic_checkpoints import AtomicCheckpointIO
from fakeface.callbacks.calibration import ValidationCalibration
from fakeface.callbacks.continuation import Continuation
from fakeface.callbacks.interruption import SaveOnInterruption
from fakeface.callbacks.random_state import RandomState
from fakeface.callbacks.run_files import RunFiles
from fakeface.callbacks.tensorboard_figures import TensorBoardFigures
from fakeface.callbacks.weight_average import WeightAverage

__all__ = [
    "AtomicCheckpointIO",
    "Continuation",
    "RandomState",
    "RunFiles",
    "SaveOnInterruption",
    "TensorBoardFigures",
    "ValidationCalibration",
    "WeightAverage",
]
