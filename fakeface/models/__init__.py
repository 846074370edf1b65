"""Networks as plain ``nn.Module``s: they know views and tensors, not files and not Lightning."""

from fakeface.models.classifier import FaceClassifier
from fakeface.models.ensemble import Ensemble
from fakeface.models.network import FaceNetwork, FaceOutput
from fakeface.models.splice_net import SpliceNet

__all__ = ["Ensemble", "FaceClassifier", "FaceNetwork", "FaceOutput", "SpliceNet"]
