"""Write a trained network for another runtime: ONNX, torch.export or OpenVINO.

The file holds the settings too: views, size, ELA parameters, temperature, threshold and unsure band. At the end the
exported network is compared with the original on photographs; when they differ by more than 1e-3 in log odds, nothing
is written. With --int8 the network is smaller and faster, and its scores are allowed to differ by 0.1 on average.
`fakeface predict --ckpt_path FILE.onnx` judges photographs with it, without PyTorch.
"""

import argparse
import tempfile
from itertools import islice
from pathlib import Path

from fakeface.commands.network_argument import add_detector
from fakeface.demo.data_set import write_demo
from fakeface.errors import UserError
from fakeface.inference.detector import RELEASE, Detector
from fakeface.inference.sources import check_sources, list_photographs

FORMATS = ("onnx", "torch_export", "openvino")
PHOTOGRAPHS = 16
"""How many photographs the networks are compared on."""

CALIBRATION = 128
"""How many photographs set the ranges of 8-bit integers."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_detector(parser)
    parser.add_argument("--format", choices=FORMATS, default="onnx", help="default: %(default)s")
    parser.add_argument("--out", type=Path, required=True, help="a file that ends in .onnx, .pt2 or .xml (OpenVINO)")
    parser.add_argument(
        "--source",
        nargs="+",
        metavar="PATH",
        help=f"photographs or folders: the networks are compared on {PHOTOGRAPHS} of them (default: drawn faces)",
    )
    parser.add_argument(
        "--int8",
        nargs="+",
        metavar="PATH",
        help=f"write an ONNX network in 8-bit integers, whose ranges are taken from the first {CALIBRATION} of these "
        "photographs or folders; they should be like the ones to be judged",
    )


def run(arguments: argparse.Namespace) -> int:
    from fakeface.inference.export import check_export, export_network
    from fakeface.inference.torch_network import TorchNetwork

    if arguments.int8 and arguments.format != "onnx":
        raise UserError(f"--int8 is for --format onnx, not {arguments.format}: leave one of them out")
    check_export(arguments.format, arguments.out)
    check_sources([*(arguments.source or []), *(arguments.int8 or [])])
    release = arguments.ckpt_path == RELEASE
    detector = Detector(TorchNetwork.from_release(), RELEASE) if release else Detector.load(arguments.ckpt_path)
    print(f"Exporting {detector.network.file}, which can take a minute")
    with tempfile.TemporaryDirectory() as folder:
        if arguments.source is None:
            write_demo(Path(folder) / "faces", images=PHOTOGRAPHS)
        listed = list_photographs(arguments.source or [folder])
        photographs = [photograph.path for photograph in islice(listed, PHOTOGRAPHS)]
        int8 = [photograph.path for photograph in islice(list_photographs(arguments.int8 or []), CALIBRATION)]
        difference = export_network(detector, arguments.format, arguments.out, photographs, int8)
    figure = f"{difference:.3f} in probability on average" if int8 else f"at most {difference:.1e} in log odds"
    print(f"{arguments.out}: differs by {figure} on {len(photographs)} photographs")
    return 0
