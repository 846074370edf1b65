import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from lightning.pytorch.callbacks import ModelCheckpoint
from lightning.pytorch.demos.boring_classes import BoringModel

from fakeface.training.callbacks import SaveOnInterruption
from fakeface.training.callbacks.interruption import SIGNALS, Interruption, interruptible

STEPS = 6
"""Batches in an epoch."""


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    """What the tests do to the signals' handlers ends with them."""
    previous = [signal.getsignal(number) for number in SIGNALS]
    yield
    assert [signal.getsignal(number) for number in SIGNALS] == previous


class Signal(Callback):
    """Sends this process a signal in a hook, in the batch of that number counted over all epochs."""

    def __init__(self, hook: str, batch: int = 0, number: signal.Signals = signal.SIGTERM) -> None:
        self.batches: list[int] = []
        self.validations = 0
        self.number = number
        self.batch = batch
        setattr(self, f"on_{hook}", self.send)

    def send(self, trainer: Trainer, *others: Any) -> None:
        if trainer.global_step == self.batch:
            os.kill(os.getpid(), self.number)

    def on_train_batch_end(self, trainer: Trainer, *others: Any) -> None:
        self.batches.append(trainer.global_step)

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self.validations += 1


def fit(folder: Path, sender: Signal, **arguments: Any) -> Interruption | None:
    """Train for two epochs; return what stopped it."""
    callbacks = [SaveOnInterruption(), sender, ModelCheckpoint(filename="own", save_on_train_epoch_end=True)]
    trainer = make_trainer(
        folder, *callbacks, limit_train_batches=STEPS, limit_val_batches=2, max_epochs=2, **arguments
    )
    try:
        with interruptible():
            trainer.fit(BoringModel())
    except Interruption as interruption:
        return interruption
    return None


def make_trainer(folder: Path, *callbacks: Callback, **arguments: Any) -> Trainer:
    return Trainer(
        default_root_dir=folder,
        accelerator="cpu",
        logger=False,
        callbacks=list(callbacks),
        num_sanity_val_steps=0,
        enable_progress_bar=False,
        enable_model_summary=False,
        **arguments,
    )


def saved_step(folder: Path, name: str = "last") -> int:
    checkpoint = torch.load(folder / "checkpoints" / f"{name}.ckpt", weights_only=True)
    step: int = checkpoint["global_step"]
    return step


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGUSR1, 138)])
def test_a_signal_ends_the_work_with_its_code(number: signal.Signals, code: int) -> None:
    with pytest.raises(Interruption, match=rf"^stopped by {number.name}$") as caught, interruptible():  # noqa: PT012
        os.kill(os.getpid(), number)
        pytest.fail("the work went on")
    assert caught.value.exit_code == code


def test_no_handler_of_errors_stops_an_interruption() -> None:
    assert not issubclass(Interruption, Exception)


def test_other_threads_leave_signals_alone() -> None:
    found: list[Any] = []

    def work() -> None:
        with interruptible():
            found.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found == [signal.getsignal(signal.SIGTERM)]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGUSR1, 138)])
def test_training_stops_after_the_batch_and_says_where_it_was_saved(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], number: signal.Signals, code: int
) -> None:
    sender = Signal("train_batch_start", 2, number)
    stopped = fit(tmp_path, sender)
    assert stopped is not None
    assert stopped.exit_code == code
    path = tmp_path / "checkpoints" / "last.ckpt"
    assert str(stopped) == f"stopped by {number.name}; continue the training with --ckpt_path {path}"
    assert sender.batches == [1, 2, 3]
    assert saved_step(tmp_path) == 3
    assert f"{number.name}: saving a checkpoint first" in capfd.readouterr().err


def test_the_last_batch_of_an_epoch_waits_for_what_belongs_to_the_epoch(tmp_path: Path) -> None:
    sender = Signal("train_batch_start", STEPS - 1)
    assert fit(tmp_path, sender) is not None
    assert sender.batches[-1] == saved_step(tmp_path) == saved_step(tmp_path, "own") == STEPS
    assert sender.validations == 1


def test_a_signal_in_validation_takes_effect_at_the_end_of_the_epoch(tmp_path: Path) -> None:
    sender = Signal("validation_batch_start", STEPS)
    assert fit(tmp_path, sender) is not None
    assert sender.batches[-1] == saved_step(tmp_path) == STEPS
    assert sender.validations == 1


def test_a_signal_in_the_last_epoch_s_validation_comes_too_late(tmp_path: Path) -> None:
    assert fit(tmp_path, Signal("validation_batch_start", 2 * STEPS)) is None
    assert saved_step(tmp_path, "own") == 2 * STEPS


def test_a_validation_within_the_epoch_is_waited_for(tmp_path: Path) -> None:
    sender = Signal("train_batch_start", 1)
    assert fit(tmp_path, sender, val_check_interval=2) is not None
    assert sender.validations == 1
    assert sender.batches[-1] == saved_step(tmp_path) == 3


def test_gradients_that_accumulate_are_not_cut_off(tmp_path: Path) -> None:
    sender = Signal("train_batch_start", 0)
    assert fit(tmp_path, sender, accumulate_grad_batches=3) is not None
    assert sender.batches == [0, 0, 1]
    assert saved_step(tmp_path) == 1


class Twice(Signal):
    def send(self, trainer: Trainer, *others: Any) -> None:
        super().send(trainer)
        super().send(trainer)


def test_a_repeated_sigterm_changes_nothing(tmp_path: Path) -> None:
    assert fit(tmp_path, Twice("train_batch_start", 2)) is not None
    assert saved_step(tmp_path) == 3


def test_a_second_ctrl_c_ends_the_process_at_once(tmp_path: Path) -> None:
    child = os.fork()
    if child == 0:
        torch.set_num_threads(1)  # its threads are not forked
        fit(tmp_path, Twice("train_batch_start", 2, signal.SIGINT))
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.WTERMSIG(status) == signal.SIGINT
    assert not (tmp_path / "checkpoints" / "last.ckpt").exists()


@pytest.mark.parametrize("stage", ["validate", "test"])
def test_signals_end_an_evaluation(tmp_path: Path, stage: str) -> None:
    sender = Signal(f"{stage.replace('ate', 'ation')}_batch_end")
    trainer = make_trainer(tmp_path, SaveOnInterruption(), sender, limit_val_batches=3, limit_test_batches=3)
    with pytest.raises(Interruption, match=r"^stopped by SIGTERM$"), interruptible():
        getattr(trainer, stage)(BoringModel(), verbose=False)


def test_signals_before_the_first_batch_end_the_training_at_once(tmp_path: Path) -> None:
    stopped = fit(tmp_path, Signal("fit_start"))
    assert stopped is not None
    assert str(stopped) == "stopped by SIGTERM"
    assert not (tmp_path / "checkpoints").exists()


def test_processes_ask_each_other_for_signals_when_figures_are_logged_alone() -> None:
    asked = []

    def reduce(number: torch.Tensor, reduce_op: str) -> torch.Tensor:
        asked.append(batch + 1)
        return number

    loop = SimpleNamespace(total_batch_idx=0)
    trainer: Any = SimpleNamespace(
        world_size=2, accumulate_grad_batches=1, log_every_n_steps=10, val_check_batch=30, is_last_batch=False,
        fit_loop=loop, strategy=SimpleNamespace(reduce=reduce),
    )  # fmt: skip
    callback = SaveOnInterruption()
    for batch in range(50):
        loop.total_batch_idx = batch
        callback.on_train_batch_end(trainer, BoringModel(), None, None, batch)
    assert asked == [10, 20, 40, 50]  # after the thirtieth there is a validation, which a signal waits for
