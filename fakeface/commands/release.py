"""Write a network for release: one file with large weights in 8 bits, which ONNX Runtime runs and torch can read.

Of several checkpoints it makes an ensemble, whose score is the mean of their log odds; where some tell kinds of fakes,
fake is what either suspicion holds of, and the second opinion of a LinearProbe among them is added. Its threshold,
temperature and unsure band are chosen on predictions of networks that were trained the same way without these
photographs, or on photographs that none was trained on.
"""

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--ckpt_path", required=True, nargs="+", help="checkpoints, or best or last for the newest run's"
    )
    parser.add_argument(
        "--calibrate_on",
        type=Path,
        nargs="+",
        metavar="PREDICTIONS",
        help="predictions.csv of tested runs; by default a single checkpoint's own calibration, chosen on validation",
    )
    parser.add_argument(
        "--photographs",
        type=Path,
        metavar="MANIFEST",
        help="choose them on these photographs, of the split val where there are splits; for networks that tell kinds. "
        "What is unlike them is not judged, where they name two sources or more",
    )
    parser.add_argument("--out", type=Path, required=True, help="a file that ends in .onnx")


def run(arguments: argparse.Namespace) -> int:
    from fakeface.data.manifest import read_manifest
    from fakeface.inference.release import calibrate_on, write_release
    from fakeface.training.runs import find_checkpoint

    checkpoints = [find_checkpoint(name, Path("lightning_logs")) for name in arguments.ckpt_path]
    calibration = calibrate_on(arguments.calibrate_on) if arguments.calibrate_on else None
    records = [] if arguments.photographs is None else read_manifest(arguments.photographs)
    validation = [record for record in records if record.split == "val"] or records
    settings = write_release(checkpoints, arguments.out, calibration, validation)
    print(f"{arguments.out} ({arguments.out.stat().st_size / 1e6:.1f} MB)")
    if settings.farthest is None:
        print("It judges every face: what is unlike its training is told from photographs of two sources or more.")
    return 0
