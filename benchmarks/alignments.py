"""How long do 100 alignments take in one batch, beside one after the other?

    python benchmarks/alignments.py [--json FILE]

At the size of the 25×25 corner tasks: four base tasks, policies of 2,500 numbers, 64 shared
dimensions, 50 steps. The other side is the training as one would write it with torch's own
modules, for some of them, scaled to 100. It runs in one thread: with more, torch's threads wait
for each other at every product, on a busy machine for minutes.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from measurement import PEAK, Measurement, best_of, figure, fresh, report

from cliprl_lite.alignment import AlignmentSettings, contrastive_loss, unit_rows
from cliprl_lite.alignment_training import align_batch

BATCH, BASES, SENTENCE, POLICY = 100, 4, 384, 2_500
SETTINGS = AlignmentSettings()

TRAIN = f"""
import alignments
alignments.batch()
{PEAK}
print(peak)
"""


def pairs(batch: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    shape = (batch, BASES)
    return rng.standard_normal((*shape, SENTENCE)), rng.standard_normal((*shape, POLICY))


def batch(size: int = BATCH) -> list[float]:
    """The last loss of each alignment of one batch."""
    fitted = align_batch(*pairs(size), SETTINGS, range(size))
    return [float(alignment.losses[-1]) for alignment in fitted]


def one_by_one(count: int) -> list[float]:
    """The same training with `torch.nn.Linear` and Adam as they come, one after the other."""
    last = []
    for sentences, policies in zip(*pairs(count), strict=True):
        x, y = (torch.from_numpy(unit_rows(a - a.mean(axis=0))) for a in (sentences, policies))
        towers = [torch.nn.Linear(a.shape[1], SETTINGS.dimension, False).double() for a in (x, y)]
        parameters = [tower.weight for tower in towers]
        optimiser = torch.optim.Adam(parameters, lr=SETTINGS.learning_rate)
        for _ in range(SETTINGS.steps + 1):
            a, b = (
                torch.nn.functional.normalize(tower(rows), dim=1)
                for tower, rows in zip(towers, (x, y), strict=True)
            )
            loss = contrastive_loss(a @ b.T, SETTINGS.temperature, y @ y.T)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        last.append(loss.item())
    return last


def timed(train: Callable[[int], list[float]], count: int) -> tuple[float, list[float]]:
    begin = time.perf_counter()
    losses = train(count)
    return time.perf_counter() - begin, losses


def batch_ratio(count: int, rounds: int) -> tuple[float, float, float]:
    """One by one over one batch, for the same number; seconds of each, of 100."""
    single = together = np.inf
    threads = torch.get_num_threads()
    for _ in range(rounds):
        torch.set_num_threads(1)
        single_seconds, single_losses = timed(one_by_one, count)
        torch.set_num_threads(threads)
        seconds, losses = timed(batch, count)
        if abs(np.mean(losses) - np.mean(single_losses)) > 0.01:
            raise AssertionError("the two sides do not train the same thing")
        single, together = min(single, single_seconds), min(together, seconds)
    return single / together, single * BATCH / count, together * BATCH / count


def measure() -> list[Measurement]:
    ratio, single, _ = batch_ratio(10, rounds=5)
    seconds = best_of(batch, 15)
    return [
        Measurement(
            "alignment_batch",
            "100 alignments at 25×25 in one batch",
            seconds,
            "s",
            3,
            note=f"one after the other, plainly: {figure(single)} s (scaled from 10)",
        ),
        Measurement(
            "alignment_ratio",
            "alignments: one after the other, plainly, over one batch",
            ratio,
            "×",
        ),
        Measurement(
            "alignment_memory",
            "peak memory of a process that trains them",
            float(fresh(TRAIN, PYTHONPATH=str(Path(__file__).parent))),
            "MB",
            600,
        ),
    ]


if __name__ == "__main__":
    sys.exit(report(measure))
