"""LightningCLI for the subcommands with a Trainer: configuration files, checkpoints, and where a run is written."""

import argparse
import json
import logging
import re
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import torch
import torch.distributed as dist
import yaml
from jsonargparse import ArgumentError
from lightning.fabric.utilities.exceptions import MisconfigurationException
from lightning.pytorch import Callback, Trainer
from lightning.pytorch.callbacks import ProgressBar
from lightning.pytorch.cli import ArgsType, LightningArgumentParser, LightningCLI

from fakeface.data.manifest import check_source
from fakeface.errors import UserError
from fakeface.folders import check_local
from fakeface.training.argument_errors import explain
from fakeface.training.callbacks.epoch_lines import PassingBar
from fakeface.training.callbacks.interruption import Interruption, interruptible
from fakeface.training.checkpoints import load_checkpoint
from fakeface.training.configurations import base_config, find_configs
from fakeface.training.datamodule import FaceDataModule
from fakeface.training.memory import keep_freed_memory
from fakeface.training.module import FakeFaceModule
from fakeface.training.moved_paths import accept_moved_paths
from fakeface.training.runs import CHECKPOINTS, CONFIG_FILE, find_checkpoint, run_folder

_PATH_KEYS = ("save_dir", "default_root_dir", "dirpath", "data.root", "data.manifest", "data.cache")
_LOST = re.compile("connection (closed|reset|refused)|broken pipe|timed?.?out|remote process exited", re.IGNORECASE)

_OUT_OF_SHARED_MEMORY = re.compile("out of shared memory|unable to (write|resize|allocate|mmap|open).*(file|memory)")
"""What torch says where a process that loads photographs finds /dev/shm full."""

_UNKNOWN_FIGURE = "conditioned on metric"
"""What ``EarlyStopping`` says of a figure that is not logged; ``ModelCheckpoint`` raises another class."""

_FOLDER_TAKEN = "SaveConfigCallback expected"
"""What Lightning says where a configuration was written to the run's folder since ``before_fit`` looked."""


class FakeFaceCLI(LightningCLI):
    """LightningCLI with ``base.yaml`` below every configuration, and checkpoints that carry theirs.

    Configurations compose as defaults in the code < ``base.yaml`` < what the checkpoint carries < ``--config`` files
    from left to right < flags.
    """

    def __init__(self, args: Sequence[str]) -> None:
        settings = {"default_config_files": [str(base_config())], "exit_on_error": False}
        self.resumes = False
        self._chosen = args[0]
        super().__init__(
            FakeFaceModule,
            FaceDataModule,
            save_config_kwargs={"config_filename": CONFIG_FILE},
            trainer_defaults={"precision": fastest_precision()},
            parser_kwargs={"prog": "fakeface", "exit_on_error": False} | {self._chosen: settings},
            auto_configure_optimizers=False,
            args=list(args),
        )

    def subcommands(self) -> dict[str, set[str]]:  # type: ignore[override]
        """Name the one that was asked for: a parser for each takes longer than all else before a training starts."""
        return {self._chosen: LightningCLI.subcommands()[self._chosen]}

    def add_arguments_to_parser(self, parser: LightningArgumentParser) -> None:
        """Let the network say which views it reads, and one seed rule order, augmentation and weights."""
        parser.link_arguments("model.net", "data.views", compute_fn=lambda net: net.views, apply_on="instantiate")
        parser.link_arguments("seed_everything", "data.seed", compute_fn=_number)

    def parse_arguments(self, parser: LightningArgumentParser, args: ArgsType) -> None:
        """Parse the arguments below what the checkpoint and the experiment's name imply.

        Raises:
            UserError: When an argument is wrong.
        """
        assert isinstance(args, list)  # noqa: S101 (narrows ArgsType to what __init__ passes)
        try:
            self.config = parser.parse_args(self._with_implied(args))
        except ArgumentError as error:
            subcommands = parser._subcommands_action
            chosen = None if subcommands is None else subcommands._name_parser_map.get(args[0])
            flags = [] if chosen is None else list(chosen._option_string_actions)
            raise UserError(explain(" ".join(str(error).split()), flags)) from error
        config = self.config[self.config.subcommand]
        if config.ckpt_path is not None:
            if "pretrained" in config.model.net.init_args:
                config.model.net.init_args.pretrained = False
            if config.weights_only is None:
                config.weights_only = True
        if self.config.subcommand != "fit" or self.resumes:
            self.save_config_callback = None

    def _with_implied(self, args: list[str]) -> list[str]:
        """Put what the checkpoint and the configuration's name imply in front of the given arguments."""
        subcommand, given = args[0], find_configs(args[1:])
        known = argparse.ArgumentParser(add_help=False, allow_abbrev=False, exit_on_error=False)
        known.add_argument("-c", "--config", action="append", default=[])
        known.add_argument("--ckpt_path")
        known.add_argument(
            "--trainer.logger.init_args.save_dir", dest="logs", type=Path, default=Path("lightning_logs")
        )
        options, _ = known.parse_known_args(given)
        experiment = Path(options.config[0]).stem if options.config else None
        for path in map(Path, options.config):
            _check_yaml(path)
        if options.ckpt_path is None:
            if subcommand != "fit" and not {"-h", "--help"} & set(given):
                raise UserError(f"{subcommand} needs a checkpoint: pass --ckpt_path with its path, or best or last")
            implied = {"trainer": {"logger": {"init_args": {"name": experiment}}}} if experiment else {}
            return [subcommand, "--config", json.dumps(implied), *given]
        logs = Path(options.logs)
        if experiment and (subcommand == "fit" or (logs / experiment).is_dir()):
            logs /= experiment
        checkpoint = find_checkpoint(options.ckpt_path, logs, "last" if subcommand == "fit" else "best")
        carried = _carried_configuration(checkpoint)
        run = run_folder(checkpoint)
        self.resumes = subcommand == "fit" and checkpoint.parent.name == CHECKPOINTS
        front = []
        if subcommand != "fit":
            front = ["--config", json.dumps(carried)]
        elif experiment is None and (run / CONFIG_FILE).is_file():
            front = ["--config", str(run / CONFIG_FILE)]
        if subcommand != "fit" or self.resumes:
            logger = {"save_dir": str(run.parent.parent), "name": run.parent.name, "version": run.name}
            if subcommand == "validate":
                logger["sub_dir"] = "validate"  # its figures would bend the curves of the training
            front += ["--config", json.dumps({"trainer": {"logger": {"init_args": logger}}})]
        return [subcommand, *front, *given, "--ckpt_path", str(checkpoint)]

    def before_instantiate_classes(self) -> None:
        """Look for the data, and for a place on this machine, before networks are built and weights are fetched."""
        config = self.config[self.config.subcommand]
        for key, value in config.items():
            if key.endswith(_PATH_KEYS) and isinstance(value, str | Path):
                check_local(value)
        check_source(config.data.root, config.data.manifest)

    def _instantiate_trainer(self, config: dict[str, Any], callbacks: list[Callback]) -> Trainer:
        """Give the trainer a bar that fits the terminal, unless there is to be none or another."""
        bars = [callback for callback in config["callbacks"] or () if isinstance(callback, ProgressBar)]
        if config["enable_progress_bar"] is not False and not bars:
            callbacks = [*callbacks, PassingBar()]
        return super()._instantiate_trainer(config, callbacks)

    def before_fit(self) -> None:
        """Refuse to write over another run, before the logger writes anything.

        Raises:
            UserError: When the folder already holds a run.
        """
        folder = self.trainer.log_dir
        if folder is not None and not self.resumes and (Path(folder) / CONFIG_FILE).exists():
            raise UserError(
                f"{folder} already holds a run: continue it with --ckpt_path last, choose another "
                f"--trainer.logger.init_args.version, or delete it"
            )

    def _parse_ckpt_path(self) -> None:
        """Do nothing: Lightning's version would let the checkpoint win over explicit flags."""


def fastest_precision() -> Literal["bf16-mixed", "32-true"]:
    """Return the precision that this machine trains fastest in without losing accuracy: bfloat16 where it has it.

    Runs of machines that differ in it differ in their last digits; pass --trainer.precision to compare across them.
    """
    if torch.cuda.is_available():
        return "bf16-mixed" if torch.cuda.is_bf16_supported(including_emulation=False) else "32-true"
    return "bf16-mixed" if processor_has_bfloat16() else "32-true"


def processor_has_bfloat16() -> bool:
    """Say whether the processor has instructions for bfloat16, without which it is slow."""
    instructions: dict[str, bool] = getattr(torch.cpu, "get_capabilities", dict)()  # older torch cannot say
    return bool(instructions.get("avx512_bf16") or instructions.get("amx_bf16"))


def _number(seed: int | bool) -> int:
    if isinstance(seed, bool):
        raise UserError(f"seed_everything is {seed}: pass a number, which order and augmentation are drawn from")
    return seed


def _check_yaml(path: Path) -> None:
    """Name the file that is no YAML; jsonargparse's message does so only where it does not exist."""
    if path.is_file():
        try:
            yaml.safe_load(path.read_bytes())
        except yaml.YAMLError as error:
            raise UserError(f"{path} is not YAML ({' '.join(str(error).split())}): correct it there") from error


def _carried_configuration(path: Path) -> dict[str, Any]:
    checkpoint = load_checkpoint(path)
    model = {key: value for key, value in checkpoint["hyper_parameters"].items() if not key.startswith("_")}
    data = {key: value for key, value in checkpoint["datamodule_hyper_parameters"].items() if not key.startswith("_")}
    return {
        # Where the weights themselves have another precision, scores and threshold are those of that one.
        "trainer": {"precision": checkpoint["precision"]} if "precision" in checkpoint else {},
        "seed_everything": data["seed"],
        "model": model,
        "data": {key: value for key, value in data.items() if key not in ("views", "seed")},  # linked to the others
    }


def run_trainer(args: Sequence[str]) -> int:
    """Run ``fit``, ``validate`` or ``test`` with the arguments that follow; return the exit code.

    Raises:
        UserError: When the input is wrong, or another process of a distributed run was lost.
    """
    silence_advice()
    accept_moved_paths()
    keep_freed_memory()
    try:
        with interruptible():
            FakeFaceCLI(args)
    except Interruption as interruption:
        if _distributed() and dist.get_rank() > 0:
            return 0  # the first process speaks for all; Lightning's launcher would kill it for any other code
        print(f"fakeface: {interruption}", file=sys.stderr)
        return interruption.exit_code
    except (MisconfigurationException, ValueError, RuntimeError) as error:
        sentence = _sentence_of(error)
        if sentence is None:
            raise
        raise UserError(sentence) from error
    return 0


def _sentence_of(error: Exception) -> str | None:
    """Return what an error of Lightning or torch means, and the mend; None where it is a bug of ours."""
    message = " ".join(str(error).split())
    if isinstance(error, MisconfigurationException):
        if "backend found" in message or "can not run on your system" in message:
            return f"torch can use no such accelerator here ({message}): leave --trainer.accelerator out"
        return message
    if isinstance(error, ValueError):
        return f"{message} Choose one with --trainer.accelerator" if "invalid accelerator name" in message else None
    if _OUT_OF_SHARED_MEMORY.search(str(error)):
        return (
            "the processes that load photographs have no room to hand them on in /dev/shm: make it larger (docker "
            "run --shm-size 1g), or load without them (--data.num_workers 0)"
        )
    if _UNKNOWN_FIGURE in message:
        return message
    if _FOLDER_TAKEN in message:
        return (
            "another training, started at the same time, has taken this one's folder: start this one again, or with "
            "--trainer.logger.init_args.version NAME"
        )
    # Another process is gone, in a run or while the processes meet.
    together = _distributed() or (dist.is_available() and isinstance(error, dist.DistError))
    if not together or _LOST.search(message) is None:
        return None
    this = f"process {dist.get_rank()}" if _distributed() else "this process"
    reason = str(error).strip().splitlines()[0]
    return f"{this} lost another one ({reason}): look above for what that one says, then continue with --ckpt_path last"


def _distributed() -> bool:
    return dist.is_available() and dist.is_initialized()


def silence_advice() -> None:
    """Drop messages of Lightning that no user of fakeface can act on."""
    for message in (
        ".*isinstance.treespec, LeafSpec.*",
        ".*does not have many workers.*",
        ".*smaller than the logging interval.*",
        ".*is not supported by the model summary.*",
        ".*The dirpath has changed.*",
        ".*Checkpoint directory .* exists and is not empty.*",
        ".*sync_dist=True.*",  # our figures are of all processes already
        ".*in eval mode at the start of training.*",  # what is frozen stays so on purpose
        ".*callbacks used to create the checkpoint need to be provided.*",  # a test has no use for those of a training
    ):
        warnings.filterwarnings("ignore", message)
    logging.getLogger("lightning.pytorch.utilities.rank_zero").addFilter(
        lambda record: "seamless cloud logging" not in record.getMessage()
    )
