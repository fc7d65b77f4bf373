"""Nothing that is shown, chosen or judged hangs on the last bits of a product or an exponential.

`shake` moves them at random, further than processors differ. What `machines` finds on this
processor is some of what there is; this is the rest.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import execute_notebooks
import numpy as np
import pytest
import shake
from test_travel import ROWS, promised

pytestmark = pytest.mark.slow

TESTS = Path(__file__).resolve().parent
NOTEBOOKS = sorted((TESTS.parent / "notebooks").glob("*.ipynb"))
SHAKEN = f"import sys; sys.path.insert(0, {str(TESTS)!r}); import shake; shake.start(1)"
LIGHT = "; shake.without('torch', 'sentence_transformers', 'transformers', 'scipy', 'gymnasium')"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_shows_the_same(path: Path) -> None:
    """Every output and every widget's state, to the letter; and all but the notebook of networks
    without torch and sentence-transformers."""
    light = "" if path.stem == "08_neural_policies" else LIGHT
    arguments = [f"--IPKernelApp.exec_lines={SHAKEN}{light}"]
    assert execute_notebooks.changes(path, arguments) == []


def test_checks_judge_the_same() -> None:
    """Every check's tests once more, in a process that shakes."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "shake", "tests/check"],
        cwd=TESTS.parent,
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(TESTS), *sys.path])},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4_000:]


def test_a_sweep_has_the_same_rows(run_python: Callable[..., str]) -> None:
    assert promised(run_python(f"{SHAKEN}\n{ROWS}")) == promised(run_python(ROWS))


# The shake itself -------------------------------------------------------------------------------
def test_it_moves_by_the_last_bits_only() -> None:
    values = np.random.default_rng(0).normal(size=(50, 30))
    moved = shake.moved_by(values, seed=1)
    off = np.abs(moved / values - 1)
    assert 0 < off.max() <= 1.2e-15
    assert (off > 0).mean() > 0.5
    assert np.array_equal(moved, shake.moved_by(values, seed=1))
    assert not np.array_equal(moved, shake.moved_by(values, seed=2))
    equal = shake.moved_by(np.full(1_000, 0.7), seed=1)
    assert len(set(equal.tolist())) > 3  # the place matters: a tie is broken


def test_what_it_shakes(run_python: Callable[..., str]) -> None:
    """Products by operator and by name, in the library and nowhere else; exact sums stay."""
    code = """
from cliprl_lite.transfer.alignment import cosine_similarity
from cliprl_lite.experiments.statistics import regret
import numpy as np
rows = np.random.default_rng(0).normal(size=(20, 30))
print(cosine_similarity(rows, rows).tobytes().hex(), regret([10.5, 4], [1.0, 1.0]))
print((rows @ rows.T).tobytes().hex())
"""
    still, shaken = run_python(code).split(), run_python(f"{SHAKEN}\n{code}").split()
    assert [a == b for a, b in zip(still, shaken, strict=True)] == [False, True, True]
