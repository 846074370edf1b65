"""Networks as plain ``nn.Module``s: they know views and tensors, not files and not Lightning."""

from fakeface.models.classifier import FaceClassifier
from fakeface.models.ensemble import Ensemble
from fakeface.models.kind_ensemble import KindEnsemble
from fakeface.models.linear_probe import LinearProbe
from fakeface.models.network import KINDS, FaceNetwork, FaceOutput
from fakeface.models.splice_net import SpliceNet

__all__ = [
    "KINDS",
    "Ensemble",
    "FaceClassifier",
    "FaceNetwork",
    "FaceOutput",
    "KindEnsemble",
    "LinearProbe",
    "SpliceNet",
]
