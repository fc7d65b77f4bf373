"""The learning rate and the length of every training in the multiverse, by the rules of its plan.

    python benchmarks/multiverse_settings.py

Only suites named `dev_…` are read here, each with all of its tasks as bases. What comes out is
`data/results/settings_multiverse.csv`; the rules stand in `data/multiverse.toml`.
"""

from __future__ import annotations

from functools import partial
from itertools import product

import numpy as np
import pandas as pd
import reference_alignment
import torch
from choose_settings import SUITES
from joblib import Parallel, delayed

from cliprl_lite._paths import data_path
from cliprl_lite._printing import forgiving_output
from cliprl_lite._rounding import rounded
from cliprl_lite.experiments.multiverse import plan
from cliprl_lite.experiments.policy_classes import rng_for
from cliprl_lite.experiments.results import write_table
from cliprl_lite.language.sentences import embed
from cliprl_lite.learning.policies import learn_policy, policy_vectors
from cliprl_lite.transfer.alignment import AlignmentSettings
from cliprl_lite.transfer.alignment_training import DivergedError, align
from cliprl_lite.worlds.suite_files import load_suite

TRAINING = ["similarity", "temperature", "optimiser", "centre", "unit_length"]
"""The choices that a learning rate and a length depend on."""

ADAM = partial(torch.optim.Adam, fused=True)
"""In one pass over the towers: that takes a quarter of the time."""


def losses(source: str, size: int | None, similarity: str, optimiser: str) -> list[dict]:
    """For each learning rate, δ, centring and length of the inputs: the loss before each step and
    after the last, of one suite; not a number if it diverged."""
    said, learned = load(source, size)
    rates = plan()["rules"]["rates"][optimiser]
    return [row for rate in rates for row in at_rate(said, learned, similarity, optimiser, rate)]


def at_rate(said, learned, similarity: str, optimiser: str, rate: float) -> list[dict]:
    """The same at one learning rate."""
    steps = 2 * plan()["rules"]["marks"][-1]
    variants = [
        AlignmentSettings(similarity, "identity", centre, unit, delta, steps, rate)
        for delta, centre, unit in product(
            *(plan()["choices"][name] for name in ("temperature", "centre", "unit_length"))
        )
    ]
    if optimiser == "adam":
        many = [np.repeat(rows[None], len(variants), axis=0) for rows in (said, learned)]
        seeds = [0] * len(variants)
        trained = reference_alignment.train_many(*many, variants, [steps], seeds, ADAM)
        curves = [path[0].losses for path in trained]
    else:
        curves = [descended(said, learned, own) for own in variants]
    return [
        {
            "similarity": similarity, "temperature": own.temperature, "optimiser": optimiser,
            "centre": own.centre, "unit_length": own.unit_length, "learning_rate": rate,
            "losses": curve,
        }
        for own, curve in zip(variants, curves, strict=True)
    ]  # fmt: skip


def load(source: str, size: int | None) -> tuple[np.ndarray, np.ndarray]:
    """A suite's sentences and its learned policies, as vectors."""
    suite = load_suite(source, size)
    policies = [
        learn_policy(suite.world, task.goal, rng_for(0, suite.name, task.name))[0]
        for task in suite.tasks
    ]
    return embed([task.sentence for task in suite.tasks]), policy_vectors(policies)


def descended(said: np.ndarray, learned: np.ndarray, settings: AlignmentSettings) -> np.ndarray:
    """The losses of plain descent."""
    try:
        return align(said, learned, settings).losses
    except DivergedError:
        return np.full(settings.steps + 1, np.nan)


def rises(curve: np.ndarray) -> bool:
    """Whether a loss ever rises by more than the plan allows, or is no number."""
    smooth = np.isfinite(curve).all() and np.diff(curve).max() <= plan()["rules"]["rise"] * curve[0]
    return not smooth


def flat(curves: list[np.ndarray]) -> int:
    """From which mark on twice as many steps gain little, in the median suite."""
    rules = plan()["rules"]
    marks = rules["marks"]
    fallen = np.median([[(c[0] - c[m]) / c[0] for m in marks] for c in curves], axis=0)
    to_come = np.median([[(c[m] - c[2 * m]) / c[0] for m in marks] for c in curves], axis=0)
    over = (rounded(fallen) >= rules["fall"]) & (rounded(to_come) < rules["gain"])
    return marks[int(over.argmax())] if over.any() else marks[-1]


def choose(found: pd.DataFrame) -> pd.DataFrame:
    """For each training the learning rate and the lengths."""
    rows = []
    for names, tried in found.groupby(TRAINING, sort=False):
        shaky = tried.groupby("learning_rate")["losses"].apply(lambda c: any(map(rises, c)))
        calm = shaky.index[~shaky]
        rate = float(max(calm) if len(calm) else min(shaky.index))
        steps = flat(tried.loc[tried["learning_rate"] == rate, "losses"].tolist())
        rows.append(
            dict(zip(TRAINING, names, strict=True))
            | {"learning_rate": rate, "rises": not len(calm)}
            | {"short": steps // 10, "flat": steps, "long": 10 * steps}
        )
    table = pd.DataFrame(rows)
    adam = table["optimiser"] == "adam"
    table.loc[adam, "long"] = table.loc[adam, "long"].clip(upper=plan()["rules"]["longest_adam"])
    return table


@forgiving_output()
def main() -> None:
    rules = plan()["rules"]
    jobs = [
        delayed(losses)(source, size, similarity, optimiser)
        for similarity, optimiser in product(plan()["choices"]["similarity"], rules["rates"])
        for source, size in SUITES
    ]
    answers = Parallel(n_jobs=-1, verbose=2)(jobs)
    table = choose(pd.DataFrame([row for answer in answers for row in answer]))
    table = table.sort_values(TRAINING, ignore_index=True)
    write_table(data_path("results", "settings_multiverse.csv"), table)
    print(table.to_string(index=False))


if __name__ == "__main__":
    main()
