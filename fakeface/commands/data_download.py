"""Bring the data set Real and Fake Face Detection (CIPLAB, Yonsei University) from Kaggle with kagglehub."""

import argparse
from pathlib import Path

from fakeface.data.data_folder import scan_folder
from fakeface.data.download import DATASET, PUBLISHED, download_dataset
from fakeface.data.records import FAKE, REAL


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", type=Path, default=Path("data"), help="folder to put it in (default: %(default)s)")


def run(arguments: argparse.Namespace) -> int:
    print(f"downloading {DATASET} from Kaggle", flush=True)
    root = download_dataset(arguments.out)
    labels = [record.label for record in scan_folder(root)]
    print(f"{root}: {labels.count(REAL)} real and {labels.count(FAKE)} fake photographs", end=" ")
    print("(published: {} and {})".format(*PUBLISHED))
    print("its licence has not been checked: research use only, and never publish a photograph of it")
    print(f"train on them: fakeface fit --config fusion_type1 --data.root {root}")
    return 0
