"""What makes training fast must not make the network worse."""

from pathlib import Path

import numpy as np
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from fakeface.cli import main
from fakeface.demo.data_set import write_demo

SEEDS = (0, 1, 2)
EPOCHS, SETTLED = 6, 3
"""Validation is averaged over the last epochs, which no longer differ much."""

CONFIG = f"""
trainer: {{max_epochs: {EPOCHS}, enable_progress_bar: false, enable_model_summary: false}}
data: {{root: faces, size: 96, augmentation: online}}
model:
  net: {{init_args: {{branches: {{ela: custom_cnn}}, pretrained: false}}}}
  optimizer: {{class_path: torch.optim.AdamW, init_args: {{lr: 0.001}}}}
  lr_scheduler: {{class_path: torch.optim.lr_scheduler.CosineAnnealingLR, init_args: {{T_max: {EPOCHS}}}}}
"""
PATHS = {
    "fast": ["--trainer.precision", "bf16-mixed", "--data.cache", "cache"],
    "slow": ["--trainer.precision", "32-true", "--data.cache", "false"],
}


@pytest.mark.soak
def test_bfloat16_and_the_cache_leave_validation_as_good_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    write_demo(Path("faces"), images=500, seed=0)
    Path("ela.yaml").write_text(CONFIG, encoding="utf-8")
    auroc = {name: np.array([train(name, flags, seed) for seed in SEEDS]) for name, flags in PATHS.items()}
    for name, values in auroc.items():
        with capsys.disabled():
            print(f"\n{name} path, validation AUROC of {len(SEEDS)} seeds: {', '.join(f'{v:.4f}' for v in values)}")
    noise = max(np.ptp(values) for values in auroc.values())
    assert auroc["slow"].min() > 0.8, "the network learned nothing that could get worse"
    assert auroc["slow"].mean() - auroc["fast"].mean() <= noise


def train(name: str, flags: list[str], seed: int) -> float:
    """Return the AUROC on the validation images at the end of a training."""
    logs = Path("logs") / f"{name}_{seed}"
    arguments = ["--config", "ela.yaml", "--seed_everything", str(seed), "--trainer.logger.init_args.save_dir"]
    assert main(["fit", *arguments, str(logs), *flags]) == 0
    (events,) = logs.glob("ela/version_0/events*")
    scalars = EventAccumulator(str(events)).Reload().Scalars("val/auroc")
    assert len(scalars) == EPOCHS
    return float(np.mean([scalar.value for scalar in scalars[-SETTLED:]]))
