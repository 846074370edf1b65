"""Bringing the real data set from Kaggle, or saying how to do it by hand."""

import shutil
import tempfile
from pathlib import Path

from fakeface.data.data_folder import scan_folder
from fakeface.errors import UserError
from fakeface.folders import make_folder

DATASET = "ciplab/real-and-fake-face-detection"
URL = f"https://www.kaggle.com/datasets/{DATASET}"
PUBLISHED = (1081, 960)
"""Numbers of real and fake photographs in the published set."""

_API = "https://api.kaggle.com"
_TIMEOUT = 10.0
_FOLDER = "real_and_fake_face"


def download_dataset(out: Path) -> Path:
    """Bring the data set into ``out/real_and_fake_face`` with kagglehub.

    Returns:
        That folder, which holds ``training_real/`` and ``training_fake/``.

    Raises:
        UserError: When the folder exists already or the download fails; it says what to do by hand.
    """
    target = out / _FOLDER
    if target.exists():
        raise UserError(f"{target} exists already: train with --data.root {target}, or remove it to download it again")
    make_folder(out)
    source = find_root(_fetch(target), target)
    # A copy that is cut short must not look like a data set.
    with tempfile.TemporaryDirectory(prefix="download-", dir=out) as unfinished:
        for name in ("training_real", "training_fake"):
            shutil.copytree(source / name, Path(unfinished) / _FOLDER / name)
        scan_folder(Path(unfinished) / _FOLDER)
        (Path(unfinished) / _FOLDER).rename(target)
    return target


def find_root(download: Path, target: Path) -> Path:
    """Return the folder with ``training_real/`` and ``training_fake/`` inside a download.

    The archive of 2019 holds it twice, as ``real_and_fake_face`` and below ``real_and_fake_face_detection``; the one
    nearest to the top is taken.

    Raises:
        UserError: When there is none.
    """
    roots = [real.parent for real in download.rglob("training_real") if (real.parent / "training_fake").is_dir()]
    if not roots:
        raise UserError(_by_hand(f"the download in {download} holds no training_real/ beside a training_fake/", target))
    return min(roots, key=lambda root: (len(root.parts), root))


def _fetch(target: Path) -> Path:
    try:
        import kagglehub
        import requests
    except ImportError as error:
        reason = "kagglehub is not installed; `pip install 'fakeface[download]'` brings it"
        raise UserError(_by_hand(reason, target)) from error
    try:
        # kagglehub sets no time limit of its own and waits for minutes where a firewall swallows its packets.
        requests.head(_API, timeout=_TIMEOUT)
    except requests.RequestException as error:
        raise UserError(_by_hand(f"{_API} cannot be reached", target)) from error
    try:
        return Path(kagglehub.dataset_download(DATASET))
    except Exception as error:  # Its own, those of requests, of the archive and of the disk: all mean "by hand".
        lines = str(error).strip().splitlines() or [type(error).__name__]
        raise UserError(_by_hand(f"kagglehub failed: {lines[0]}", target)) from error


def _by_hand(reason: str, target: Path) -> str:
    return f"""{reason}. By hand:
  1. Sign in to Kaggle and download the archive from {URL}
  2. Unpack it: unzip archive.zip '{_FOLDER}/*' -d {target.parent}
     so that {target / "training_real"} and {target / "training_fake"} exist
  3. Train: fakeface fit --config fusion_type1 --data.root {target}
Or go on without it: fakeface data demo --out {target.parent / "demo"}"""
