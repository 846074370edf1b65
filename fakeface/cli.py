"""The command line: light subcommands are dispatched here, the others go to LightningCLI."""

import argparse
import importlib
import logging
import os
import re
import sys
import warnings
from collections.abc import Sequence
from io import TextIOWrapper
from pathlib import Path
from types import ModuleType
from typing import NoReturn

from fakeface import __version__
from fakeface.commands.terminal import visible, waiting
from fakeface.errors import UserError, did_you_mean, sentence_of
from fakeface.folders import check_local
from fakeface.training import SUBCOMMANDS

LIGHT_COMMANDS = {
    "predict": ("fakeface.commands.predict", "judge photographs: fakeface predict PHOTO"),
    "inspect": ("fakeface.commands.inspect", "write down all that can be said of one photograph, as a page"),
    "verify": ("fakeface.commands.verify", "check that the released detector does what is published of it"),
    "export": ("fakeface.commands.export", "write a trained network as ONNX, torch.export or OpenVINO"),
    "configs": ("fakeface.commands.configs", "list the configurations that come with fakeface, or copy one"),
    "baseline": ("fakeface.commands.baseline", "classify the features of frozen backbones with scikit-learn"),
    "robustness": ("fakeface.commands.robustness", "measure a checkpoint on compressed, scaled, blurred, noisy images"),
    "localisation": ("fakeface.commands.localisation", "measure whether heat maps lie where fakes were edited"),
    "sweep": ("fakeface.commands.sweep", "train and test a list of configurations with several seeds"),
    "report": ("fakeface.commands.report", "compare tested runs with the paper and each other, or write a model card"),
    "serve": ("fakeface.commands.serve", "serve a web page that judges photographs and explains how"),
    "ela": ("fakeface.commands.ela", "write the error level analysis of photographs as pictures"),
    "data demo": ("fakeface.commands.data_demo", "draw a demo data set in CIPLAB's layout"),
    "data index": ("fakeface.commands.data_index", "write a manifest with a split: the report's, grouped, or folds"),
    "data download": ("fakeface.commands.data_download", "bring the real data set from Kaggle into data/"),
    "release": ("fakeface.commands.release", "write the network of a checkpoint in small files, to be given away"),
    "data audit": ("fakeface.commands.data_audit", "find shortcuts, shared sources, broken and duplicate files"),
    "weights": ("fakeface.commands.weights", "write ImageNet weights of backbones without a model hub"),
}
"""Subcommands that need no Trainer: the module that holds each, and its help."""


def main(args: Sequence[str] | None = None) -> int:
    """Run ``fakeface`` with the given arguments (default: those of the process) and return its exit code.

    Returns:
        0 when all went well, 2 for wrong input, 130 after Ctrl-C; a subcommand's own codes are passed on.
    """
    arguments = list(sys.argv[1:] if args is None else args)
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # without a console there is neither, and progress bars would fail
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115 (until the end)
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # for names that the terminal cannot show
    warnings.formatwarning = _format_warning
    logging.getLogger("matplotlib").setLevel(logging.ERROR)  # it tells where its cache is when there is no home folder
    try:
        code = _run(arguments)
        sys.stdout.flush()  # so that a full disk or a closed pipe shows here
        return code
    except UserError as error:
        print(f"fakeface: error: {_without_control(str(error))}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        # Whoever read the output, such as head, has enough; the interpreter must not complain when it flushes.
        _drop_output()
        return 141
    except OSError as error:
        print(f"fakeface: error: {sentence_of(error)}", file=sys.stderr)
        _drop_output()
        return 2
    except KeyboardInterrupt:
        print("fakeface: stopped", file=sys.stderr)
        return 130


def _format_warning(
    message: Warning | str, category: type[Warning], filename: str, lineno: int, line: str | None = None
) -> str:
    """Return a warning as a line for users, who have no use for a place in the code."""
    return f"fakeface: warning: {_without_control(str(message))}\n"


def _without_control(text: str) -> str:
    """Return text without what a terminal would obey, which a file's name may hold."""
    return "\n".join(map(visible, text.split("\n")))


def _drop_output() -> None:
    """Let nothing more be written to stdout where that fails: Python would complain of it at its end."""
    try:
        sys.stdout.flush()
    except (OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class _Parser(argparse.ArgumentParser):
    """A parser whose complaints are sentences like others."""

    def error(self, message: str) -> NoReturn:
        """Raise a ``UserError`` that says what is wrong, and what may have been meant."""
        wrong = re.match(r"argument (\S+): invalid choice: '(.*)' \(choose from (.*)\)", message)
        if wrong:
            flag, word, choices = wrong.groups()
            choices = choices.replace("'", "")
            hint = did_you_mean(word, choices.split(", ")) or f"choose one of {choices}"
            raise UserError(f"{flag} is {word!r}: {hint}")
        unknown = re.match(r"unrecognized arguments: (\S+)", message)
        if unknown:
            flag = unknown[1].partition("=")[0]
            hint = did_you_mean(flag, self._option_string_actions) or f"`{self.prog} --help` lists those that there are"
            raise UserError(f"there is no argument {flag}: {hint}")
        raise UserError(f"{message}: `{self.prog} --help` explains it")


def _run(arguments: list[str]) -> int:
    if arguments and arguments[0] in SUBCOMMANDS:
        with waiting("fakeface starts"):
            from fakeface.training.cli import run_trainer

        return run_trainer(arguments)
    name = next((name for name in (" ".join(arguments[:2]), *arguments[:1]) if name in LIGHT_COMMANDS), None)
    if name is None:
        return _overview(arguments)
    module_name, summary = LIGHT_COMMANDS[name]
    with waiting("fakeface starts"):
        module: ModuleType = importlib.import_module(module_name)
    parser = _Parser(
        prog=f"fakeface {name}",
        description=module.__doc__ or summary,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    module.add_arguments(parser)
    parsed, others = parser.parse_known_args(arguments[len(name.split()) :])
    for value in vars(parsed).values():
        for path in value if isinstance(value, list) else [value]:
            if isinstance(path, str | Path):
                check_local(path)
    if "trainer_arguments" in parsed:
        parsed.trainer_arguments = others
    elif others:
        parser.error(f"unrecognized arguments: {' '.join(others)}")
    code: int = module.run(parsed)
    return code


def _overview(arguments: list[str]) -> int:
    """Print the list of subcommands, or say which word is wrong."""
    summaries = SUBCOMMANDS | {name: summary for name, (_, summary) in LIGHT_COMMANDS.items()}
    within = bool(arguments) and arguments[0] == "data"
    if within:
        summaries = {name: summary for name, summary in summaries.items() if name.startswith("data ")}
        arguments = arguments[1:]
    if arguments == ["--version"]:
        print(f"fakeface {__version__}")
        return 0
    if arguments and arguments[0] not in {"-h", "--help"}:
        names = {name.removeprefix("data ") if within else name: name for name in summaries}
        hint = did_you_mean(" ".join(arguments[:1] if within else arguments[:2]), names)
        hint = hint or did_you_mean(arguments[0], names) or f"choose one of {', '.join(summaries)}"
        raise UserError(f"there is no subcommand {arguments[0]!r}: {hint}")
    width = max(map(len, summaries))
    print("usage: fakeface SUBCOMMAND [--help] ...\n\nTell real photographs of faces from expert-made fakes.\n")
    print("\n".join(f"  {name:<{width}}  {summary}" for name, summary in summaries.items()))
    print("\n`fakeface SUBCOMMAND --help` explains one of them. A verdict is never proof about a person.")
    return 0
