"""Every command and every example of the documentation, run or at least parsed.

Each page is worked through from top to bottom in a folder with a demo set and a tested run. What trains, exports or
needs the internet is only parsed, and what trains or exports little is carried out in `make soak`. A new kind of
command needs a rule in `RULES`.
"""

import argparse
import importlib
import io
import os
import re
import shlex
import shutil
import subprocess
import tomllib
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import pytest
import yaml
from torch.distributed.run import get_args_parser

from fakeface.cli import LIGHT_COMMANDS, main
from fakeface.training import SUBCOMMANDS
from tests.documentation import REPOSITORY, Code, blocks, commands, name_of

PLACEHOLDERS = {
    "PHOTO...": ["PHOTOS/real_00001.jpg", "PHOTOS/real_00002.jpg"],
    "...": ["configs/fusion_type1.yaml"],
}
"""Words that stand for what the reader has; other names in capitals are new files and folders, or lie in ``shop``."""


ALWAYS_RUN = {"--help", "data demo", "data index", "data audit", "ela", "predict", "report"}
RUN_IN_SOAK = {"fit", "test", "export", "inspect"}
SMALLER = {
    "data demo": ["--images", "12", "--size", "64"],
    "fit": [
        *("--data.size", "32", "--data.batch_size", "8", "--data.cache", "cache", "--data.augmentation", "none"),
        *("--trainer.max_epochs", "1", "--trainer.accelerator", "cpu", "--trainer.enable_progress_bar", "false"),
    ],
    "test": ["--trainer.accelerator", "cpu"],
}
"""What is added to a command so that it does not take long; it stays the command of the page."""


SCRIPTS = {"docs/distributed.md": "bash"}
"""Pages with a block in another language that a test of its own runs: tests/test_slurm.py."""


SHIPPED_CONFIGS = "configs/"
"""Trained by tests/test_configs.py, and several processes by tests/test_distributed.py: only parsed here."""


class Reader:
    """Works through a page.

    Args:
        thorough: Whether what takes long is carried out too.
        monkeypatch: Undoes what is changed.
    """

    def __init__(self, thorough: bool, monkeypatch: pytest.MonkeyPatch) -> None:
        self.thorough = thorough
        self.monkeypatch = monkeypatch
        self.names: dict[str, object] = {"__name__": "documentation"}

    def read(self, page: Path) -> None:
        for block in blocks(page):
            named = re.match(r"# ([\w/]+\.(?:py|yaml))\n", block.text)
            if block.language == "sh":
                for command in commands(block):
                    self.follow(command)
            elif block.language in {"python", "yaml"} and named:
                Path(named[1]).write_text(block.text, encoding="utf-8")
            elif block.language == "python" and ("import ray" not in block.text or self.thorough):
                exec(compile("\n" * (int(block.where.rpartition(":")[2]) - 1) + block.text, page, "exec"), self.names)
            elif block.language == "yaml":
                Path("part.yaml").write_text(block.text, encoding="utf-8")
                self.fakeface(["fit", "--config", "part.yaml"], block.where, run=False)
            elif block.language not in {"", "python", "mermaid", SCRIPTS.get(name_of(page))}:
                pytest.fail(
                    f"{block.where}: nothing in tests/documentation_reader.py covers a block of {block.language}: "
                    f"add a rule"
                )

    def follow(self, command: Code) -> None:
        """Follow the rule for a command."""
        text, piped = command.text, None
        if " | " in text:
            first, text = text.split(" | ")
            piped = subprocess.run(["bash", "-c", first], capture_output=True, check=True).stdout
        words = [os.path.expandvars(word) for word in shlex.split(text)]
        if words[0] == "PYTHONPATH=.":
            self.monkeypatch.syspath_prepend(Path.cwd())
            words = words[1:]
        rule = RULES.get(words[0])
        if rule is None:
            pytest.fail(
                f"{command.where}: no rule in tests/documentation_reader.py covers `{command.text}`: add one to RULES"
            )
        with pytest.MonkeyPatch.context() as patch:
            if piped is not None:
                patch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(piped)))
            rule(self, words[1:], command.where)

    def fakeface(self, words: Sequence[str], where: str, run: bool = True) -> None:
        """Run a subcommand, or only parse its arguments."""
        arguments = [part for word in words for part in _expand(word)]
        name = " ".join(arguments[:2]) if " ".join(arguments[:2]) in LIGHT_COMMANDS else arguments[0]
        known = {"--help", *SUBCOMMANDS, *LIGHT_COMMANDS}
        assert name in known, f"{where}: there is no subcommand {name!r}"
        runs = run and self._runs(name, arguments)
        if name in LIGHT_COMMANDS or not runs:
            parse(name, arguments, where)
        if not runs:
            return
        if "AUDIT" in arguments and not Path("AUDIT").exists() and "report" in arguments:
            shutil.copytree(".audit", "AUDIT")
        code = main([*arguments, *SMALLER.get(name, [])])
        assert code == 0, f"{where}: exit code {code}"

    def _runs(self, name: str, arguments: Sequence[str]) -> bool:
        if any(argument.startswith(SHIPPED_CONFIGS) for argument in arguments) or "--trainer.devices" in arguments:
            return False
        if name == "predict" and not self.thorough:
            # Heat maps and networks that the page trains or exports are for the long test.
            return "--ckpt_path" not in arguments and "--explain" not in arguments
        return name in ALWAYS_RUN or (self.thorough and name in RUN_IN_SOAK)


def _expand(word: str) -> list[str]:
    if word in PLACEHOLDERS:
        return PLACEHOLDERS[word]
    return sorted(map(str, Path().glob(word))) or [word] if "*" in word else [word]


def parse(name: str, arguments: Sequence[str], where: str) -> None:
    """Parse the arguments of a subcommand as `fakeface` does, and carry nothing out."""
    if name in SUBCOMMANDS:
        resolve(arguments, where)
        return
    module = importlib.import_module(LIGHT_COMMANDS[name][0])
    parsed: list[argparse.Namespace] = []

    def keep(namespace: argparse.Namespace) -> int:
        parsed.append(namespace)
        return 0

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "run", keep)
        try:
            code = main(list(arguments))
        except SystemExit as error:
            code = error.code if isinstance(error.code, int) else 1
    assert code == 0, f"{where}: `{' '.join(arguments)}` is refused"
    if "trainer_arguments" in parsed[0]:
        others = parsed[0].trainer_arguments
        configs = [path for path in arguments if path.endswith(".yaml")] or ["configs/fusion_type1.yaml"]
        for config in configs:
            resolve(["fit", "--config", config, *others], where)


def resolve(arguments: Sequence[str], where: str) -> dict[str, Any]:
    """Return what a subcommand with a Trainer makes of its arguments."""
    code: object = None
    with redirect_stdout(io.StringIO()) as printed:
        try:
            code = main([*arguments, "--print_config"])
        except SystemExit as ended:
            code = ended.code
    assert code == 0, f"{where}: `fakeface {' '.join(arguments)}` is refused"
    settings: dict[str, Any] = yaml.safe_load(printed.getvalue())
    return settings


def _fakeface(reader: Reader, words: Sequence[str], where: str) -> None:
    reader.fakeface(words, where)


def _make(reader: Reader, words: Sequence[str], where: str) -> None:
    shown = subprocess.run(["make", "-n", *words], cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert shown.returncode == 0, f"{where}: {shown.stderr}"


def _build(reader: Reader, words: Sequence[str], where: str) -> None:
    assert os.access(REPOSITORY / ".ci" / "run", os.X_OK), where


def _pip(reader: Reader, words: Sequence[str], where: str) -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    assert words[0] == "install", where
    if "--index-url" in words:
        needed = {re.split("[><=]", requirement)[0] for requirement in project["dependencies"]}
        assert set(words[1 : words.index("--index-url")]) <= needed, where
        return
    named = re.fullmatch(r"(?:fakeface|\.)\[(\w+)\]", words[-1])
    assert named, f"{where}: {words[-1]} is not an extra of fakeface"
    assert named[1] in project["optional-dependencies"], f"{where}: there is no extra {named[1]}"


def _python(reader: Reader, words: Sequence[str], where: str) -> None:
    assert list(words) == ["-m", "venv", ".venv"], where


def _torchrun(reader: Reader, words: Sequence[str], where: str) -> None:
    parsed = get_args_parser().parse_args(list(words))
    assert parsed.module, f"{where}: start it with -m fakeface"
    assert parsed.training_script == "fakeface", where
    reader.fakeface(parsed.training_script_args, where, run=False)


def _activate(reader: Reader, words: Sequence[str], where: str) -> None:
    assert list(words) == [".venv/bin/activate"], where
    assert "-m venv .venv" in (REPOSITORY / "Makefile").read_text(), where


def _tensorboard(reader: Reader, words: Sequence[str], where: str) -> None:
    assert list(words) == ["--logdir", "lightning_logs"], where
    assert list(Path("lightning_logs").glob("**/events*")), where


def _curl(reader: Reader, words: Sequence[str], where: str) -> None:
    from starlette.testclient import TestClient

    from fakeface.inference.detector import Detector
    from fakeface.inference.explain import Explainer
    from fakeface.serve.app import create_app
    from fakeface.serve.faces import draw_faces
    from tests.networks import write_checkpoint

    write_checkpoint(Path("served.ckpt"))
    detector = Detector.load("served.ckpt")
    address = next(word for word in words if word.startswith("http"))
    with TestClient(create_app(detector, Explainer(detector), draw_faces(images=16, size=96))) as client:
        path = address.removeprefix("http://127.0.0.1:8000")
        if "--data-binary" in words:
            photograph = Path(words[words.index("--data-binary") + 1].removeprefix("@"))
            answer = client.post(path, content=photograph.read_bytes())
            promised = {"page"} if path == "/api/inspect" else {"verdict", "probability", "regions"}
            assert promised <= answer.json().keys(), where
        else:
            answer = client.get(path)
        assert answer.status_code == 200, f"{where}: {answer.text}"


RULES: dict[str, Callable[[Reader, Sequence[str], str], None]] = {
    "fakeface": _fakeface,
    "torchrun": _torchrun,
    "make": _make,
    ".ci/run": _build,
    "pip": _pip,
    "python3": _python,
    "curl": _curl,
    "tensorboard": _tensorboard,
    ".": _activate,
}
"""How a command is covered, by its first word."""
