"""`fakeface report` from run folders to files."""

import json
import math
import re
import subprocess
import sys
from pathlib import Path

import pytest

from fakeface import __version__
from fakeface.cli import main
from fakeface.data.records import Record
from tests.report.markdown import cells, part, table_row
from tests.report.run_folders import ROBUSTNESS, draw_scores, make_records, write_json, write_run

pytestmark = pytest.mark.usefixtures("no_pictures")

RECORDS = make_records()
EXPERIMENTS = {
    "mobilenet_original": {"original": "mobilenetv2_100"},
    "resnet50_ela": {"ela": "resnet50.tv_in1k"},
    "fusion_type1": {"original": "mobilenetv2_100", "ela": "resnet50.tv_in1k"},
}


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Three trained networks and a baseline, tested on the same photographs."""
    root = tmp_path_factory.mktemp("lightning_logs")
    folders = [
        write_run(root / name / "version_0", branches, RECORDS, draw_scores(RECORDS, seed, skill=0.5 + seed / 2))
        for seed, (name, branches) in enumerate(EXPERIMENTS.items())
    ]
    write_json(folders[2] / "robustness.json", ROBUSTNESS)
    measured = {"share": 0.25, "chance": 0.125, "gain_low": 0.0625, "gain_high": 0.1875}
    measured |= {"usual": 0.5, "specific_low": -0.375, "specific_high": -0.125}
    blank = dict.fromkeys(measured)
    rows = [
        {"view": "ela", "difficulty": "easy", "photographs": 0, "blank": 2, **blank},
        {"view": "ela", "difficulty": "all", "photographs": 9, "blank": 2, **measured},
    ]
    write_json(folders[2] / "localisation.json", {"rows": rows})
    baseline = write_run(
        root / "mobilenet_original_knn" / "version_0",
        EXPERIMENTS["mobilenet_original"],
        RECORDS,
        draw_scores(RECORDS, 9, skill=0.1),
        calibration=None,
        curves=None,
    )
    write_json(baseline / "classifier.json", {"classifier": "knn"})
    return [str(folder) for folder in [*folders, baseline]]


@pytest.fixture(scope="module")
def audit(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("audit")
    probe = {"name": "header rule", "accuracy": 0.647, "auroc": 0.625, "recall_without_false_positive": 0.25}
    write_json(folder / "audit.json", {"probes": [{**probe, "reason": ""}]})
    return str(folder)


@pytest.fixture(scope="module")
def report(runs: list[str], audit: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("out") / "report"
    assert main(["report", *runs, "--audit", audit, "--out", str(out)]) == 0
    return out


def outward(bounds: list[float]) -> tuple[float, float]:
    """Bounds as the report rounds them: to hundredths, away from the middle."""
    return math.floor(100 * bounds[0]) / 100, math.ceil(100 * bounds[1]) / 100


def test_the_paper_stands_beside_the_runs(report: Path, runs: list[str]) -> None:
    markdown = part((report / "report.md").read_text(encoding="utf-8"), "Beside the paper")
    paper = table_row(markdown, "MobileNet", "paper, fake is positive", "98.73 %", "63.99 %", "72.02 %")
    assert paper[5:] == ["0.66670", "0.64454", "0.65542", "0.70894", "–", "136 / 68 / 75 / 232"]
    own = table_row(markdown, "**MobileNet**", "**mobilenet_original**")
    metrics = json.loads((Path(runs[0]) / "metrics.json").read_text(encoding="utf-8"))
    low, high = outward(metrics["intervals"]["auroc"])
    assert own[2:4] == ["**70.0 %**", "**62.5 %**"]  # of epoch 1, the second of three
    assert own[9] == f"**{metrics['metrics']['auroc']:.3f}** [{low:.2f}, {high:.2f}]"
    assert own[10] == "**" + " / ".join(str(metrics["counts"][name]) for name in ("tp", "fp", "fn", "tn")) + "**"


def test_a_row_with_real_as_positive_class_is_recomputed(report: Path) -> None:
    markdown = part((report / "report.md").read_text(encoding="utf-8"), "Beside the paper")
    without_ela = markdown.split("### With ELA")[0]
    assert table_row(without_ela, "VGG16", "paper, real is positive")[5:8] == ["0.74809", "0.65333", "0.69751"]
    recomputed = table_row(without_ela, "VGG16", "the same verdicts, fake is positive")
    # 145 of 211 fakes found with 104 false alarms: 145 / 249, 145 / 211, 290 / 460, (145 / 211 + 196 / 300) / 2.
    assert recomputed[5:] == ["0.582", "0.687", "0.630", "0.670", "–", "145 / 104 / 66 / 196"]


def test_what_the_paper_calls_au_roc_is_named_under_every_table(report: Path) -> None:
    markdown = (report / "report.md").read_text(encoding="utf-8")
    assert markdown.count("What the paper prints as AU-ROC is balanced accuracy, as the counts of every row show.") == 3


def test_all_runs_and_probes_share_a_table(report: Path) -> None:
    markdown = part((report / "report.md").read_text(encoding="utf-8"), "All runs")
    names = [cells(line)[0] for line in markdown.splitlines() if line.startswith("|")][2:]
    assert names[0] == "fusion_type1"
    assert sorted(names) == sorted([*EXPERIMENTS, "mobilenet_original_knn", "header rule"])
    assert names[-1] == "header rule"
    knn = table_row(markdown, "mobilenet_original_knn")
    assert knn[1] == "knn on frozen features of mobilenetv2_100 on original"
    assert table_row(markdown, "header rule")[1:] == [
        *("shortcut probe", "64.7 %", "–", "–", "0.625", "25.0 %", "–", "–"),
    ]


def test_the_fusion_is_tested_against_its_best_branch(report: Path) -> None:
    markdown = part((report / "report.md").read_text(encoding="utf-8"), "Paired tests")
    against_branch = markdown.split("### The run with")[0]
    assert len(table_row(against_branch, "fusion_type1", "resnet50_ela")) == 9


def test_subsets_calibration_robustness_and_gaps_have_their_figures(report: Path, runs: list[str]) -> None:
    markdown = (report / "report.md").read_text(encoding="utf-8")
    easy = json.loads((Path(runs[2]) / "metrics.json").read_text(encoding="utf-8"))["subsets"]["easy"]
    row = table_row(part(markdown, "Subsets"), "easy fakes, all reals")
    assert row[1:3] == ["20", str(easy["fakes"])]
    assert row[3].startswith(f"{easy['metrics']['auroc']:.3f} [")
    assert table_row(part(markdown, "Calibration"), "fusion_type1")[1] == "1.50"
    assert table_row(part(markdown, "Calibration"), "mobilenet_original_knn")[4:] == ["–"] * 6
    assert table_row(part(markdown, "Robustness"), "jpeg, quality 30")[1] == "0.600 55.0 % right, 30.0 % changed"
    assert table_row(part(markdown, "Not measured"), "calibrated")[2] == "mobilenet_original_knn"
    assert table_row(part(markdown, "Not measured"), "common JPEG table")[2] == "all"


def test_heat_maps_are_measured_against_chance(report: Path) -> None:
    markdown = part((report / "report.md").read_text(encoding="utf-8"), "Heat maps")
    row = table_row(markdown, "fusion_type1", "ela", "all")
    assert row[3:] == [
        "9 and 2 without heat",
        "25.0 %",
        "12.5 %",
        "+0.125 [0.06, 0.19]",
        "50.0 %",
        "−0.250 [−0.38, −0.12]",
    ]
    assert table_row(markdown, "fusion_type1", "ela", "easy")[3:] == ["0 and 2 without heat", *["–"] * 5]
    page = (report / "report.html").read_text(encoding="utf-8")
    assert re.search(r"<h2[^>]*>Heat maps</h2>", page)


def test_curves_are_drawn_for_networks_and_named_after_the_papers_figures(report: Path) -> None:
    captions = re.findall(r"!\[(.*)\]\(plots/curves-\d\.svg\)", (report / "report.md").read_text(encoding="utf-8"))
    assert captions == [
        "fusion_type1, as Figure 16 of the paper",
        "resnet50_ela, as Figure 11 of the paper",
        "mobilenet_original, as Figure 13 of the paper",
    ]
    names = {path.name for path in (report / "plots").iterdir()}
    curves = {"curves-1.svg", "curves-2.svg", "curves-3.svg"}
    assert names == {"roc.svg", "reliability.svg", "robustness.svg", *curves}


def test_no_undefined_number_passes_for_one(report: Path) -> None:
    words = set(re.findall(r"[a-z]+", (report / "report.md").read_text(encoding="utf-8").lower()))
    assert not words & {"nan", "inf", "null"}


def test_the_same_runs_give_the_same_files(
    report: Path, runs: list[str], audit: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        monkeypatch.chdir(tmp_path / name)
        assert main(["report", *runs, "--audit", audit, "--out", "report"]) == 0
    one, other = tmp_path / "one" / "report", tmp_path / "other" / "report"
    files = [path.relative_to(one) for path in one.rglob("*") if path.is_file()]
    assert len(files) == 8
    for file in files:
        assert (one / file).read_bytes() == (other / file).read_bytes()


def opening(report: Path) -> str:
    return (report / "report.md").read_text(encoding="utf-8").split("\n## ")[0]


def test_a_report_opens_with_what_matters(report: Path, runs: list[str], audit: str) -> None:
    text = opening(report)
    metrics = json.loads((Path(runs[2]) / "metrics.json").read_text(encoding="utf-8"))
    low, high = outward(metrics["intervals"]["auroc"])
    assert low > 0.625
    auroc = f"{metrics['metrics']['auroc']:.3f} [{low:.2f}, {high:.2f}]"
    assert (
        f"The best run, fusion_type1, reaches an AUROC of {auroc}: better than the best shortcut probe, header rule, "
        f"which reads no face and reaches 0.625."
    ) in text
    facts = dict(cells(line) for line in text.splitlines() if line.startswith("| "))
    assert facts["Data"] == "`photographs`: 20 real and 20 fake photographs in test"
    assert facts["Split"] == "paper, seed 3"
    assert facts["Best run"] == "fusion_type1: mobilenetv2_100 on original + resnet50.tv_in1k on ela"
    assert facts["Its AUROC"] == auroc
    assert facts["Shortcut probes, AUROC"] == "header rule 0.625"
    assert re.fullmatch(rf"\d{{4}}-\d\d-\d\d, by fakeface {re.escape(__version__)}", facts["Made"])
    assert facts["By"] == f"`fakeface report {' '.join(runs)} --out {report} --audit {audit}`"


@pytest.mark.parametrize(
    ("skill", "auroc", "words"),
    [
        (0.0, 0.6, "it cannot be told from guessing."),
        (2.0, 0.999, "not clearly better than the best shortcut probe, sizes, which reads no face and reaches 0.999."),
        (2.0, None, "whether a shortcut gives as much was not measured"),
    ],
)
def test_the_verdict_does_not_flatter(tmp_path: Path, skill: float, auroc: float | None, words: str) -> None:
    run = write_run(tmp_path / "run", None, RECORDS, draw_scores(RECORDS, 1, skill), curves=None)
    probe = {"name": "sizes", "accuracy": None, "auroc": auroc, "recall_without_false_positive": None, "reason": ""}
    write_json(tmp_path / "audit.json", {"probes": [probe]})
    assert main(["report", str(run), "--audit", str(tmp_path), "--out", str(tmp_path / "out")]) == 0
    assert words in opening(tmp_path / "out")


def test_all_rows_of_robustness_fold(report: Path) -> None:
    page = (report / "report.html").read_text(encoding="utf-8")
    (folded,) = re.findall("<details><summary>All figures: 2 rows</summary>(.*?)</details>", page, re.DOTALL)
    assert "jpeg, quality 30" in folded


def test_photographs_are_shown_unless_left_out(demo_root: Path, tmp_path: Path) -> None:
    photographs = [
        Record(path, label, difficulty="easy" if label else "", split="test")
        for label, name in enumerate(("training_real", "training_fake"))
        for path in sorted((demo_root / name).glob("*.jpg"))[:4]
    ]
    gone = Record(demo_root / "training_real" / "gone.jpg", 0, split="test")
    wrong = [0.1 if record.label else 0.9 for record in [*photographs, gone]]
    run = write_run(tmp_path / "always_wrong", None, [*photographs, gone], wrong, curves=None)
    assert main(["report", str(run), "--out", str(tmp_path / "with")]) == 0
    page = (tmp_path / "with" / "report.html").read_text(encoding="utf-8")
    assert page.count("data:image/jpeg;base64,") == 8
    assert page.count("no picture") == 1
    assert main(["report", str(run), "--out", str(tmp_path / "without"), "--no-photographs"]) == 0
    page = (tmp_path / "without" / "report.html").read_text(encoding="utf-8")
    assert "data:image" not in page
    assert "training_<wbr>real/gone.jpg" in page


def test_one_class_alone_gives_a_report_with_reasons(tmp_path: Path) -> None:
    reals = [record for record in RECORDS if not record.label]
    run = write_run(tmp_path / "reals", None, reals, [0.2] * len(reals), calibration=None, curves=None)
    assert main(["report", str(run), "--out", str(tmp_path / "out")]) == 0
    markdown = (tmp_path / "out" / "report.md").read_text(encoding="utf-8")
    assert table_row(part(markdown, "All runs"), "reals")[5] == "–"
    assert table_row(part(markdown, "Not measured"), "auroc")[1] == "there is no fake photograph"
    assert "roc.svg" not in markdown


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["RUN"], "there is nothing to write: name a folder with --out, or a file with --model-card"),
        (["--out", "OUT"], "no run is named"),
        (["", "--out", "OUT"], "no run is named"),
        (["RUN", "OTHER", "--model-card", "CARD"], "a model card is about one run, not 2: name one"),
        (["RUN", "--model-card", "EXISTING"], "exists already"),
        (["RUN", "--out", "FULL"], "is not empty: name a new one"),
        (["RUN", "--out", "OUT", "--audit", "FULL"], "holds no audit.json: write it with `fakeface data audit ROOT"),
        (["FULL", "--out", "OUT"], "holds no metrics.json, so it is no tested run"),
    ],
)
def test_wrong_arguments_give_one_sentence(
    runs: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").write_text("kept", encoding="utf-8")
    words = {
        "RUN": runs[0],
        "OTHER": runs[1],
        "OUT": str(tmp_path / "out"),
        "CARD": str(tmp_path / "card.md"),
        "EXISTING": str(tmp_path / "full" / "file"),
        "FULL": str(tmp_path / "full"),
    }
    assert main(["report", *(words.get(argument, argument) for argument in arguments)]) == 2
    error = capsys.readouterr().err
    assert error.startswith("fakeface: error: ")
    assert message in error
    assert error.count("\n") == 1
    assert not (tmp_path / "out").exists()
    assert (tmp_path / "full" / "file").read_text(encoding="utf-8") == "kept"


def test_neither_lightning_nor_torch_is_imported(runs: list[str], tmp_path: Path) -> None:
    script = (
        "import sys; from fakeface.cli import main; "
        f"code = main(['report', {runs[0]!r}, '--out', {str(tmp_path / 'out')!r}]); "
        "print(code, [name for name in ('torch', 'lightning', 'tensorflow') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "0 []"


def test_a_real_training_is_reported(demo_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mobilenet_original.yaml").write_text(
        f"""
trainer: {{accelerator: cpu, precision: 32-true, max_epochs: 2, enable_progress_bar: false}}
data: {{root: {demo_root}, size: 32, cache: false, augmentation: none}}
model:
  net: {{init_args: {{branches: {{original: test_convnext}}, pretrained: false, hidden_features: 8}}}}
""",
        encoding="utf-8",
    )
    run = Path("lightning_logs", "mobilenet_original", "version_0")
    assert main(["fit", "--config", "mobilenet_original.yaml"]) == 0
    assert main(["test", "--ckpt_path", str(run / "checkpoints" / "last.ckpt")]) == 0
    assert main(["data", "audit", str(demo_root), "--out", "audit"]) == 0
    assert main(["report", str(run), "--audit", "audit", "--out", "out", "--model-card", "card.md"]) == 0
    markdown = Path("out", "report.md").read_text(encoding="utf-8")
    assert markdown.startswith("# Real or fake: one run on ")
    assert "drawn demo faces\n" in markdown
    assert "They mean nothing about photographs" in markdown
    assert "paper's." in markdown
    assert "Beside the paper" not in markdown
    assert table_row(part(markdown, "All runs"), "header rule")[6] == "0.0 %"
    sizes = table_row(part(markdown, "Subsets"), "common JPEG table")[1:3]
    assert sizes == table_row(part(markdown, "Subsets"), "all")[1:3]
    assert "![mobilenet_original](plots/curves-1.svg)" in part(markdown, "Loss and accuracy")
    protocol = part(Path("card.md").read_text(encoding="utf-8"), "Protocol")
    assert table_row(protocol, "tested epoch")[1] == "2"
    assert "Chosen on the validation photographs: temperature, threshold, unsure band." in protocol
