import re
from pathlib import Path

import pytest

from fakeface.cli import main
from fakeface.training.callbacks.epoch_lines import PassingBar
from tests.tiny_run import scalars

pytestmark = pytest.mark.usefixtures("no_pictures")


def test_a_training_prints_a_line_an_epoch_and_the_best_with_its_run(
    workplace: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    assert main(["fit", "--config", "tiny.yaml", "--trainer.max_epochs", "3"]) == 0
    run = Path("lightning_logs/tiny/version_1")
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("Epoch ")]
    curves = scalars(run)
    auroc, accuracy = ([value for _, value in curves[f"val/{figure}"]] for figure in ("auroc", "accuracy"))
    best = max(range(3), key=lambda epoch: (auroc[epoch], epoch))
    assert len(lines) == 3
    for number, line in enumerate(lines):
        figures = rf"val loss \d\.\d+, AUROC {auroc[number]:.3f}, accuracy {accuracy[number]:.3f}"
        assert re.match(rf"Epoch {number + 1} of 3: loss \d\.\d+, {figures}( \(best\))?$", line)
        assert line.endswith("(best)") == (auroc[number] >= max([0, *auroc[:number]]))
        assert len(line) <= 80
    assert f"Best val/auroc {auroc[best]:.3f} in epoch {best + 1}; the run is in {run}" in caplog.text


def test_an_epoch_that_was_not_validated_has_no_figures_of_one_before(
    workplace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    validation = ["--trainer.check_val_every_n_epoch", "2"]
    assert main(["fit", "--config", "tiny.yaml", "--trainer.max_epochs", "3", *validation]) == 0
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("Epoch ")]
    alone = r"Epoch {} of 3: loss \d\.\d+$"
    assert re.match(alone.format(1), lines[0])
    assert re.match(r"Epoch 2 of 3: loss \d\.\d+, val loss \d\.\d+, AUROC .*, accuracy \d\.\d+ \(best\)$", lines[1])
    assert re.match(alone.format(3), lines[2])
    assert (
        main(["fit", "--config", "tiny.yaml", "--trainer.max_epochs", "1", "--trainer.val_check_interval", "0.5"]) == 0
    )
    assert re.search(r"Epoch 1 of 1: loss \d\.\d+, val loss \d\.\d+, AUROC ", capsys.readouterr().out)


def test_a_bar_is_as_wide_as_a_terminal_of_80_columns_allows_and_leaves_nothing(
    workplace: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    bars = []
    make = PassingBar.init_train_tqdm

    def kept(self: PassingBar) -> object:
        bars.append(make(self))
        bars[0].ncols, bars[0].dynamic_ncols = 80, False  # as on a terminal, which capsys is not
        return bars[0]

    monkeypatch.setattr(PassingBar, "init_train_tqdm", kept)
    assert main(["fit", "--config", "tiny.yaml", "--trainer.max_epochs=1", "--trainer.enable_progress_bar=true"]) == 0
    shown = re.sub(r"\x1b\[A", "", capsys.readouterr().out)  # the cursor goes up after a bar below another one
    drawn = [part for part in re.split(r"[\r\n]", shown) if "it/s" in part]
    assert max(map(len, drawn)) <= 80
    assert max(part.count("█") + part.count("#") for part in drawn) > 20
    assert not bars[0].leave
