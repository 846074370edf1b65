"""Trained networks as files for other runtimes, with all that their use needs inside.

The input is one tensor per view, uint8 ``(B, 3, size, size)``; normalisation is part of the network. The outputs are
``fake_logit`` ``(B,)`` and, where the network has them, ``region_logits`` ``(B, 4)``, ``kind_logits`` ``(B, 3)``,
``map_logits`` ``(B, H, W)`` and ``distance`` ``(B, 1)``.
The metadata, a JSON text under the key ``fakeface``, say which views, at which size, with which parameters of
``fakeface.views.ela``, how a score becomes a verdict, and how the network is made.
"""

import importlib.util
import json
import sys
import tempfile
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from fakeface import __version__
from fakeface.data.images import read_image
from fakeface.data.records import LABEL_NAMES, REGIONS
from fakeface.errors import UserError
from fakeface.evaluation.predictions import logits
from fakeface.folders import make_folder
from fakeface.inference.detector import Detector
from fakeface.inference.network import METADATA_KEY, FaceScore, face_scores
from fakeface.inference.onnx_network import DISTANCE, FAKE_LOGIT, KIND_LOGITS, MAP_LOGITS, REGION_LOGITS, OnnxNetwork
from fakeface.inference.scoring import Batch, Seen, score, stack
from fakeface.inference.torch_network import TorchNetwork
from fakeface.models import KINDS, FaceNetwork
from fakeface.training.checkpoints import as_configuration

LARGEST_DIFFERENCE = 1e-3
"""Log odds that the exported network may differ by from the original."""

LARGEST_INT8_DIFFERENCE = 0.1
"""Probability that a network in 8-bit integers may differ by on average; its single scores are allowed to."""

Runtime = Callable[[Batch], list[FaceScore]]


@dataclass(frozen=True, slots=True)
class _Format:
    ending: str
    packages: tuple[str, ...]
    write: Callable[[TorchNetwork, Path], None]
    load: Callable[[Path], Runtime]


def export_network(
    detector: Detector, format_name: str, out: Path, photographs: Sequence[Path], int8: Sequence[Path] = ()
) -> float:
    """Write a detector's network in one of ``FORMATS``, and compare both on photographs, one at a time and all at once.

    Args:
        detector: Whose network it is.
        format_name: OpenVINO puts the weights beside the file, in one that ends in ``.bin``.
        out: The file to write.
        photographs: What the two are compared on.
        int8: Photographs that set the ranges of a network in 8-bit integers, for ONNX; none for one in 32-bit numbers.

    Returns:
        The largest difference between their log odds, of fake and of regions; in 8-bit integers, the mean difference
            between their probabilities.

    Raises:
        UserError: When the network is an exported one already, a package is missing, the file exists or has another
            ending, or the difference is larger than ``LARGEST_DIFFERENCE`` or ``LARGEST_INT8_DIFFERENCE``; then nothing
            is written.
    """
    chosen = FORMATS[format_name]
    network = detector.network
    if not isinstance(network, TorchNetwork):
        raise UserError(f"{network.file} is an exported network already: pass its checkpoint")
    check_export(format_name, out)
    make_folder(out.parent)
    with tempfile.TemporaryDirectory(dir=out.parent) as folder:
        file = Path(folder) / out.name
        chosen.write(network, file)
        if int8:
            from fakeface.inference.quantisation import quantise

            views = stack([detector.look(read_image(path)) for path in int8])
            quantise(file, {name: pixels.transpose(0, 3, 1, 2) for name, pixels in views.items()})
        seen = [detector.look(read_image(path)) for path in photographs]
        expected, actual = (_probabilities(runtime, seen) for runtime in (network, chosen.load(file)))
        difference = float(np.abs(logits(expected) - logits(actual)).max())
        unit, mend = "in log odds", "try another --format"
        allowed = LARGEST_DIFFERENCE
        if int8:
            difference, unit = float(np.abs(expected - actual).mean()), "in probability on average"
            mend = "give --int8 more photographs like those to be judged, or leave it out"
            allowed = LARGEST_INT8_DIFFERENCE
        if difference > allowed:
            raise UserError(
                f"the exported network differs by {difference:.2g} {unit} from the original, more than {allowed}: "
                f"nothing was written; {mend}"
            )
        for written in Path(folder).iterdir():
            written.replace(out.with_name(written.name))
    return difference


def check_export(format_name: str, out: Path) -> None:
    """Check what is known before a network is loaded.

    Raises:
        UserError: When the file exists or has another ending than its format, or a package is missing.
    """
    chosen = FORMATS[format_name]
    if out.suffix != chosen.ending:
        raise UserError(f"{out} does not end in {chosen.ending}: rename it, or choose another --format")
    if out.exists():
        raise UserError(f"{out} exists already: delete it, or choose another --out")
    for package in chosen.packages:
        if importlib.util.find_spec(package) is None:
            extra = "openvino" if package == "openvino" else "export"
            raise UserError(f"--format {format_name} needs {package}: pip install 'fakeface[{extra}]'")


class _Exportable(nn.Module):
    """A network with tensors instead of dictionaries around it."""

    def __init__(self, net: FaceNetwork) -> None:
        super().__init__()
        self.net = net

    def forward(self, *views: Tensor) -> tuple[Tensor, ...]:
        output = self.net(dict(zip(self.net.views, views, strict=True)))
        outputs = (output.fake_logit, output.regions, output.kind_logits, output.map, output.distance)
        return tuple(tensor for tensor in outputs if tensor is not None)


def metadata(network: TorchNetwork) -> dict[str, Any]:
    """Return what a file holds beside the weights."""
    normalisation = {
        name: buffer.flatten().tolist()
        for name, buffer in network.net.named_buffers()
        if name.rpartition(".")[2] in {"mean", "std"}
    }
    return {
        "fakeface": __version__,
        **network.settings.to_dict(),
        "classes": LABEL_NAMES,
        "regions": REGIONS if network.has_regions else [],
        "normalisation_inside": normalisation,
        "net": as_configuration(network.net),
    }


def _trace(network: TorchNetwork) -> torch.export.ExportedProgram:
    size = network.settings.parameters.size
    # Two, because a batch of one would be taken for a constant.
    views = tuple(torch.zeros(2, 3, size, size, dtype=torch.uint8, device=network.device) for _ in network.net.views)
    batch = {0: torch.export.Dim.DYNAMIC}
    return torch.export.export(_Exportable(network.net), views, dynamic_shapes={"views": tuple(batch for _ in views)})


def write_onnx(network: TorchNetwork, file: Path, keep_weights: bool = False) -> None:
    """Write a network in ONNX; what the members of an ensemble share, such as frozen layers, is computed once.

    Args:
        network: The network.
        file: The file to write.
        keep_weights: Whether all weights stay as torch has them, which ONNX Runtime has more to do with at loading.
    """
    from onnx_ir.passes import common
    from onnxscript.optimizer import fold_constants

    traced = _trace(network)
    names = [_name(node.meta["val"].shape) for node in traced.graph.output_node().args[0]]
    program = torch.onnx.export(
        traced,
        dynamo=True,
        input_names=network.net.views,
        output_names=names,
        verbose=False,
        optimize=not keep_weights,
    )
    assert program is not None  # noqa: S101 (it is, without a file name)
    model = program.model
    if keep_weights:
        common.InlinePass()(model)
        fold_constants(model)
        common.RemoveUnusedNodesPass()(model)
        common.LiftConstantsToInitializersPass(lift_all_constants=True, size_limit=0)(model)
    common.DeduplicateInitializersPass(size_limit=sys.maxsize)(model)
    common.CommonSubexpressionEliminationPass()(model)
    common.ClearMetadataAndDocStringPass()(model)  # lines of code of the exporter, as large as a small network
    model.metadata_props[METADATA_KEY] = json.dumps(metadata(network))
    for output, name in zip(model.graph.outputs, names, strict=True):
        output.name = name
    program.save(file, external_data=False)


def _write_torch_export(network: TorchNetwork, file: Path) -> None:
    with warnings.catch_warnings():
        # It is about weights whose channels lie next to each other, and harmless: the comparison would show otherwise.
        warnings.filterwarnings("ignore", "No complete tensor found")
        torch.export.save(_trace(network), file, extra_files={METADATA_KEY: json.dumps(metadata(network))})


def _load_torch_export(file: Path) -> Runtime:
    module = torch.export.load(file).module()
    device = next(module.parameters()).device

    def run(views: Batch) -> list[FaceScore]:
        tensors = [torch.from_numpy(pixels.transpose(0, 3, 1, 2).copy()).to(device) for pixels in views.values()]
        with torch.inference_mode():
            return _scores([output.cpu().numpy() for output in module(*tensors)])

    return run


def _write_openvino(network: TorchNetwork, file: Path) -> None:
    import openvino

    onnx = file.with_suffix(".onnx")
    write_onnx(network, onnx)
    # Not convert_model, which reports its use over the network.
    model = openvino.Core().read_model(onnx)
    model.set_rt_info(json.dumps(metadata(network)), METADATA_KEY)
    openvino.save_model(model, file, compress_to_fp16=False)
    onnx.unlink()


def _load_openvino(file: Path) -> Runtime:
    import openvino

    # On processors with bfloat16, OpenVINO would use it unless told otherwise.
    compiled = openvino.Core().compile_model(file, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})

    def run(views: Batch) -> list[FaceScore]:
        results = compiled([np.ascontiguousarray(pixels.transpose(0, 3, 1, 2)) for pixels in views.values()])
        return _scores([results[output] for output in compiled.outputs])

    return run


def _name(shape: Sequence[Any]) -> str:
    """Return what an output of this shape is."""
    if len(shape) == 2:
        return {len(REGIONS): REGION_LOGITS, len(KINDS): KIND_LOGITS}.get(shape[1], DISTANCE)
    return FAKE_LOGIT if len(shape) == 1 else MAP_LOGITS


def _scores(outputs: Sequence[NDArray[np.float32]]) -> list[FaceScore]:
    found = {_name(output.shape): output for output in outputs}
    return face_scores(found[FAKE_LOGIT], *(found.get(name) for name in (REGION_LOGITS, KIND_LOGITS, DISTANCE)))


def _probabilities(runtime: Runtime, seen: Sequence[Seen]) -> NDArray[np.float64]:
    """Return the probabilities, of fake and of regions, of faces one at a time and all at once."""
    scored = [one for size in (1, len(seen)) for one in score(runtime, seen, lambda views: [views], size)]
    return np.array([[face.fake, *(face.regions or ())] for one in scored for face in one.scores])


FORMATS: Mapping[str, _Format] = {
    "onnx": _Format(".onnx", ("onnx", "onnxscript", "onnxruntime"), write_onnx, OnnxNetwork),
    "torch_export": _Format(".pt2", (), _write_torch_export, _load_torch_export),
    "openvino": _Format(".xml", ("openvino", "onnx", "onnxscript"), _write_openvino, _load_openvino),
}
"""What ``fakeface export`` writes."""
