"""Arithmetic that is off by a little, as another processor's would be.

`start(seed)` moves every element that comes out of a product, a norm, a solver, a sum or an
exponential by a relative 1e-15 at the most: some five last bits. How much follows from the
element's bits, its place and the seed, so that a shaken run gives the same twice, as a processor
does. It has to be called before `cliprl_lite` is imported, whose modules are rewritten as they are
read: `a @ b` becomes `shaken(a @ b)`, `np.exp(x)` becomes `shaken(np.exp(x))`. In a notebook's
kernel the cells are rewritten too. A sum that is a whole number of 1024ths stays: sums and means
of step counts are exact on every processor.
"""

from __future__ import annotations

import ast
import builtins
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import CodeType, ModuleType
from typing import Any

import numpy as np
import pytest

SIZE = 1e-15
SHAKEN, SUMMED = "__shaken__", "__summed__"
FUNCTIONS = {
    *("dot", "vdot", "inner", "matmul", "einsum", "tensordot"),
    *("norm", "solve", "lstsq", "inv", "pinv", "svd", "eigh"),
    *("exp", "expm1", "exp2", "log", "log1p", "log2", "tanh", "power"),
}
METHODS = {"sum", "mean", "std", "var"}


def start(seed: int) -> None:
    """Shake from now on."""
    assert not any(name.startswith("cliprl_lite") for name in sys.modules)

    def shaken(found: Any) -> Any:
        if type(found) is tuple:  # of several arrays, as lstsq gives
            return tuple(shaken(part) for part in found)
        if isinstance(found, float | np.ndarray) and np.asarray(found).dtype == np.float64:
            moved = moved_by(np.asarray(found), seed)
            return moved if isinstance(found, np.ndarray) else np.float64(moved)
        if type(found).__module__ == "torch" and found.is_floating_point():
            numbers = found.detach().numpy().astype(np.float64)
            share = moved_by(np.where(numbers == 0, 1.0, numbers), seed)
            return found * found.new_tensor(share / np.where(numbers == 0, 1.0, numbers))
        return found

    def summed(found: Any) -> Any:
        if not isinstance(found, float | np.ndarray) or np.asarray(found).dtype != np.float64:
            return found
        exact = np.asarray(found) * 1024 == np.round(np.asarray(found) * 1024)
        return np.where(exact, found, shaken(found))[()]

    builtins.__dict__.update({SHAKEN: shaken, SUMMED: summed})
    sys.meta_path.insert(0, _Finder)
    if "IPython" in sys.modules and (shell := sys.modules["IPython"].get_ipython()):
        shell.ast_transformers.append(Shaking())


def without(*packages: str) -> None:
    """As if these packages were not installed; none of them may have been imported before."""
    assert not any(name in sys.modules for name in packages)

    class Missing(MetaPathFinder):
        def find_spec(self, fullname: str, *_: object) -> None:
            if fullname.partition(".")[0] in packages:
                raise ModuleNotFoundError(f"No module named {fullname!r}", name=fullname)

    sys.meta_path.insert(0, Missing())


def moved_by(values: np.ndarray, seed: int) -> np.ndarray:
    """The values, each moved by up to `SIZE` of itself."""
    bits = np.ascontiguousarray(values).view(np.uint64).reshape(-1)
    place = np.arange(bits.size, dtype=np.uint64)
    mixed = bits ^ (place * np.uint64(0x9E3779B97F4A7C15)) ^ np.uint64(seed * 0x2545F491 + 1)
    for shift in (30, 27, 31):  # as splitmix64 mixes
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(0xBF58476D1CE4E5B9)
    share = (mixed >> np.uint64(11)).astype(float) / 2.0**53
    return values * (1.0 + SIZE * (2.0 * share - 1.0)).reshape(values.shape)


class Shaking(ast.NodeTransformer):
    """Rewrites what differs between processors."""

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        self.generic_visit(node)
        return _within(SHAKEN, node) if isinstance(node.op, ast.MatMult) else node

    def visit_Call(self, node: ast.Call) -> ast.expr:
        self.generic_visit(node)
        match node.func:
            case ast.Attribute(value=ast.Name(id="np"), attr=name) if name in FUNCTIONS:
                return _within(SHAKEN, node)
            case ast.Attribute(value=ast.Attribute(attr="linalg"), attr=name) if name in FUNCTIONS:
                return _within(SHAKEN, node)
            case ast.Attribute(attr=name) if name in METHODS:
                return _within(SUMMED, node)
        return node


def _within(function: str, node: ast.expr) -> ast.expr:
    call = ast.Call(ast.Name(function, ast.Load()), [node], [])
    return ast.fix_missing_locations(ast.copy_location(call, node))


class _Loader(SourceFileLoader):
    def get_code(self, fullname: str) -> CodeType:
        """Compiled anew: what lies in `__pycache__` is not shaken, and must not become so."""
        path = self.get_filename(fullname)
        tree = Shaking().visit(ast.parse(self.get_data(path), path))
        return compile(tree, path, "exec", dont_inherit=True)


class _Finder(PathFinder):
    @classmethod
    def find_spec(
        cls, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname.partition(".")[0] != "cliprl_lite":
            return None
        spec = super().find_spec(fullname, path, target)
        if spec is not None and type(spec.loader) is SourceFileLoader:
            spec.loader = _Loader(spec.loader.name, spec.loader.path)
        return spec


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests() -> None:
    """`python -m pytest -p shake` runs tests on shaken arithmetic."""
    start(seed=1)
