"""`fakeface report --model-card` from a run folder to a file."""

import json
import re
from pathlib import Path

import pytest
import yaml

from fakeface.cli import main
from tests.report.markdown import part, table_row
from tests.report.run_folders import ROBUSTNESS, draw_scores, make_records, write_json, write_run

RECORDS = make_records()


@pytest.fixture(scope="module")
def fusion(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The folder of a network with two branches, whose robustness was measured."""
    folder = tmp_path_factory.mktemp("lightning_logs") / "fusion_type1" / "version_0"
    branches = {"original": "mobilenetv2_100", "ela": "resnet50.tv_in1k"}
    write_run(folder, branches, RECORDS, draw_scores(RECORDS, 2, skill=1.5))
    write_json(folder / "robustness.json", ROBUSTNESS)
    return str(folder)


def test_a_model_card_of_one_run(fusion: str, tmp_path: Path) -> None:
    card = tmp_path / "cards" / "card.md"
    assert main(["report", fusion, "--model-card", str(card)]) == 0
    text = card.read_text(encoding="utf-8")
    assert text.startswith("# Model card: fusion_type1\n")
    assert table_row(part(text, "Data"), "real")[1:] == ["2", "0", "20"]
    assert table_row(part(text, "Protocol"), "tested epoch")[1] == "2"
    assert "research only" in part(text, "Data")
    assert "Chosen on the validation photographs: the epoch, temperature, threshold, unsure band." in text
    summary = json.loads((Path(fusion) / "metrics.json").read_text(encoding="utf-8"))
    chosen = summary["operating_points"]["chosen_threshold"]
    counts = chosen["counts"]
    failures = part(text, "Known failures")
    assert (
        f"- At the threshold 0.45 it calls {counts['fp']} of 20 real photographs fake and misses {counts['fn']}"
        in failures
    )
    assert "jpeg, quality 30 changes most verdicts: 30.0 %." in failures
    assert "never proof" in part(text, "What a verdict does not mean")


def test_a_card_does_not_promise_more_than_its_reals_tell(tmp_path: Path) -> None:
    """No false alarm among 20 reals: the rate may still be 16.8 %, by Clopper and Pearson 1 - 0.025^(1/20)."""
    scores = [0.9 if record.label else 0.1 for record in RECORDS]
    run = write_run(tmp_path / "run", None, RECORDS, scores, calibration=None, curves=None)
    assert main(["report", str(run), "--model-card", str(tmp_path / "card.md")]) == 0
    limits = part((tmp_path / "card.md").read_text(encoding="utf-8"), "What a verdict does not mean")
    highest = 1 - 0.025 ** (1 / 20)
    lowest = 0.01 * (1 - highest) / (0.01 * (1 - highest) + 0.99 * highest)  # as many fakes missed at the most
    assert f"Where 1 % are, between {100 * lowest:.1f} % and 100.0 % of the photographs called fake would be" in limits
    assert (
        f"0 of 20 reals were called fake, which fits rates of false alarms from 0.0 % to {100 * highest:.1f} %"
        in limits
    )


def test_a_card_names_the_weakest_subset(fusion: str, tmp_path: Path) -> None:
    subsets = json.loads((Path(fusion) / "metrics.json").read_text(encoding="utf-8"))["subsets"]
    weakest = min(figures["metrics"]["auroc"] for figures in subsets.values() if figures is not None)
    assert main(["report", fusion, "--model-card", str(tmp_path / "card.md")]) == 0
    text = (tmp_path / "card.md").read_text(encoding="utf-8")
    assert re.search(rf"It is weakest on: .*, AUROC {weakest:.3f} ", text)


def test_a_card_of_a_network_without_branches_names_its_backbone(tmp_path: Path) -> None:
    run = write_run(tmp_path / "best" / "version_0", {}, RECORDS, draw_scores(RECORDS, 1))
    config = yaml.safe_load((run / "config.yaml").read_text(encoding="utf-8"))
    config["model"]["net"] = {
        "class_path": "fakeface.models.SpliceNet",
        "init_args": {"backbone": "efficientnet_lite0"},
    }
    # Every configuration that `fakeface fit` writes holds these, whether any pseudo-fake was made or not.
    config["data"]["pseudo_fakes"] = {"per_real": 4, "first": 0.75, "last": 0.2}
    (run / "config.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    assert main(["report", str(run), "--model-card", str(tmp_path / "card.md")]) == 0
    text = (tmp_path / "card.md").read_text(encoding="utf-8")
    assert "(SpliceNet on efficientnet_lite0)" in text
    assert table_row(part(text, "Protocol"), "pseudo-fakes")[1] == "none"
    config["data"]["augmentation"] = "forensic"
    (run / "config.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    assert main(["report", str(run), "--model-card", str(tmp_path / "forensic.md")]) == 0
    protocol = part((tmp_path / "forensic.md").read_text(encoding="utf-8"), "Protocol")
    assert table_row(protocol, "pseudo-fakes")[1] == "made of real training photographs"
