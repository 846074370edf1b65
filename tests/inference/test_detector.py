import pickle
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import skimage.data
import torch
from numpy.typing import NDArray
from scipy.special import expit, logit

from fakeface import Detector, Verdict
from fakeface.data.images import read_image
from fakeface.data.records import REGIONS
from fakeface.errors import UserError
from fakeface.evaluation.calibration import Calibration
from fakeface.inference.network import find_release
from fakeface.views.view import ViewParameters, compute_views
from tests.networks import CALIBRATION, ELA, SIZE, build_network, write_checkpoint


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("run") / "checkpoints" / "best.ckpt"
    write_checkpoint(path, region_head=True)
    return path


@pytest.fixture
def photographs(demo_root: Path) -> list[Path]:
    return sorted(demo_root.glob("training_*/*.jpg"))[::12]


def scores_by_hand(photographs: list[Path]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Score photographs one at a time, with the network of ``checkpoint`` and no code of the detector."""
    net = build_network({"original": "test_efficientnet", "ela": "test_resnet"}, region_head=True)
    fake, regions = [], []
    for path in photographs:
        views = compute_views(read_image(path), ["original", "ela"], ViewParameters(SIZE, ELA))
        with torch.no_grad():
            output = net({view: torch.from_numpy(pixels).permute(2, 0, 1)[None] for view, pixels in views.items()})
        fake.append(float(output.label[0, 1]) - float(output.label[0, 0]))
        regions.append(output.regions[0].tolist() if output.regions is not None else [])
    return expit(np.array(fake)), expit(np.array(regions))


def test_verdicts_are_those_of_the_network_and_its_calibration(checkpoint: Path, photographs: list[Path]) -> None:
    scores, regions = scores_by_hand(photographs)
    verdicts = Detector.load(checkpoint).predict(photographs)
    assert [verdict.path for verdict in verdicts] == photographs
    assert [verdict.probability for verdict in verdicts] == pytest.approx(expit(logit(scores) / 2.0), abs=1e-5)
    for verdict, expected in zip(verdicts, regions, strict=True):
        assert verdict.regions is not None
        assert list(verdict.regions) == list(REGIONS)
        assert list(verdict.regions.values()) == pytest.approx(expected, abs=1e-5)
        assert verdict.error is None


@pytest.mark.parametrize(("shift", "expected"), [(-0.2, "fake"), (-0.01, "unsure"), (0.01, "unsure"), (0.2, "real")])
def test_threshold_and_unsure_band_come_from_the_checkpoint(
    tmp_path: Path, photographs: list[Path], shift: float, expected: str
) -> None:
    score = float(scores_by_hand(photographs[:1])[0][0])
    calibration = band(score + shift, 0.1)
    write_checkpoint(tmp_path / "a.ckpt", calibration=calibration, region_head=True)
    (verdict,) = Detector.load(tmp_path / "a.ckpt").predict(photographs[:1])
    assert verdict.verdict == expected


def band(threshold: float, width: float) -> Calibration:
    return replace(CALIBRATION, threshold=threshold, unsure_low=threshold - width, unsure_high=threshold + width)


def test_without_calibration_the_scores_are_the_probabilities(tmp_path: Path, photographs: list[Path]) -> None:
    write_checkpoint(tmp_path / "a.ckpt", calibration=None, region_head=True)
    scores, _ = scores_by_hand(photographs)
    verdicts = Detector.load(tmp_path / "a.ckpt").predict(photographs)
    assert [verdict.probability for verdict in verdicts] == pytest.approx(scores, abs=1e-5)
    assert [verdict.verdict for verdict in verdicts] == ["fake" if score > 0.5 else "real" for score in scores]


def test_pixels_are_judged_like_their_file_and_strings_like_paths(checkpoint: Path, photographs: list[Path]) -> None:
    detector = Detector.load(checkpoint)
    path = photographs[0]
    from_path, from_text, from_pixels = detector.predict([path, str(path), read_image(path)])
    assert from_path == from_text
    assert from_pixels.path is None
    assert from_pixels.probability == from_path.probability


@pytest.mark.parametrize(
    "pixels",
    [np.zeros((8, 8, 3)), np.zeros((8, 8), np.uint8), np.zeros((3, 8, 8), np.uint8), np.zeros((0, 8, 3), np.uint8)],
)
def test_pixels_of_another_kind_are_refused(checkpoint: Path, pixels: NDArray[np.uint8]) -> None:
    with pytest.raises(UserError, match="pass RGB as uint8"):
        Detector.load(checkpoint).predict([pixels])


def test_unreadable_file_gets_an_error_and_the_others_their_verdicts(
    tmp_path: Path, checkpoint: Path, photographs: list[Path]
) -> None:
    broken = tmp_path / "broken.jpg"
    broken.write_text("no image")
    detector = Detector.load(checkpoint)
    first, second = photographs[:2]
    verdicts = detector.predict([broken, first, tmp_path / "missing.jpg", second, broken])
    assert [verdict.error for verdict in verdicts if verdict.path in photographs] == [None, None]
    assert verdicts[1].probability == pytest.approx(detector.predict([first])[0].probability, abs=1e-6)
    for verdict, path, reason in [
        (verdicts[0], broken, "not a readable image"),
        (verdicts[2], tmp_path / "missing.jpg", "no such file or directory"),
        (verdicts[4], broken, "not a readable image"),
    ]:
        assert verdict == Verdict(path, None, None, None, verdict.error)
        assert reason in (verdict.error or "")


def test_stream_takes_few_photographs_ahead_and_keeps_their_order(checkpoint: Path, photographs: list[Path]) -> None:
    taken = 0

    def endless() -> Iterator[Path]:
        nonlocal taken
        while True:
            taken += 1
            yield photographs[taken % len(photographs)]

    stream = Detector.load(checkpoint).stream(endless(), batch_size=2)
    verdicts = [next(stream) for _ in range(6)]
    assert [verdict.path for verdict in verdicts] == [photographs[n % len(photographs)] for n in range(1, 7)]
    assert taken < 200


def test_nothing_gives_nothing(checkpoint: Path) -> None:
    assert Detector.load(checkpoint).predict([]) == []


def test_map_batches_callable_adds_columns_to_paths(tmp_path: Path, checkpoint: Path, photographs: list[Path]) -> None:
    detector = Detector.load(checkpoint)
    paths = np.array([str(photographs[0]), str(tmp_path / "missing.jpg")])
    columns = detector({"path": paths, "id": np.array([7, 8])})
    good, bad = detector.predict(list(paths))
    assert list(columns) == [
        *("path", "id", "verdict", "probability", "suspected_kind", "reason"),
        *REGIONS,
        "error",
    ]
    assert columns["reason"].tolist() == [good.reason or "", ""]
    assert columns["id"].tolist() == [7, 8]
    assert columns["verdict"].tolist() == [good.verdict, ""]
    assert columns["probability"][0] == good.probability
    assert np.isnan(columns["probability"][1])
    assert good.regions is not None
    assert columns["nose"][0] == good.regions["nose"]
    assert np.isnan(columns["nose"][1])
    assert columns["error"].tolist() == ["", bad.error]


def test_map_batches_callable_takes_pixels(checkpoint: Path, photographs: list[Path]) -> None:
    detector = Detector.load(checkpoint)
    images = np.stack([read_image(path) for path in photographs])
    columns = detector({"image": images})
    assert "image" not in columns
    assert columns["probability"].tolist() == [verdict.probability for verdict in detector.predict(photographs)]


def test_map_batches_callable_says_which_columns_it_needs(checkpoint: Path) -> None:
    with pytest.raises(UserError, match=r"has the columns \['pixels'\]"):
        Detector.load(checkpoint)({"pixels": np.zeros(1)})


def test_detector_can_be_sent_to_other_processes(checkpoint: Path, photographs: list[Path]) -> None:
    detector = Detector.load(checkpoint)
    data = pickle.dumps(detector)
    assert len(data) < 1000
    assert pickle.loads(data).predict(photographs) == detector.predict(photographs)


def test_what_was_sent_is_the_network_that_was_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, photographs: list[Path]
) -> None:
    monkeypatch.chdir(tmp_path)
    run = Path("lightning_logs/mobilenet/version_0")
    write_checkpoint(run / "checkpoints" / "best.ckpt")
    sent = []
    for source in ("best", run, run / "checkpoints" / "best.ckpt"):
        detector = Detector.load(source)
        sent.append((pickle.dumps(detector), detector.predict(photographs)))
    write_checkpoint(Path("lightning_logs/mobilenet/version_1/checkpoints/best.ckpt"), seed=1)
    assert Detector.load("best").predict(photographs) != sent[0][1]
    monkeypatch.chdir("/")
    for data, verdicts in sent:
        assert pickle.loads(data).predict(photographs) == verdicts
    # An epoch later, and as late as after the loading, another network has taken the file's place.
    write_checkpoint(tmp_path / run / "checkpoints" / "best.ckpt", seed=2)
    for data in [sent[0][0], pickle.dumps(detector)]:
        with pytest.raises(UserError, match=r"best\.ckpt is no longer what this detector was loaded from"):
            pickle.loads(data)


def test_run_folder_means_its_best_checkpoint(checkpoint: Path, photographs: list[Path]) -> None:
    write_checkpoint(checkpoint.with_name("last.ckpt"), seed=1)
    run = checkpoint.parent.parent
    assert Detector.load(run).predict(photographs) == Detector.load(str(checkpoint)).predict(photographs)


def test_best_and_last_mean_the_newest_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, photographs: list[Path]
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = Path("lightning_logs/mobilenet/version_0/checkpoints")
    for seed, name in enumerate(["best", "last"]):
        write_checkpoint(folder / f"{name}.ckpt", seed=seed)
        expected = Detector.load(folder / f"{name}.ckpt").predict(photographs)
        assert Detector.load(name).predict(photographs) == expected


def test_absent_release_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="this installation has no released network"):
        find_release(tmp_path / "release.onnx")


def test_what_is_no_detector_is_refused(tmp_path: Path) -> None:
    damaged, foreign = tmp_path / "damaged.ckpt", tmp_path / "foreign.ckpt"
    damaged.write_bytes(b"no checkpoint")
    torch.save({"state_dict": {}}, foreign)
    for source, sentence in [
        (damaged, "is not a checkpoint, or was cut off"),
        (foreign, "carries no configuration"),
        (tmp_path / "missing.ckpt", "does not exist"),
        (tmp_path, r"has no checkpoints/best\.ckpt"),
    ]:
        with pytest.raises(UserError, match=sentence):
            Detector.load(source)


def test_weights_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.ckpt"
    write_checkpoint(path, {"original": "test_resnet"})
    stored = torch.load(path, weights_only=True)
    stored["hyper_parameters"]["net"]["init_args"]["branches"] = {"ela": "test_resnet"}
    torch.save(stored, path)
    with pytest.raises(UserError, match="cannot be rebuilt"):
        Detector.load(path)


class Bomb:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return Path.touch, (Path("exploded"),)  # type: ignore[return-value]


def test_code_in_a_checkpoint_is_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    torch.save({"hyper_parameters": {"net": Bomb()}}, "bomb.ckpt")
    with pytest.raises(UserError, match="objects that could run code"):
        Detector.load("bomb.ckpt")
    assert not Path("exploded").exists()


def test_package_stays_light_and_the_detector_needs_no_lightning(checkpoint: Path, photographs: list[Path]) -> None:
    code = (
        "import sys; import fakeface; assert not {'cv2', 'torch', 'numpy'} & set(sys.modules);"
        "from fakeface import Detector; assert 'torch' not in sys.modules;"
        "Detector.load(sys.argv[1]).predict(sys.argv[2:]); assert 'lightning.pytorch.cli' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code, str(checkpoint), *map(str, photographs)], check=True)


def test_unknown_attribute_of_the_package() -> None:
    import fakeface

    with pytest.raises(AttributeError, match="no attribute 'detect'"):
        fakeface.detect  # noqa: B018


def test_networks_of_whole_photographs_say_how_many_faces_there_are(checkpoint: Path) -> None:
    portrait = skimage.data.astronaut()
    pair = np.hstack([portrait, portrait[:, ::-1]])
    verdicts = Detector.load(checkpoint).predict([skimage.data.coffee(), portrait, pair])
    assert [verdict.face_count for verdict in verdicts] == [0, 1, 2]
    assert [verdict.reason == "no face" for verdict in verdicts] == [True, False, False]
    for verdict in verdicts:
        assert verdict.verdict in ("real", "fake", "unsure")
        assert verdict.probability is not None
        assert verdict.faces is None
