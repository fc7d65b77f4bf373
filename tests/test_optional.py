"""What is said where an optional package is missing: what needs it, and the one command."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
PROJECT = tomllib.loads((TESTS.parent / "pyproject.toml").read_text("utf-8"))["project"]

NETWORK = """
import numpy as np
from cliprl_lite import GridWorld, NetworkSettings, fitted_q_iteration, initialise
from cliprl_lite.learning.matching import matching_permutations
settings, world = NetworkSettings(), GridWorld.open_map(3)
start = initialise(settings.widths(world), [np.random.default_rng(0)])
"""
NEEDS = {
    ("torch", "networks", "training a network"): f"""{NETWORK}
fitted_q_iteration(world, [(0, 0)], start, settings)
""",
    ("scipy", "networks", "matching two networks' neurons"): f"""{NETWORK}
one = [(weights[0], biases[0]) for weights, biases in start]
matching_permutations(one, one)
""",
    ("sentence_transformers", "reference", "another sentence encoder"): """
from cliprl_lite import embed
embed(["go home"], model="sentence-transformers")
""",
    ("distributed", "cluster", "the backend 'dask'"): """
from cliprl_lite.experiments.backends import on_dask
list(on_dask(abs, {"a": 1}, "tcp://127.0.0.1:1"))
""",
}  # fmt: skip


def last_line(package: str, code: str) -> str:
    """What a Python without this package ends with."""
    done = subprocess.run(
        [sys.executable, "-c", f"import shake; shake.without({package!r})\n{code}"],
        env=os.environ | {"PYTHONPATH": f"{TESTS}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1, done.stdout
    return done.stderr.splitlines()[-1]


@pytest.mark.parametrize("need", NEEDS, ids=lambda need: need[0])
def test_a_missing_package_is_named_with_its_purpose_and_the_command(need: tuple[str, ...]) -> None:
    package, extra, purpose = need
    said = last_line(package, NEEDS[need])
    assert purpose in said
    assert said.endswith(f'python -m pip install "cliprl-lite[{extra}]"')
    assert extra in PROJECT["optional-dependencies"]


def test_the_light_install_names_no_heavy_package() -> None:
    """numba alone is larger than all that the light install brings."""
    light = " ".join(PROJECT["dependencies"])
    assert not any(name in light for name in ("torch", "sentence", "numba", "scipy", "jupyterlab"))
