"""What is there, what is missing, and how fast this machine is: `cliprl-lite doctor`."""

from __future__ import annotations

import os
import platform
import time
import warnings
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec

from cliprl_lite.language.sentences import (
    INSTALL_ENCODER,
    ModelError,
    shipped_vectors,
    trusted_model_folder,
)
from cliprl_lite.learning.qlearning import Learner
from cliprl_lite.worlds.gridworld import GridWorld
from cliprl_lite.worlds.suite_files import suite_names

EXTRAS = {
    "lab": ("jupyterlab", "opens the notebooks"),
    "fast": ("numba", "compiles the loops: 07, 09 and 10 take seconds in place of minutes"),
    "networks": ("torch", "08 learns networks"),
    "gym": ("gymnasium", "worlds that others made"),
    "reference": ("sentence-transformers", "the encoder's own library, to compare with"),
    "cluster": ("distributed", "sweeps on several machines"),
}
"""Extra → the package by which it is known, and what for."""

MEASURED = 0.3
"""Seconds for which steps are counted."""


def report() -> list[str]:
    """Ten lines about this installation.

    Example:
        >>> lines = report()
        >>> len(lines), lines[0].startswith("cliprl-lite")
        (10, True)
    """
    made_for = f"Python {platform.python_version()}, {platform.system()} {platform.machine()}"
    return [
        f"cliprl-lite {version('cliprl-lite')}, {made_for}, {os.cpu_count()} cores",
        _data(),
        _encoder(),
        *(_extra(extra, *what) for extra, what in EXTRAS.items()),
        _speed(),
    ]


def _data() -> str:
    try:
        suites, vectors = suite_names(), shipped_vectors()
    except (OSError, ModelError) as error:
        return f"data: DAMAGED: {error}"
    return f"data: {len(suites)} suites, {len(vectors)} sentence vectors, whole"


def _encoder() -> str:
    try:
        trusted_model_folder()
    except ModelError:
        return f"typed sentences (some in 00, 03, 05): MISSING: {INSTALL_ENCODER}"
    return "typed sentences: the encoder is there, its files are the published ones"


def _extra(extra: str, package: str, purpose: str) -> str:
    try:
        return f"{package} {version(package)}: {purpose}"
    except PackageNotFoundError:
        command = f'python -m pip install "cliprl-lite[{extra}]"'
        return f"{package}: MISSING ({purpose}): {command}"


def _speed() -> str:
    """How many steps of Q-learning a second."""
    learner = Learner(GridWorld.open_map(25), (0, 0), seed=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that numba is missing stands above
        learner.run(1_000)  # compiled now, if it was not
    before, began = learner.steps, time.perf_counter()
    while (seconds := time.perf_counter() - began) < MEASURED:
        learner.run(20_000)
    millions = (learner.steps - before) / seconds / 1e6
    how = "compiled by numba" if find_spec("numba") else "in plain Python"
    return f"speed: {millions:,.2f} million steps of Q-learning a second, {how}"
