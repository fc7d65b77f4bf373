"""CONTRIBUTING's code map is the code's: every module on a floor, imports point down.

Beside the floors stand two rooms, `check` and `widgets`: both import the library, which imports
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
OFF_THE_MAP = {"__init__", "course", "minimal", "printing"}
ROOMS = {"check", "widgets"}
FILES = sorted(path.relative_to(PACKAGE) for path in PACKAGE.rglob("*.py"))


def floors() -> dict[str, int]:
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    rows = re.findall(r"^\| (\d+) \| `(\w+)` \|", text, re.MULTILINE)
    return {module: int(floor) for floor, module in rows}


def imports(source: str) -> set[str]:
    """What of the package a module imports, at the top or in a function: `alignment`, `check`, …

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
        found |= {name.split(".")[1] for name in names if name.startswith("cliprl_lite.")}
    return found


def of_module(name: str) -> set[str]:
    return imports((PACKAGE / f"{name}.py").read_text("utf-8"))


def test_every_module_is_on_the_map() -> None:
    assert floors().keys() == {path.stem for path in PACKAGE.glob("*.py")} - OFF_THE_MAP
    assert {path.name for path in PACKAGE.iterdir() if (path / "__init__.py").exists()} == ROOMS


@pytest.mark.parametrize("module", floors())
def test_imports_point_down(module: str) -> None:
    floor = floors()
    assert all(floor[other] < floor[module] for other in of_module(module) - {"printing"})


def test_what_commands_print_with_stands_below_all_floors() -> None:
    assert of_module("printing") == set()


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.as_posix())
def test_checks_know_no_widget_and_widgets_no_check(file: Path) -> None:
    own = {file.parts[0]} if len(file.parts) > 1 else set[str]()
    assert imports((PACKAGE / file).read_text("utf-8")) & ROOMS <= own


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
    assert len(floors()) <= 40
    listed = list(floors().values())
    assert listed == sorted(listed)
