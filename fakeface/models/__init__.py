"""Networks as plain ``nn.Module``s: they know views and tensors, not files and not Lightning."""

from fakeface.models.classifier import FaceClassifier, FaceOutput

__all__ = ["FaceClassifier", "FaceOutput"]
