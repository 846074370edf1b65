"""Every command and every example of the documentation, run or at least parsed, each page in a folder of its own."""

import argparse
import importlib
import re
import shlex
import shutil
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from skimage.data import astronaut
from torch.distributed.run import get_args_parser

from fakeface.cli import LIGHT_COMMANDS, main
from fakeface.training import SUBCOMMANDS
from tests.documentation import PAGES, REPOSITORY, Code, anchors, links, name_of, spans
from tests.documentation_reader import RULES, Reader, resolve

TRAINER_FLAGS = {"--config", "--ckpt_path", "--print_config", "--help", "--version"}


@pytest.fixture(scope="module")
def audited(demo_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `fakeface data audit` writes about the demo set."""
    folder = tmp_path_factory.mktemp("audit") / "AUDIT"
    assert main(["data", "audit", str(demo_root), "--out", str(folder)]) == 0
    return folder


@pytest.fixture
def shop(
    demo_root: Path, tested: Path, audited: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    """The current folder of a reader who has the repository, data, photographs and two tested runs."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("NODE_RANK", "1")
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    Path("configs").symlink_to(REPOSITORY / "configs")
    Path("data").mkdir()
    for name in ("demo", "real_and_fake_face"):
        Path("data", name).symlink_to(demo_root)
    shutil.copytree(audited, ".audit")
    reals, fakes = (sorted(demo_root.glob(f"training_{label}/*.jpg")) for label in ("real", "fake"))
    for folder, names in {
        "PHOTOS": [*reals[:6], *fakes[:6]],
        "photos/authentic": reals,
        "photos/edited": fakes,
    }.items():
        Path(folder).mkdir(parents=True)
        for path in names:
            shutil.copy(path, folder)
    Image.fromarray(astronaut()).save("photo.jpg")  # a portrait in the public domain
    for experiment in ("tiny", "fusion_type1"):
        shutil.copytree(tested, Path("lightning_logs", experiment, "version_0"))
    yield tmp_path
    if "ray" in sys.modules:
        sys.modules["ray"].shutdown()
    for path in tmp_path.glob("*.py"):
        sys.modules.pop(path.stem, None)


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_page(page: Path, shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Reader(False, monkeypatch).read(page)


@pytest.mark.soak
@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_page_with_what_takes_long(page: Path, shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Reader(True, monkeypatch).read(page)


def test_a_command_without_a_rule_fails(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = Reader(False, monkeypatch)
    with pytest.raises(pytest.fail.Exception, match=r"a.md:3: no rule .* covers `kubectl apply`"):
        reader.follow(Code("a.md:3", "sh", "kubectl apply"))
    for wrong in ("fakeface fly", "fakeface predict --sauce PHOTO", "make nothing", "pip install 'fakeface[none]'"):
        with pytest.raises(AssertionError, match=r"a.md:3"):
            reader.follow(Code("a.md:3", "sh", wrong))


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_flags_and_commands_in_running_text_exist(page: Path, shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[str] = []
    named: list[str] = []
    for span in spans(page):
        words = shlex.split(span.text) if re.match(r"(fakeface|make|--)", span.text) else [""]
        flag = words[0].partition("=")[0].removesuffix("+")
        if words[0] == "make":
            RULES["make"](Reader(False, monkeypatch), words[1:], span.where)
        elif words[0] == "fakeface" and len(words) > 1:
            _check_mention(words[1:], span.where)
        elif flag.startswith("--") and "." not in flag:
            assert flag in _light_flags() | TRAINER_FLAGS, f"{span.where}: no subcommand has {flag}"
        elif flag.startswith("--") and (len(words) > 1 or "=" in words[0]):
            given += words
        elif flag.startswith("--"):
            named.append(flag)
    if given or named:
        settings = resolve(["fit", "--config", "configs/fusion_type1.yaml", *given], name_of(page))
        for flag in named:
            place: Any = settings
            for part in flag.removeprefix("--").split("."):
                assert part in place, f"{name_of(page)}: there is no {flag}"
                place = place[part]


def _check_mention(words: Sequence[str], where: str) -> None:
    """Check the subcommand and its undotted flags; required arguments may be left out in running text."""
    name = next((" ".join(words[:n]) for n in (2, 1) if " ".join(words[:n]) in {*LIGHT_COMMANDS, *SUBCOMMANDS}), "")
    assert name or words[0].isupper() or words[0] in TRAINER_FLAGS, f"{where}: there is no such subcommand"
    flags = {word for word in words if word.startswith("--") and "." not in word}
    known = TRAINER_FLAGS | (_flags_of(name) if name in LIGHT_COMMANDS else set())
    assert flags <= known, f"{where}: there is no {', '.join(flags - known)}"


def _flags_of(name: str) -> set[str]:
    parser = argparse.ArgumentParser()
    importlib.import_module(LIGHT_COMMANDS[name][0]).add_arguments(parser)
    return {flag for action in parser._actions for flag in action.option_strings}


def _light_flags() -> set[str]:
    torchrun = {flag for action in get_args_parser()._actions for flag in action.option_strings}
    return torchrun.union(*(_flags_of(name) for name in LIGHT_COMMANDS))


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_somewhere(page: Path) -> None:
    for target in links(page):
        path, _, anchor = target.partition("#")
        aim = (page.parent / path).resolve() if path else page
        assert aim.exists(), f"{name_of(page)}: there is no {target}"
        assert not anchor or anchor in anchors(aim), f"{name_of(page)}: {path or 'this page'} has no heading #{anchor}"


def test_the_readme_leads_to_every_page() -> None:
    linked = {(REPOSITORY / target.partition("#")[0]).resolve() for target in links(REPOSITORY / "README.md")}
    assert {page for page in PAGES if page.name != "README.md"} <= linked
