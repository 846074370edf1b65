"""What happens around training: pictures for TensorBoard, files of a run."""

from fakeface.callbacks.run_files import RunFiles
from fakeface.callbacks.tensorboard_figures import TensorBoardFigures

__all__ = ["RunFiles", "TensorBoardFigures"]
