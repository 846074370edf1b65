"""``fakeface predict`` against the bare work it stands for, and the exported network against PyTorch."""

import contextlib
import io
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from fakeface.cli import main
from fakeface.data.images import read_image
from fakeface.data.records import read_records
from fakeface.data.threads import map_in_order
from fakeface.inference.detector import RELEASE, Detector
from fakeface.inference.network import Network
from fakeface.inference.scoring import BATCH_SIZE, stack
from tests.benchmark.table import print_rows, take_turns

IMAGES, ROUNDS = 192, 3
FORWARD_IMAGES = 16


def inference(root: Path, rounds: int = ROUNDS) -> None:
    """Measure the released network: the command, its parts by themselves, and the network in two runtimes."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        exported = folder / "release.onnx"
        quietly(["export", "--ckpt_path", RELEASE, "--out", str(exported)])
        detectors = {"PyTorch": Detector.load(RELEASE), "ONNX Runtime": Detector.load(exported)}
        records = read_records(root)
        paths = [record.path for record in records[:: max(1, len(records) // IMAGES)]]
        (folder / "list.txt").write_text("\n".join(str(path.resolve()) for path in paths), encoding="utf-8")

        def predict(network: str | Path) -> Callable[[], int]:
            def run() -> int:
                out = folder / "scores.csv"
                quietly(["predict", "--ckpt_path", str(network), "--source", f"{folder}/list.txt", "--out", str(out)])
                out.unlink()
                return len(paths)

            return run

        contenders = {
            "fakeface predict": predict(RELEASE),
            "decode plus forward": lambda: bare_predictions(detectors["PyTorch"], paths),
            "predict, ONNX Runtime": predict(exported),
        }
        print_rows("release, 256 px", take_turns(contenders, rounds))
        for batch in (1, 8):
            forwards = {
                "ONNX Runtime": forward(detectors["ONNX Runtime"].network, batch),
                "PyTorch, eager": forward(detectors["PyTorch"].network, batch),
            }
            print_rows(f"network, batch {batch}", take_turns(forwards, 3 * rounds))


def quietly(command: list[str]) -> None:
    """Run a command of fakeface in this process without its output."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        assert main(command) == 0


def bare_predictions(detector: Detector, paths: list[Path]) -> int:
    """Do what a prediction cannot do without, one after the other: views on all cores, then the network on all."""
    seen = list(map_in_order(lambda path: detector.look(read_image(path)), paths))
    for start in range(0, len(paths), BATCH_SIZE):
        detector.network(stack(seen[start : start + BATCH_SIZE]))
    return len(paths)


def forward(network: Network, batch: int) -> Callable[[], int]:
    """Return what scores some batches of noise."""
    size = network.settings.parameters.size
    noise = np.random.default_rng(0).integers(0, 256, (batch, size, size, 3), dtype=np.uint8)
    views = dict.fromkeys(network.settings.views, noise)

    def run() -> int:
        for _ in range(FORWARD_IMAGES // batch):
            network(views)
        return FORWARD_IMAGES

    run()
    return run
