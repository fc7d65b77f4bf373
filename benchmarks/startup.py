"""How long does the import take, and how much memory does a kernel of the course need?

    python benchmarks/startup.py [--json FILE]

The memory is the peak that a kernel itself reports after it has run a whole notebook or cell.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path

import nbformat
from measurement import PEAK, Measurement, figure, fresh, report
from nbclient import NotebookClient

NOTEBOOKS = Path(__file__).resolve().parent.parent / "notebooks"

IMPORT = """
import sys, time
begin = time.perf_counter()
import {module}
print(time.perf_counter() - begin)
heavy = {{"torch", "numba", "transformers", "sentence_transformers", "plotly", "pandas", "scipy"}}
assert "{module}" != "cliprl_lite" or not heavy & set(sys.modules), heavy & set(sys.modules)
"""

TYPE = """
from cliprl_lite import embed
embed(["a sentence that nobody has typed before"])
"""

TRAIN = """
import numpy as np
import cliprl_lite as clip

rng = np.random.default_rng(0)
batch = rng.standard_normal((100, 4, 384)), rng.standard_normal((100, 4, 2_500))
from cliprl_lite.transfer.alignment_training import align_batch
fitted = align_batch(*batch, seeds=range(100))
"""


def import_seconds(module: str) -> float:
    """Seconds of `import module` in a fresh process."""
    return float(fresh(IMPORT.format(module=module)))


def import_times(runs: int) -> tuple[float, float]:
    """Best seconds to import the package, and to import numpy alone, in turns."""
    pairs = [(import_seconds("cliprl_lite"), import_seconds("numpy")) for _ in range(runs)]
    package, numpy = (min(pair[side] for pair in pairs) for side in (0, 1))
    return package, numpy


def peak_megabytes(*cells: str, **environment: str) -> float:
    """Peak resident memory of a kernel that has run these cells, in MB."""
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(source) for source in (*cells, f"{PEAK}\npeak")]
    )
    client = NotebookClient(notebook, timeout=300, kernel_name="python3")
    client.execute(env={**os.environ, **environment})
    return float(notebook.cells[-1].outputs[0]["data"]["text/plain"])


def code_of(notebook: str) -> list[str]:
    content = json.loads((NOTEBOOKS / notebook).read_text("utf-8"))
    return ["".join(c["source"]) for c in content["cells"] if c["cell_type"] == "code"]


def measure() -> list[Measurement]:
    package, numpy = import_times(10)
    tour = (*code_of("00_tour.ipynb"), TYPE)
    with tempfile.TemporaryDirectory() as empty:
        compiling = peak_megabytes(*tour, NUMBA_CACHE_DIR=empty)
    return [
        Measurement(
            "import",
            "import cliprl_lite",
            package,
            "s",
            0.3,
            note=f"numpy alone: {figure(numpy)} s; no torch, numba, transformers, plotly, pandas, "
            "scipy",
        ),
        Measurement("import_ratio", "import: numpy alone over cliprl_lite", numpy / package, "×"),
        Measurement(
            "kernel_idle", "peak memory of a kernel that has done nothing", peak_megabytes(), "MB"
        ),
        Measurement(
            "kernel_tour",
            "peak memory of a kernel that tours, types and races",
            peak_megabytes(*tour),
            "MB",
            250,
            note="the whole of 00_tour, after an installation by make",
        ),
        Measurement(
            "kernel_compiling",
            "… where the learning loop has to be compiled first",
            compiling,
            "MB",
        ),
        Measurement(
            "kernel_train",
            "… and that trains 100 alignments at 25×25 as well",
            peak_megabytes(*tour, TRAIN),
            "MB",
            600,
        ),
    ]


if __name__ == "__main__":
    sys.exit(report(measure))
