"""A training that was stopped at any moment and continued is the training that was not."""

import random
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.trainings import Training, kill_at, what_is_left

STEPS = 8
"""Batches in an epoch of the demo set."""

COMMON = [
    "--data.size=32",
    "--data.batch_size=4",
    "--data.augmentation=online",
    "--model.optimizer.init_args.lr=0.001",
    "--trainer.max_epochs=4",
    "--trainer.log_every_n_steps=1",
    "--trainer.enable_progress_bar=false",
    "--trainer.enable_model_summary=false",
]

EARLY_AND_PLATEAU = [
    # Stops after the third epoch: the loss does not get better by so much.
    "--trainer.callbacks+=lightning.pytorch.callbacks.EarlyStopping",
    "--trainer.callbacks.monitor=val/loss",
    "--trainer.callbacks.patience=2",
    "--trainer.callbacks.min_delta=1",
    # Takes a tenth of the learning rate after every epoch.
    "--model.lr_scheduler=torch.optim.lr_scheduler.ReduceLROnPlateau",
    "--model.lr_scheduler.patience=0",
    "--model.lr_scheduler.threshold=1",
]

SCENARIOS = {
    "early_and_plateau": EARLY_AND_PLATEAU,
    "paper_augmentation": ["--data.augmentation=paper", "--data.batch_size=32"],
    "step_schedule": ["--model.step_schedule.warmup=0.1"],
    "epoch_schedule": ["--model.lr_scheduler=torch.optim.lr_scheduler.StepLR", "--model.lr_scheduler.step_size=1"],
    "accumulated_gradients": ["--trainer.accumulate_grad_batches=3"],
    "frequent_validation": ["--trainer.val_check_interval=0.5"],
    "max_steps": ["--trainer.max_steps=21", "--trainer.max_epochs=-1"],
    "weight_average": ["--trainer.callbacks+=fakeface.training.callbacks.WeightAverage"],
}


@pytest.fixture(scope="module")
def common(demo_root: Path, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    return [*COMMON, f"--data.root={demo_root}", f"--data.cache={tmp_path_factory.mktemp('cache')}"]


def test_a_training_killed_or_stopped_and_continued_is_the_same(common: list[str], tmp_path: Path) -> None:
    arguments = [*common, *EARLY_AND_PLATEAU, *SCENARIOS["weight_average"]]
    endings = {"SIGKILL": (2, -9), "SIGTERM": (0, 143)}  # workers of the loader, exit code
    own = {number: [*arguments, f"--data.num_workers={workers}"] for number, (workers, _) in endings.items()}
    whole = Training(tmp_path / "whole", arguments)
    stopped = {
        number: Training(tmp_path / number, [*own[number], *kill_at(13, "on_train_batch_end", number)])
        for number in endings
    }
    continued = {}
    for number, (_, code) in endings.items():
        assert stopped[number].wait() == code, stopped[number].output
        continued[number] = Training(tmp_path / number, [*own[number], "--ckpt_path=last"])

    assert whole.wait() == 0, whole.output
    expected = what_is_left(whole.run)
    assert expected["last.global_step"] == 3 * STEPS
    assert expected["last.optimizer_states.0.param_groups.0.lr"] == pytest.approx(1e-6)
    for tag in ("train/auroc", "val/auroc"):
        assert {step for name, step in expected["figures"] if name == tag} == {7, 15, 23}
    for number, training in continued.items():
        assert training.wait() == 0, training.output
        assert what_is_left(training.run) == expected, number


@pytest.fixture(scope="module")
def whole(common: list[str], tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], tuple[dict[str, Any], float]]:
    """Returns what is left of an uninterrupted training of a scenario, and how many seconds it took."""
    found: dict[str, tuple[dict[str, Any], float]] = {}

    def train(scenario: str) -> tuple[dict[str, Any], float]:
        if scenario not in found:
            start = time.monotonic()
            training = Training(tmp_path_factory.mktemp(scenario), [*common, *SCENARIOS[scenario]])
            assert training.wait() == 0, training.output
            found[scenario] = what_is_left(training.run), time.monotonic() - start
        return found[scenario]

    return train


def resume(training: Training, arguments: list[str], ending: list[str]) -> Training:
    """Continue a training, or begin it again where it was killed before its first checkpoint."""
    if not (training.run / "checkpoints" / "last.ckpt").exists():
        refused = Training(training.folder, [*arguments, "--ckpt_path=last"])
        assert refused.wait() == 2
        assert "last.ckpt" in refused.output
        return Training(training.folder, [*arguments, *ending])
    return Training(training.folder, [*arguments, *ending, "--ckpt_path=last"])


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(20))
def test_a_training_stopped_at_random_moments_is_the_same(
    common: list[str], whole: Callable[[str], tuple[dict[str, Any], float]], tmp_path: Path, seed: int
) -> None:
    draw = random.Random(seed)
    moment = ("hook", "clock", "write", "signal")[seed // 5]
    scenario = list(SCENARIOS)[seed % len(SCENARIOS)]
    expected, seconds = whole(scenario)
    arguments = [*common, *SCENARIOS[scenario], f"--data.num_workers={draw.choice([0, 2])}"]

    def ending() -> list[str]:
        if moment == "write":
            return kill_at(draw.randint(1, 6), "write")
        if moment == "signal":
            return kill_at(draw.randint(30, 200), "any", draw.choice(["SIGTERM", "SIGINT", "SIGUSR1"]))
        return kill_at(draw.randint(1, 250)) if moment == "hook" else []

    training = Training(tmp_path, [*arguments, *ending()])
    for _ in range(2):
        if moment == "clock":
            training.send(signal.SIGKILL, draw.uniform(0.2, seconds))
        assert training.wait() in (0, -9, 130, 138, 143), training.output
        training = resume(training, arguments, ending())
    assert training.wait() in (0, -9, 130, 138, 143), training.output
    training = resume(training, arguments, [])
    assert training.wait() == 0, training.output
    assert what_is_left(training.run) == expected
