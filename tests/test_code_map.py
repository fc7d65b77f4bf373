"""CONTRIBUTING's code map is the code's: every module on a floor, imports point down."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import cliprl_lite

ROOT = Path(__file__).parents[1]
PACKAGE = Path(cliprl_lite.__file__).parent
OFF_THE_MAP = {"__init__", "course", "minimal", "printing"}


def floors() -> dict[str, int]:
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    rows = re.findall(r"^\| (\d+) \| `(\w+)` \|", text, re.MULTILINE)
    return {module: int(floor) for floor, module in rows}


def imports(module: str) -> set[str]:
    """Modules of the package that this one imports, be it at the top or in a function."""
    tree = ast.parse((PACKAGE / f"{module}.py").read_text("utf-8"))
    return {
        node.module.removeprefix("cliprl_lite.")
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("cliprl_lite.")
    }


def test_every_module_is_on_the_map() -> None:
    assert floors().keys() == {path.stem for path in PACKAGE.glob("*.py")} - OFF_THE_MAP


@pytest.mark.parametrize("module", floors())
def test_imports_point_down(module: str) -> None:
    floor = floors()
    assert all(floor[other] < floor[module] for other in imports(module) - {"printing"})


def test_what_commands_print_with_stands_below_all_floors() -> None:
    assert imports("printing") == set()


def test_the_map_fits_one_screen() -> None:
    assert len(floors()) <= 38
    listed = list(floors().values())
    assert listed == sorted(listed)
