"""What does a Dask cluster cost, and is its table the same?

    python benchmarks/cluster.py [--json FILE]

One sweep by two processes of this machine, and by a Dask cluster with two worker processes on this
machine, in turns. The cluster stands before the clock starts, and one sweep has warmed both.
"""

from __future__ import annotations

import sys
import time

import numpy as np
from distributed import LocalCluster
from measurement import Measurement, figure, report

from cliprl_lite.experiments.sweeps import figure2_sweep, run_sweep

SWEEP = figure2_sweep((15,), trials=16)


def measure() -> list[Measurement]:
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as cluster:
        choices = {
            "processes": {"workers": 2},
            "dask": {"backend": "dask", "scheduler": cluster.scheduler_address},
        }
        best, tables = dict.fromkeys(choices, np.inf), {}
        for _ in range(3):
            for backend, how in choices.items():
                begin = time.perf_counter()
                tables[backend] = run_sweep(SWEEP, progress=False, **how)
                best[backend] = min(best[backend], time.perf_counter() - begin)
    if not tables["dask"].equals(tables["processes"]):
        raise AssertionError("the cluster's table is not that of the processes")
    return [
        Measurement(
            "cluster",
            "a sweep of 16 trials at 15×15: Dask cluster over processes, two workers each",
            best["dask"] / best["processes"],
            "×",
            1.5,
            note=f"{figure(best['dask'])} s over {figure(best['processes'])} s; the same table, "
            "bit for bit",
        )
    ]


if __name__ == "__main__":
    sys.exit(report(measure))
