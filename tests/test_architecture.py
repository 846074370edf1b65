"""Who imports whom, held to the table of docs/architecture.md."""

import ast
import re
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from tests.documentation import REPOSITORY

PACKAGE = REPOSITORY / "fakeface"
PAGE = REPOSITORY / "docs" / "architecture.md"
HOMES = {"lightning": "fakeface.training", "timm": "fakeface.models", "albumentations": "fakeface.data.augment"}
"""The only place that imports a library."""


def rules() -> dict[str, set[str]]:
    """Return the rooms in the order of the page, and what each may import."""
    rows = re.findall(r"^\| `(\w+)` \| [^|]+ \|([^|]*)\|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    names = [name for name, _ in rows]
    return {name: set(names) if cell.strip() == "all" else set(re.findall(r"`(\w+)`", cell)) for name, cell in rows}


def module_name(path: Path) -> str:
    parts = path.relative_to(REPOSITORY).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): ast.parse(path.read_bytes()) for path in PACKAGE.rglob("*.py")}


def imported(module: str, later: bool = True) -> set[str]:
    """Return what a module imports; ``later`` includes what it imports inside of functions and for types alone."""
    nodes = list(ast.walk(MODULES[module]) if later else MODULES[module].body)
    found = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    for node in nodes:
        if isinstance(node, ast.ImportFrom):
            assert node.module, f"{module} has a relative import: name the module in full"
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                found.add(inner if inner in MODULES else node.module)
    return found


def room(module: str) -> str:
    return module.split(".")[1] if "." in module else ""


def test_every_room_is_on_the_page() -> None:
    names = {room(module) for module in MODULES} - {"", "__main__"}
    assert names == set(rules()), "docs/architecture.md names other rooms than fakeface/ has"


def test_rooms_import_only_rooms_above_them() -> None:
    order = list(rules())
    for name, allowed in rules().items():
        above = set(order[: order.index(name)])
        assert allowed <= above or allowed == set(order), f"{name} may import {allowed - above}, which stand below it"


@pytest.mark.parametrize("name", rules())
def test_a_room_imports_what_the_page_allows(name: str) -> None:
    allowed = rules()[name] | {name, ""}
    for module in MODULES:
        if room(module) == name:
            wrong = {target for target in imported(module) if target in MODULES and room(target) not in allowed}
            assert not wrong, f"{module} imports {', '.join(wrong)}: docs/architecture.md does not allow it"


def test_no_modules_import_each_other() -> None:
    graph = {module: imported(module, later=False) & MODULES.keys() - {"fakeface"} for module in MODULES}
    TopologicalSorter(graph).prepare()  # raises CycleError, which names the circle


@pytest.mark.parametrize("library", HOMES)
def test_a_library_has_one_home(library: str) -> None:
    users = {module for module in MODULES if any(f"{target}.".startswith(f"{library}.") for target in imported(module))}
    assert users, f"nothing imports {library}"
    assert all(f"{module}.".startswith(f"{HOMES[library]}.") for module in users), users


def test_the_package_itself_and_its_help_import_no_heavy_library() -> None:
    script = "import sys, fakeface.cli; fakeface.cli.main(['--help']); print(*sorted(sys.modules), sep='\\n')"
    printed = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert not {"torch", "lightning", "cv2", "numpy", *HOMES} & set(printed.splitlines())
