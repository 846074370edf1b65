"""Writing a network for release: one file that ONNX Runtime runs, small, from which torch can be filled again."""

import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from fakeface.data.records import Record
from fakeface.errors import UserError
from fakeface.evaluation.calibration import Calibration, calibrate
from fakeface.evaluation.predictions import Predictions, logits, probabilities, read_predictions
from fakeface.folders import make_folder
from fakeface.inference.detector import Detector
from fakeface.inference.distances import measure_distances
from fakeface.inference.export import LARGEST_DIFFERENCE, check_export, metadata, write_onnx
from fakeface.inference.network import METADATA_KEY, UNCALIBRATED, Settings
from fakeface.inference.onnx_network import OnnxNetwork
from fakeface.inference.torch_network import TorchNetwork, build_network, net_weights
from fakeface.training.checkpoints import load_checkpoint

ENSEMBLE, KIND_ENSEMBLE = "fakeface.models.Ensemble", "fakeface.models.KindEnsemble"
PROBE = "LinearProbe"


def write_release(
    checkpoint_paths: Sequence[Path],
    out: Path,
    calibration: Calibration | None = None,
    photographs: Sequence[Record] = (),
) -> Settings:
    """Write the network of a checkpoint, or the ensemble of several: by their mean, or by kinds where one tells them.

    Args:
        checkpoint_paths: Checkpoints of ``fakeface fit``, which read their photographs in the same way.
        out: The file to write, which ends in ``.onnx``.
        calibration: In place of the one that a single checkpoint carries.
        photographs: To calibrate on in place of both; none of the networks was trained on them. Where they are of
            several sources, the network says how far a face lies from them; see ``measure_distances``.

    Returns:
        What the file says of its use.

    Raises:
        UserError: When a checkpoint is not fakeface's, they differ in what they read, there is no calibration, or the
            file cannot be written; see ``write_network``.
    """
    check_export("onnx", out)
    checkpoints = {path: load_checkpoint(path) for path in checkpoint_paths}
    first = checkpoint_paths[0]
    net, prefixes = _fused(checkpoints) if len(checkpoints) > 1 else (_net(checkpoints[first]), {first: ""})
    if net["class_path"] == KIND_ENSEMBLE and not photographs:
        raise UserError(
            "networks that tell kinds are not fused by their mean, so tables of predictions cannot calibrate them: "
            "name photographs that none was trained on with --photographs MANIFEST"
        )
    if photographs:
        calibration = UNCALIBRATED
    if calibration is None:
        calibration = _carried_calibration(checkpoints)
    settings = _settings(checkpoints[first], calibration)
    for path, checkpoint in checkpoints.items():
        if _settings(checkpoint, calibration) != settings:
            raise UserError(f"{path} reads its photographs in another way than {first}: take those of one kind")
    weights = {
        prefixes[path] + name: tensor
        for path, checkpoint in checkpoints.items()
        for name, tensor in net_weights(checkpoint).items()
    }
    network = TorchNetwork(build_network(net, weights, first), settings, first)
    if photographs:
        predictions = _predict(network, photographs)
        if net["class_path"] == KIND_ENSEMBLE:
            # Moved so that a half lies where the threshold would, and probabilities mean what they say there.
            shift = -float(logits(np.array([calibrate(predictions).threshold]))[0])
            net["init_args"]["shift"] = shift
            moved = probabilities(logits(predictions.score) + shift)
            predictions = Predictions.from_records(predictions.records, moved)
        settings = replace(settings, calibration=calibrate(predictions))
        network = TorchNetwork(build_network(net, weights, first), settings, first)
        network.settings = measure_distances(network, photographs)
    write_network(network, out)
    return network.settings


def _net(checkpoint: Mapping[str, Any]) -> dict[str, Any]:
    net: dict[str, Any] = checkpoint["hyper_parameters"]["net"]
    return net


def _fused(checkpoints: Mapping[Path, dict[str, Any]]) -> tuple[dict[str, Any], dict[Path, str]]:
    """Return the ensemble of several networks, and what the names of each one's weights begin with in it.

    Raises:
        UserError: When there is a probe too many, or one without networks of kinds, or a calibration is missing.
    """
    probes = [path for path, checkpoint in checkpoints.items() if _net(checkpoint)["class_path"].endswith(f".{PROBE}")]
    members = [path for path in checkpoints if path not in probes]
    arguments: dict[str, Any] = {"members": [_net(checkpoints[path]) for path in members]}
    prefixes = {path: f"members.{number}." for number, path in enumerate(members)}
    kinds = any(net["init_args"].get("kinds") for net in arguments["members"])
    if probes and (len(probes) > 1 or not kinds):
        raise UserError(
            f"{probes[-1]} holds a {PROBE}, a second opinion for networks that tell kinds: "
            f"name one of those beside it, and no other {PROBE}"
        )
    if not kinds:
        return {"class_path": ENSEMBLE, "init_args": arguments}, prefixes
    ordered = [*members, *probes]
    arguments["temperatures"] = [_carried_calibration({path: checkpoints[path]}).temperature for path in ordered]
    if probes:
        arguments["probe"] = _net(checkpoints[probes[0]])
        prefixes[probes[0]] = "probe."
    return {"class_path": KIND_ENSEMBLE, "init_args": arguments}, prefixes


def _predict(network: TorchNetwork, photographs: Sequence[Record]) -> Predictions:
    """Score photographs; those without a face, where the network judges faces, are left out."""
    verdicts = Detector(network, network.file).stream([record.path for record in photographs])
    scored = [
        (record, verdict.probability)
        for record, verdict in zip(
            photographs, tqdm(verdicts, "Calibrating", len(photographs), leave=False), strict=True
        )
        if verdict.probability is not None
    ]
    return Predictions.from_records([record for record, _ in scored], [score for _, score in scored])


def write_network(network: TorchNetwork, out: Path) -> None:
    """Write a network in ONNX with its large weights in 8 bits, and compare what torch and ONNX Runtime read from it.

    Raises:
        UserError: When the exporter changed a weight, or the two differ; then nothing is written.
    """
    import onnx

    from fakeface.inference.packed_weights import pack

    make_folder(out.parent)
    weights = {name: tensor.numpy() for name, tensor in network.net.state_dict().items() if tensor.is_floating_point()}
    with tempfile.TemporaryDirectory(dir=out.parent) as folder:
        file = Path(folder) / out.name
        write_onnx(network, file, keep_weights=True)
        model = onnx.load(file)
        names = pack(model, weights)
        onnx.helper.set_model_props(model, {METADATA_KEY: json.dumps({**metadata(network), "weights": names})})
        onnx.save(model, file)
        size = network.settings.parameters.size
        noise = np.random.default_rng(0).integers(0, 256, (2, size, size, 3), dtype=np.uint8)
        views = dict.fromkeys(network.net.views, noise)
        in_torch, in_onnx = (
            logits(np.array([face.fake for face in run(views)]))
            for run in (TorchNetwork.from_release(file), OnnxNetwork(file))
        )
        difference = float(np.abs(in_torch - in_onnx).max())
        if difference > LARGEST_DIFFERENCE:
            raise UserError(f"torch and ONNX Runtime differ by {difference:.2g} in log odds: nothing was written")
        file.replace(out)


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
    means = probabilities([np.mean(values) for values in log_odds.values()])
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
