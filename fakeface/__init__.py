"""Tell real photographs of faces from expert-made fakes."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fakeface.inference.detector import Detector as Detector
    from fakeface.inference.verdicts import FaceVerdict as FaceVerdict
    from fakeface.inference.verdicts import Verdict as Verdict

__version__ = "0.1.0"
__all__ = ["Detector", "FaceVerdict", "Verdict", "__version__"]


def __getattr__(name: str) -> Any:
    # Imported on demand: the command line must start without waiting for OpenCV and SciPy.
    if name in {"Detector", "FaceVerdict", "Verdict"}:
        from fakeface.inference import detector

        return getattr(detector, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
