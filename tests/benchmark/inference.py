"""``fakeface predict`` with the release against the same weights in PyTorch, and against the bare work behind it."""

import contextlib
import io
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import skimage.data
import torch
from PIL import Image

from fakeface.cli import main
from fakeface.data.images import read_image
from fakeface.data.threads import map_in_order
from fakeface.inference.detector import RELEASE, Detector
from fakeface.inference.network import Network
from fakeface.inference.scoring import BATCH_SIZE, stack
from fakeface.inference.torch_network import TorchNetwork
from fakeface.training.checkpoints import as_configuration
from tests.benchmark.table import print_rows, take_turns

IMAGES, SIDE, ROUNDS = 192, 496, 3
FORWARD_IMAGES = 16
_MEASURED = """
import sys
from pathlib import Path
from fakeface.cli import main
code = main(sys.argv[1:])
print(next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM:")))
sys.exit(code)
"""
"""What a process says of itself: what the kernel tells the one that started it includes the memory of the latter."""

RELEASED, IN_TORCH = "fakeface predict", "the same in PyTorch"


def inference(root: Path, rounds: int = ROUNDS) -> None:
    """Measure the released network: one photograph in a new process, many in this one, and the network alone.

    Drawn faces would not do: where no face is found, the search for one takes longer than all else.
    """
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        checkpoint = folder / "release.ckpt"
        write_checkpoint(TorchNetwork.from_release(), checkpoint)
        paths = write_portraits(folder / "portraits")
        memory: dict[str, float] = {}
        cold = {
            name: in_new_process(["predict", "--ckpt_path", str(network), str(paths[0])], name, memory)
            for name, network in ((RELEASED, RELEASE), (IN_TORCH, checkpoint))
        }
        print_rows("one photograph, cold", take_turns(cold, 3 * rounds), memory)

        (folder / "list.txt").write_text("\n".join(str(path.resolve()) for path in paths), encoding="utf-8")
        detectors = {RELEASE: Detector.load(RELEASE), IN_TORCH: Detector.load(checkpoint)}

        def predict(network: str | Path) -> Callable[[], int]:
            def run() -> int:
                out = folder / "scores.csv"
                quietly(["predict", "--ckpt_path", str(network), "--source", f"{folder}/list.txt", "--out", str(out)])
                out.unlink()
                return len(paths)

            return run

        contenders = {
            RELEASED: predict(RELEASE),
            "decode plus forward": lambda: bare_predictions(detectors[RELEASE], paths),
            IN_TORCH: predict(checkpoint),
        }
        print_rows("release, 256 px", take_turns(contenders, rounds))
        for batch in (1, 8):
            forwards = {
                "ONNX Runtime": forward(detectors[RELEASE].network, batch),
                "PyTorch, eager": forward(detectors[IN_TORCH].network, batch),
            }
            print_rows(f"network, batch {batch}", take_turns(forwards, 3 * rounds))


def write_portraits(folder: Path) -> list[Path]:
    """Write a portrait in the public domain, a little shifted each time."""
    folder.mkdir()
    portrait, paths = skimage.data.astronaut(), []
    for number in range(IMAGES):
        top, left = divmod(number, 16)
        paths.append(folder / f"{number}.jpg")
        Image.fromarray(portrait[top : top + SIDE, left : left + SIDE]).save(paths[-1], quality=95)
    return paths


def write_checkpoint(network: TorchNetwork, path: Path) -> None:
    """Write a network as ``fakeface fit`` leaves it."""
    stored = network.settings.to_dict()
    torch.save(
        {
            "state_dict": {f"net.{name}": tensor for name, tensor in network.net.state_dict().items()},
            "hyper_parameters": {"net": as_configuration(network.net)},
            "datamodule_hyper_parameters": stored["data"],
            "calibration": stored["calibration"],
        },
        path,
    )


def in_new_process(command: list[str], name: str, memory: dict[str, float]) -> Callable[[], int]:
    """Return what runs a command of fakeface in a process of its own, and notes the most memory it had, in MiB."""

    def run() -> int:
        done = subprocess.run([sys.executable, "-c", _MEASURED, *command], capture_output=True, text=True, check=True)
        memory[name] = max(memory.get(name, 0.0), float(done.stdout.split()[-2]) / 1024)
        return 1

    return run


def quietly(command: list[str]) -> None:
    """Run a command of fakeface in this process without its output."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        assert main(command) == 0


def bare_predictions(detector: Detector, paths: list[Path]) -> int:
    """Do what a prediction cannot do without, one after the other: views on all cores, then the network on all."""
    seen = [
        face
        for looked in map_in_order(lambda path: detector.look_at_faces(read_image(path)), paths)
        for face in looked.seen
    ]
    for start in range(0, len(seen), BATCH_SIZE):
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
