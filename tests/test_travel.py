"""Numbers travel: another processor's arithmetic gives the same rows, bit for bit.

All but those of the paper's text, whose training amplifies a last bit: `sensitivity` says so below.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy._core._multiarray_umath import __cpu_dispatch__

from cliprl_lite.alignment import IDENTITY, PAPER_BOX, PAPER_TEXT, AlignmentSettings
from cliprl_lite.alignment_training import align_batch
from cliprl_lite.language import embed
from cliprl_lite.stability import sensitivity
from cliprl_lite.tasks import load_suite

ROWS = """
import json
from cliprl_lite.tasks import load_suite
from cliprl_lite.trials import Job, run_job

methods = ("alg1", "alg2", "alg2_identity", "alg2_box", "ridge")
rows = run_job(Job(load_suite("corners", 9), 5, (), methods, cap=300_000))
rows += run_job(Job(load_suite("colours_6"), 5, ("go to the red box",), methods, cap=300_000))
print(json.dumps(rows, default=lambda number: number.item()))
"""


@pytest.fixture(scope="module")
def rows_here(run_python: Callable[..., str]) -> str:
    return run_python(ROWS)


@pytest.mark.parametrize(
    "machine",
    [
        {"ATEN_CPU_CAPABILITY": "default"},
        {"OPENBLAS_CORETYPE": "Nehalem", "OPENBLAS_NUM_THREADS": "1"},
        {"NPY_DISABLE_CPU_FEATURES": " ".join(__cpu_dispatch__)},
        {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"},
    ],
    ids=[
        "torch without AVX",
        "another BLAS kernel",
        "NumPy without its faster paths",
        "one thread",
    ],
)
def test_rows_are_the_same_on_another_machine(
    machine: dict[str, str], rows_here: str, run_python: Callable[..., str]
) -> None:
    assert run_python(ROWS, **machine) == rows_here


@pytest.mark.parametrize(
    ("settings", "travels"),
    [(AlignmentSettings(), True), (IDENTITY, True), (PAPER_BOX, True), (PAPER_TEXT, False)],
    ids=["soft", "identity", "box", "text"],
)
def test_which_alignments_travel(settings: AlignmentSettings, travels: bool) -> None:
    """Of the corners, twenty starts: whether a shake of the last bit reaches a sixth decimal."""
    corners = load_suite("corners", 9)
    tau = embed([task.sentence for task in corners.tasks])
    tables = np.stack([corners.world.optimal_q(task.goal).ravel() for task in corners.tasks])
    pairs = (np.broadcast_to(side, (20, *side.shape)) for side in (tau, tables))
    moved = sensitivity(align_batch(*pairs, settings, range(20)), [embed(["left"])] * 20)
    assert bool((moved < 5e-7).all()) is travels
