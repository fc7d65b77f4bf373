"""Choose every free setting on the development suites, and print what was seen.

    python benchmarks/choose_settings.py coarse
    python benchmarks/choose_settings.py fine

Three questions, in this order; the answers are frozen as defaults in `cliprl_lite/alignment.py`
and `cliprl_lite/transfer.py`, and a test holds them equal to the first rows written here.

1. Alignment with soft targets: coarsely the temperature, learning rate and steps, at width 32 and
   centred; then, with twice as many seeds, steps and width more finely, and whether to centre.
   Wanted: the highest similarity on a policy of the right group, leave one out, in the worst of
   the development suites; then on average; then the most weight on the right group. Of what comes
   within 0.01 of the best, the narrowest: memory and time grow with the width.
2. The ridge control's penalty, by the same rule.
3. The weighting, one for alignment and ridge alike, both as chosen. Wanted: the lowest cost over
   all three clocks (geometric mean over clocks, suites and the two sources of scores, of the
   median ratio to learning from scratch).

Only suites named `dev_…` are read here.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from functools import partial
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
from joblib import Parallel, delayed

from cliprl_lite.alignment import AlignmentSettings
from cliprl_lite.alignment_training import align_batch
from cliprl_lite.evaluation import median_interval, paired_log_ratio, share_on, top_is
from cliprl_lite.language import embed
from cliprl_lite.learners import rng_for
from cliprl_lite.methods import ridge_scores
from cliprl_lite.policies import learn_policy, policy_vectors
from cliprl_lite.qlearning import learn
from cliprl_lite.results import CLOCKS, write_table
from cliprl_lite.tasks import load_suite
from cliprl_lite.transfer import clipped, closest, softmax, warm_start
from cliprl_lite.trials import measure

SUITES = [
    ("dev_materials", None),
    ("dev_patterns", None),
    ("dev_ages", None),
    ("dev_animals", None),
    ("dev_shelves", 9),
    ("dev_shelves", 14),
]
START = AlignmentSettings(targets="soft", dimension=32)
ALIGNMENTS = [
    replace(START, temperature=t, steps=s, learning_rate=lr)
    for t, lr, s in product((0.2, 0.5, 1.0, 2.0), (0.001, 0.003, 0.01, 0.03), (10, 30, 100, 300))
]
FINE_STEPS, WIDTHS = (30, 50, 70), (32, 64, 128)
PENALTIES = (0.01, 0.03, 0.1, 0.3, 1.0)
WEIGHTINGS = {
    "clipped": clipped,
    "closest": closest,
    **{f"softmax T={t}": partial(softmax, temperature=t) for t in (0.02, 0.05, 0.1, 0.2, 0.5)},
}


class Trial:
    """One suite and seed: the base policies, and each transfer as arrays."""

    def __init__(self, source: str, size: int | None, seed: int) -> None:
        self.suite, self.seed = load_suite(source, size), seed
        world = self.suite.world
        self.policies = {
            task.name: learn_policy(world, task.goal, rng_for(seed, self.suite.name, task.name))[0]
            for task in self.suite.tasks
        }
        self.transfers = self.suite.transfers()
        self.bases = [[self.policies[b.name] for b in t.bases] for t in self.transfers]
        self.vectors = np.stack([policy_vectors(bases) for bases in self.bases])
        self.sentences = np.stack([embed([b.sentence for b in t.bases]) for t in self.transfers])
        self.instructions = embed([t.target.sentence for t in self.transfers])
        self.similar = [[b.group == t.target.group for b in t.bases] for t in self.transfers]

    def alignment_scores(self, settings: AlignmentSettings) -> list[np.ndarray]:
        seeds = [rng_for(self.seed, self.suite.name, t.target.name) for t in self.transfers]
        fitted = align_batch(self.sentences, self.vectors, settings, seeds)
        pairs = zip(fitted, self.instructions, self.sentences, strict=True)
        return [alignment.similarity(j, i) for alignment, j, i in pairs]

    def ridge_scores(self, penalty: float) -> list[np.ndarray]:
        triples = zip(self.instructions, self.sentences, self.vectors, strict=True)
        return [ridge_scores(j, i, policies, penalty) for j, i, policies in triples]

    def quality(self, scores: list[np.ndarray]) -> dict[str, float | str]:
        pairs = list(zip(scores, self.similar, strict=True))
        return {
            "suite": self.suite.name,
            "top_right": float(np.mean([top_is(d, similar) for d, similar in pairs])),
            "reuse": float(np.mean([share_on(softmax(d), similar) for d, similar in pairs])),
        }

    def clocks(self, scores: list[np.ndarray], weighting) -> list[dict]:
        rows = []
        for transfer, d, bases in zip(self.transfers, scores, self.bases, strict=True):
            goal, world = transfer.target.goal, self.suite.world
            runs = [
                learn(world, goal, q, rng_for(self.seed, self.suite.name, transfer.target.name))
                for q in (None, warm_start(d, bases, weighting).policy.q)
            ]
            scratch, warm = (measure(run) for run in runs)
            rows.append(
                {"suite": self.suite.name}
                | {clock: float(paired_log_ratio(warm[clock], scratch[clock])) for clock in CLOCKS}
            )
        return rows


def judge(source: str, size: int | None, seed: int, alignments: list[AlignmentSettings]):
    trial = Trial(source, size, seed)
    rows = [
        describe(settings) | trial.quality(trial.alignment_scores(settings))
        for settings in alignments
    ]
    ridge = [{"penalty": p} | trial.quality(trial.ridge_scores(p)) for p in PENALTIES]
    return rows, ridge


def judge_weightings(source, size, seed, settings: AlignmentSettings, penalty: float):
    trial = Trial(source, size, seed)
    sources = {
        "alignment": trial.alignment_scores(settings),
        "ridge": trial.ridge_scores(penalty),
    }
    return [
        {"source": name, "weighting": label} | row
        for name, scores in sources.items()
        for label, weighting in WEIGHTINGS.items()
        for row in trial.clocks(scores, weighting)
    ]


def describe(settings: AlignmentSettings) -> dict:
    return {
        "centre": settings.centre,
        "temperature": settings.temperature,
        "learning_rate": settings.learning_rate,
        "steps": settings.steps,
        "dimension": settings.dimension,
    }


def rank(rows: list[dict], by: list[str]) -> pd.DataFrame:
    """Worst suite first, then the average, then the weight on the right group."""
    per_suite = pd.DataFrame(rows).groupby([*by, "suite"], as_index=False).mean()
    table = per_suite.groupby(by, as_index=False).agg(
        worst_top_right=("top_right", "min"),
        mean_top_right=("top_right", "mean"),
        mean_reuse=("reuse", "mean"),
    )
    columns = ["worst_top_right", "mean_top_right", "mean_reuse"]
    table[columns] = table[columns].round(4)
    return table.sort_values(columns, ascending=False, ignore_index=True)


def settings_of(row: pd.Series) -> AlignmentSettings:
    return AlignmentSettings(**{key: row[key].item() for key in describe(START)})


def narrowest(table: pd.DataFrame) -> pd.Series:
    """Among what comes within 0.01 of the best, the narrowest; of those, the best."""
    good = table[table["worst_top_right"] >= table["worst_top_right"].max() - 0.01]
    return good.sort_values("dimension", kind="stable").iloc[0]


def search(alignments: list[AlignmentSettings], seeds: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The ranking of alignments, and that of ridge penalties."""
    answers = Parallel(n_jobs=-1, verbose=2)(
        delayed(judge)(source, size, seed, alignments)
        for source, size in SUITES
        for seed in range(seeds)
    )
    rows = [row for found, _ in answers for row in found]
    ridge = [row for _, found in answers for row in found]
    return rank(rows, list(describe(START))), rank(ridge, ["penalty"])


def rank_weightings(settings: AlignmentSettings, penalty: float, seeds: int) -> pd.DataFrame:
    """The ranking of weightings, cheapest over all clocks and both sources first."""
    answers = Parallel(n_jobs=-1, verbose=2)(
        delayed(judge_weightings)(source, size, seed, settings, penalty)
        for source, size in SUITES
        for seed in range(seeds)
    )
    rows = pd.DataFrame([row for found in answers for row in found])
    medians = rows.groupby(["source", "weighting", "suite"])[list(CLOCKS)].agg(
        lambda logs: median_interval(logs).value
    )
    table = 2 ** medians.groupby(["source", "weighting"]).mean()
    table["all_clocks"] = np.cbrt(table[list(CLOCKS)].prod(axis=1))
    both = np.sqrt(table["all_clocks"].groupby("weighting").prod())
    table = table.reset_index()
    table["both_sources"] = table["weighting"].map(both)
    return table.round(4).sort_values(["both_sources", "source"], ignore_index=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("stage", choices=["coarse", "fine"])
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--out", type=Path, default=Path("data/results"))
    arguments = parser.parse_args()
    file = "settings_{}.csv".format
    if arguments.stage == "coarse":
        tables = {"coarse": search(ALIGNMENTS, arguments.seeds)[0]}
    else:
        best = settings_of(pd.read_csv(arguments.out / file("coarse")).iloc[0])
        fine = [
            replace(best, steps=steps, dimension=width) for steps in FINE_STEPS for width in WIDTHS
        ]
        fine.append(replace(best, centre=False))
        alignment, ridge = search(fine, 2 * arguments.seeds)
        penalty = float(ridge.iloc[0]["penalty"])
        weighting = rank_weightings(settings_of(narrowest(alignment)), penalty, arguments.seeds)
        tables = {"alignment": alignment, "ridge": ridge, "weighting": weighting}
    arguments.out.mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        write_table(arguments.out / file(name), table)
        print(f"\n{name}\n{table.head(15).to_string(index=False)}")


if __name__ == "__main__":
    main()
