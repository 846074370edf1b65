"""Deep-feature baselines: the features of frozen backbones, and a classifier of scikit-learn on them.

This is the system that the report builds on (Rafique et al. 2023, https://doi.org/10.1038/s41598-023-34629-3): ELA, a
pre-trained network, and a support vector machine or nearest neighbours.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.calibration import CalibratedClassifierCV
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, StratifiedGroupKFold
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from tqdm import tqdm

from fakeface.data.cache import ViewSource
from fakeface.data.records import LABEL_NAMES, Record
from fakeface.errors import UserError
from fakeface.inference.scoring import Batch, Seen, score
from fakeface.inference.torch_network import to_tensors
from fakeface.models import FaceClassifier
from fakeface.views import Viewed

ClassifierName = Literal["knn", "svm", "logistic"]
Features = NDArray[np.float32]

FOLDS = 5
COMPONENTS = 200
"""Principal components that are kept: as good as all features in cross-validation on CIPLAB, and many times faster."""


@dataclass(frozen=True, slots=True)
class TunedClassifier:
    """A classifier whose parameters were chosen by cross-validation on the training photographs.

    Attributes:
        model: Fitted on all of them; its probabilities were fitted on scores from outside each fold.
        parameters: What was chosen.
        auroc: Its mean AUROC over the folds, an optimistic figure because it chose the parameters.
    """

    model: CalibratedClassifierCV
    parameters: dict[str, int | float | str]
    auroc: float

    def scores(self, features: Features) -> NDArray[np.float64]:
        """Return the probability of fake ``(N,)`` for features ``(N, F)``."""
        return np.asarray(self.model.predict_proba(features)[:, 1], dtype=np.float64)


def extract_features(
    net: FaceClassifier, source: ViewSource, photographs: int, device: torch.device, batch_size: int = 32
) -> Features:
    """Return the concatenated features ``(N, F)`` of a network's branches.

    Args:
        net: The network, on ``device`` and in evaluation mode; its head is not used.
        source: Views of the photographs.
        photographs: How many there are.
        device: Where the network runs.
        batch_size: Photographs at a time.
    """

    def features(batch: Batch) -> Features:
        return net.features(to_tensors(batch, device)).float().cpu().numpy()

    def look(position: int) -> list[Seen]:
        return [{view: Viewed(pixels, np.eye(2, 3), None) for view, pixels in source[position].items()}]

    scored = score(features, range(photographs), look, batch_size)
    progress = tqdm(scored, "features", photographs, unit="image", disable=None, leave=False)
    return np.concatenate([one.readable().scores for one in progress])


def tune_classifier(
    name: ClassifierName, features: Features, records: Sequence[Record], seed: int = 0
) -> TunedClassifier:
    """Choose a classifier's parameters and fit it.

    Photographs of one source group stay in one fold; a photograph without a group is its own.

    Args:
        name: ``knn``, ``svm`` or ``logistic``.
        features: Of the training photographs, ``(N, F)``.
        records: The training photographs.
        seed: Seed of the folds.

    Raises:
        UserError: When a class has too few source groups for two folds.
    """
    label = np.array([record.label for record in records])
    groups = np.array([record.cluster for record in records])
    splitter = StratifiedGroupKFold(_count_folds(label, groups), shuffle=True, random_state=seed)
    folds = list(splitter.split(features, label, groups))
    smallest = min(len(train) for train, _ in folds)
    pca = PCA(min(COMPONENTS, smallest, features.shape[1]), random_state=seed)
    classifier, grid = _candidates(name, smallest, seed)
    pipeline = Pipeline([("scale", StandardScaler()), ("pca", pca), ("classify", classifier)])
    search = GridSearchCV(
        pipeline,
        {f"classify__{key}": values for key, values in grid.items()},
        scoring="roc_auc",
        cv=folds,
        refit=False,
        error_score="raise",
    ).fit(features, label)
    chosen = search.best_params_
    model = CalibratedClassifierCV(pipeline.set_params(**chosen), method="sigmoid", cv=folds, ensemble=False)
    return TunedClassifier(
        model=model.fit(features, label),
        parameters={key.removeprefix("classify__"): value for key, value in chosen.items()},
        auroc=float(search.best_score_),
    )


def _count_folds(label: NDArray[np.int64], groups: NDArray[np.str_]) -> int:
    sizes = [len(np.unique(groups[label == value])) for value in range(len(LABEL_NAMES))]
    if min(sizes) < 2:
        raise UserError(
            f"the training images hold {min(sizes)} source group of {LABEL_NAMES[int(np.argmin(sizes))]} images: "
            f"cross-validation needs 2 at least"
        )
    return min(FOLDS, *sizes)


def _candidates(name: ClassifierName, smallest: int, seed: int) -> tuple[Any, dict[str, list[Any]]]:
    """Return a classifier and the values to try for its parameters, when folds train on ``smallest`` photographs."""
    if name == "knn":
        neighbours = [number for number in (5, 11, 21, 41, 81) if number <= smallest]
        return KNeighborsClassifier(weights="distance"), {"n_neighbors": neighbours, "metric": ["euclidean", "cosine"]}
    if name == "svm":
        return SVC(random_state=seed), {"C": [0.1, 1.0, 10.0]}
    return LogisticRegression(max_iter=2000), {"C": [1e-4, 1e-3, 1e-2, 1e-1]}
