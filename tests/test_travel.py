"""Numbers travel: another processor's arithmetic gives the same rows, bit for bit."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from numpy._core._multiarray_umath import __cpu_dispatch__

ROWS = """
import json
from cliprl_lite.tasks import load_suite
from cliprl_lite.trials import Job, run_job

methods = ("alg1", "alg2", "alg2_identity", "alg2_text", "alg2_box", "ridge")
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
