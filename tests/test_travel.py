"""Numbers travel: another processor's arithmetic gives the same rows, bit for bit.

All but those of the paper's text, whose training amplifies a last bit: `sensitivity` says so below.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from machines import machines

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


@pytest.mark.parametrize("machine", machines())
def test_rows_are_the_same_on_another_machine(
    machine: str, rows_here: str, run_python: Callable[..., str]
) -> None:
    assert run_python(ROWS, **machines()[machine]) == rows_here


def test_rows_are_the_same_with_one_thread(rows_here: str, run_python: Callable[..., str]) -> None:
    one = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    assert run_python(ROWS, **one) == rows_here


def test_machines_are_others(run_python: Callable[..., str]) -> None:
    """They are not this one under other names: their products differ in the last bit somewhere."""
    product = """
import numpy as np
rows = np.random.default_rng(0).normal(size=(40, 384))
print((rows @ rows.T).tobytes().hex(), np.exp(rows).tobytes().hex())
"""
    found = {run_python(product, **machine) for machine in machines().values()}
    assert len(found) == len(machines())


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
