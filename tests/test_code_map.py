"""CONTRIBUTING's code map is the code's: every module stands there, and imports point up the page.

Two rooms stand beside the map, `check` and `widgets`: both import the library, which imports
neither, and they do not import each other.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import cliprl_lite

ROOT = Path(__file__).parents[1]
PACKAGE = Path(cliprl_lite.__file__).parent
BESIDE = {"check", "widgets"}
ALONE = {"_arrays", "_printing", "minimal"}
"""Modules that import nothing of the package."""

FILES = sorted(
    path.relative_to(PACKAGE) for path in PACKAGE.rglob("*.py") if path.name != "__init__.py"
)


def module_of(file: Path) -> str:
    return ".".join(file.with_suffix("").parts)


def drawn() -> list[str]:
    """The lines of the code map below its head."""
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    found = re.search(r"^```text\nroom .+\n((?:.+\n)+?)```", text, re.MULTILINE)
    assert found
    return found[1].splitlines()


def listed() -> list[str]:
    """Every module of the code map, in its order: `_arrays`, `language.encoder`, …

    Between its columns are two spaces or more: room, module, what it is about, module, …
    """
    modules, room = [], ""
    for line in drawn():
        first, *cells = re.split(r" {2,}", line)
        room = first or room
        inside = f"{room[:-1]}." if room.endswith("/") else ""
        modules += [inside + module for module in cells[::2]]
    return modules


MAP = listed()


def imports(source: str) -> set[str]:
    """Modules of the package that a source imports, at the top or in a function.

    A module's name in a string counts, since `import_module` takes one; one in a docstring's
    example does not.
    """
    found = set[str]()
    for node in ast.walk(ast.parse(source)):
        names = list[str]()
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports here are absolute, so that one can look for them"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            names = [node.value] if re.fullmatch(r"cliprl_lite(\.\w*)+", node.value) else []
        inside = [name.removeprefix("cliprl_lite.") for name in names if "cliprl_lite." in name]
        found |= {place(name) for name in inside}
    return found


def place(name: str) -> str:
    """`worlds.gridworld.GridWorld` → `worlds.gridworld`; a name of the front door as it is."""
    parts = name.split(".")
    if parts[0] in BESIDE:
        return parts[0]
    return next((".".join(parts[:n]) for n in (2, 1) if ".".join(parts[:n]) in MAP), name)


def test_every_module_is_on_the_map_once() -> None:
    assert sorted(MAP) == [module_of(file) for file in FILES if file.parts[0] not in BESIDE]


@pytest.mark.parametrize("module", MAP)
def test_imports_point_up_the_page(module: str) -> None:
    source = (PACKAGE / f"{module.replace('.', '/')}.py").read_text("utf-8")
    above = [] if module in ALONE else MAP[: MAP.index(module)]
    assert imports(source) - {module} <= set(above)


@pytest.mark.parametrize(
    "file", [file for file in FILES if file.parts[0] in BESIDE], ids=lambda file: file.as_posix()
)
def test_checks_know_no_widget_and_widgets_no_check(file: Path) -> None:
    known = imports((PACKAGE / file).read_text("utf-8"))
    assert known <= {*MAP, file.parts[0]} - {"cli", "course", "minimal"}


@pytest.mark.parametrize(
    "line",
    [
        "import cliprl_lite.widgets.race",
        "from cliprl_lite import widgets",
        "from cliprl_lite.widgets import race",
        "from cliprl_lite.widgets.race import Race",
        "def later():\n    from cliprl_lite.widgets.race import Race",
        "import_module('cliprl_lite.widgets.race')",
        "import_module(f'cliprl_lite.widgets.{name}')",
    ],
)
def test_every_way_to_import_is_seen(line: str) -> None:
    assert imports(line) == {"widgets"}
    assert imports(line.replace("cliprl_lite", "numpy")) == set()


def test_the_map_fits_one_screen() -> None:
    assert len(drawn()) <= 44
    assert max(map(len, drawn())) <= 120
