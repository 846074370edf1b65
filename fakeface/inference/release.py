"""Writing weights for release: what ``Detector.load`` needs of a network, small and without pickles."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.torch import save
from scipy.special import expit

from fakeface.data.records import Record
from fakeface.errors import UserError
from fakeface.evaluation.calibration import Calibration, calibrate
from fakeface.evaluation.predictions import Predictions, logits, read_predictions
from fakeface.folders import write_json
from fakeface.inference.network import Settings
from fakeface.inference.packed_weights import pack
from fakeface.training.checkpoints import load_checkpoint

WEIGHTS_FILE, CONFIG_FILE = "model.safetensors", "config.json"

ENSEMBLE = "fakeface.models.Ensemble"

_PREFIX = "net."


def write_release(checkpoint_paths: Sequence[Path], folder: Path, calibration: Calibration | None = None) -> list[Path]:
    """Write the network of a checkpoint, or the ensemble of several, as ``model.safetensors`` and ``config.json``.

    Args:
        checkpoint_paths: Checkpoints of ``fakeface fit``, which read their photographs in the same way.
        folder: Where to write; it is made.
        calibration: In place of the one that a single checkpoint carries.

    Returns:
        The two files.

    Raises:
        UserError: When a checkpoint is not fakeface's, they differ in what they read, there is no calibration, or one
            of the files exists.
    """
    checkpoints = {path: load_checkpoint(path) for path in checkpoint_paths}
    first = checkpoint_paths[0]
    if calibration is None:
        calibration = _carried_calibration(checkpoints)
    settings = _settings(checkpoints[first], calibration)
    for path, checkpoint in checkpoints.items():
        if _settings(checkpoint, calibration) != settings:
            raise UserError(f"{path} reads its photographs in another way than {first}: take those of one kind")
    nets = [checkpoint["hyper_parameters"]["net"] for checkpoint in checkpoints.values()]
    if len(nets) == 1:
        net, prefixes = nets[0], [""]
    else:
        net = {"class_path": ENSEMBLE, "init_args": {"members": nets}}
        prefixes = [f"members.{number}." for number in range(len(nets))]
    weights = {
        prefix + name.removeprefix(_PREFIX): tensor
        for prefix, checkpoint in zip(prefixes, checkpoints.values(), strict=True)
        for name, tensor in checkpoint["state_dict"].items()
        if name.startswith(_PREFIX)
    }
    config: dict[str, Any] = {"model": {"net": net}, **settings.to_dict()}
    weights_path, config_path = folder / WEIGHTS_FILE, folder / CONFIG_FILE
    for path in (weights_path, config_path):
        if path.exists():
            raise UserError(f"{path} exists already: delete it or choose another --out")
    folder.mkdir(parents=True, exist_ok=True)
    weights_path.write_bytes(save(pack(weights)))
    write_json(config_path, config)
    return [weights_path, config_path]


def calibrate_on(paths: Sequence[Path]) -> Calibration:
    """Calibrate on what networks said of photographs that they were not trained on.

    Args:
        paths: Tables of predictions, such as those of the folds of a cross-validation. Where several hold the same
            photograph, the mean of their log odds counts, as it does in an ensemble.

    Raises:
        UserError: When one cannot be read, or two do not agree on a label.
    """
    records: dict[Path, Record] = {}
    log_odds: dict[Path, list[float]] = {}
    for path in paths:
        table = read_predictions(path)
        for record, value in zip(table.records, logits(table.score).tolist(), strict=True):
            if records.setdefault(record.path, record).label != record.label:
                raise UserError(
                    f"{path} has another label for {record.path} than a table before it: correct one of them"
                )
            log_odds.setdefault(record.path, []).append(value)
    means = expit([np.mean(values) for values in log_odds.values()])
    return calibrate(Predictions.from_records(list(records.values()), means))


def _carried_calibration(checkpoints: Mapping[Path, dict[str, Any]]) -> Calibration:
    if len(checkpoints) > 1:
        raise UserError(
            "the calibrations of several checkpoints do not hold for their mean: name predictions with --calibrate_on"
        )
    ((path, checkpoint),) = checkpoints.items()
    if "calibration" not in checkpoint:
        raise UserError(
            f"{path} carries no calibration: train with fakeface.training.callbacks.ValidationCalibration, or "
            f"name predictions with --calibrate_on"
        )
    return Calibration.from_dict(checkpoint["calibration"])


def _settings(checkpoint: dict[str, Any], calibration: Calibration) -> Settings:
    return Settings.from_dict(checkpoint["datamodule_hyper_parameters"], calibration.to_dict())
