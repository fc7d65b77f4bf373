"""How long do 100 alignments take in one batch, beside whole towers trained one after the other?

    python benchmarks/alignments.py [--json FILE]

At the size of the 25×25 corner tasks: four base tasks, policies of 2,500 numbers, 64 shared
dimensions, this project's own setting. The other side is `reference_alignment` with torch's Adam,
as one would write it with torch's own parts: for some of them, scaled to 100.
"""

from __future__ import annotations

import sys
import time

import numpy as np
import reference_alignment
import torch
from measurement import PEAK, Measurement, best_of, figure, fresh, report

from cliprl_lite.transfer.alignment import AlignmentSettings
from cliprl_lite.transfer.alignment_training import align, align_batch

BATCH, BASES, SENTENCE, POLICY = 100, 4, 384, 2_500
SETTINGS = AlignmentSettings()

TRAIN = f"""
import numpy as np
from cliprl_lite.transfer.alignment_training import align_batch
rng = np.random.default_rng(0)
sentences = rng.standard_normal(({BATCH}, {BASES}, {SENTENCE}))
policies = rng.standard_normal(({BATCH}, {BASES}, {POLICY}))
fitted = align_batch(sentences, policies, seeds=range({BATCH}))
{PEAK}
print(peak)
"""


def pairs(batch: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    shape = (batch, BASES)
    return rng.standard_normal((*shape, SENTENCE)), rng.standard_normal((*shape, POLICY))


def batch(size: int = BATCH) -> list[float]:
    """The first loss of each alignment of one batch."""
    fitted = align_batch(*pairs(size), SETTINGS, range(size))
    return [float(alignment.losses[0]) for alignment in fitted]


def one_by_one(count: int) -> list[float]:
    """The same of whole towers, one after the other."""
    return [
        float(reference_alignment.train(x, y, SETTINGS, seed, torch.optim.Adam).losses[0])
        for seed, (x, y) in enumerate(zip(*pairs(count), strict=True))
    ]


def batch_ratio(count: int, rounds: int) -> tuple[float, float, float]:
    """One by one over one batch, for the same number; seconds of each, of 100."""
    single = together = np.inf
    for _ in range(rounds):
        begin = time.perf_counter()
        theirs = one_by_one(count)
        between = time.perf_counter()
        ours = batch(count)
        end = time.perf_counter()
        if not np.allclose(ours, theirs, rtol=0, atol=1e-9):
            raise AssertionError("the two sides do not start from the same towers")
        single, together = min(single, between - begin), min(together, end - between)
    return single / together, single * BATCH / count, together * BATCH / count


def measure() -> list[Measurement]:
    ratio, single, _ = batch_ratio(10, rounds=5)
    x, y = (side[0] for side in pairs(1))
    return [
        Measurement(
            "alignment_batch",
            "100 alignments at 25×25 in one batch",
            best_of(batch, 15),
            "s",
            0.5,
            note=f"whole towers, one after the other, by Adam: {figure(single)} s (scaled from 10)",
        ),
        Measurement("alignment_one", "one of them", best_of(lambda: align(x, y), 5), "s", 0.02),
        Measurement(
            "alignment_ratio",
            "alignments: whole towers one after the other, over one batch",
            ratio,
            "×",
        ),
        Measurement(
            "alignment_memory",
            "peak memory of a process that trains them",
            float(fresh(TRAIN)),
            "MB",
            600,
        ),
    ]


if __name__ == "__main__":
    sys.exit(report(measure))
