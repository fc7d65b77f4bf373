"""Choose every free setting on the development suites, and print what was seen.

    python benchmarks/choose_settings.py alignment
    python benchmarks/choose_settings.py printed
    python benchmarks/choose_settings.py weighting
    python benchmarks/choose_settings.py pairs

Five questions; the answers are frozen as defaults in `alignment.py`, `methods.py`, `weightings.py`
and `pair_classifier.py` of `cliprl_lite/transfer/`, and a test holds them equal to the first rows
written here.

1. Alignment, with soft and with identity targets, each by itself: temperature δ, learning rate η
   and steps. Eligible is what travels: a shake of the last bit stays far from the sixth decimal.
   Wanted: the highest similarity on a policy of the right group, leave one out, in the worst of the
   development suites; then on average; then the most weight on the right group. The table has no
   figures for settings that do not travel, since another processor would find others.
2. The paper's printed variants say neither δ nor η nor an end. They have δ 0.5 and 300 steps, and
   the largest η for which the box's loss never rises, whatever becomes of the right group. (The
   text's never rises at 0.001 alone, where it learns next to nothing: it is trained as the box is.)
3. The ridge control's penalty, by the rule of the first question.
4. The weighting, one for alignment and ridge alike, both as chosen. Wanted: the lowest cost over
   all three clocks (geometric mean over clocks, suites and the two sources of scores, of the
   median ratio to learning from scratch).
5. The pair classifier's penalty, by the rule of the first question.

Only suites named `dev_…` are read here.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
from joblib import Parallel, delayed

from cliprl_lite._printing import forgiving_output
from cliprl_lite._rounding import rounded
from cliprl_lite.experiments.measures import measure
from cliprl_lite.experiments.pair_trials import PairTrials, try_pairs
from cliprl_lite.experiments.policy_classes import rng_for
from cliprl_lite.experiments.results import write_table
from cliprl_lite.experiments.statistics import median_interval, paired_log_ratio, share_on, top_is
from cliprl_lite.language.sentences import embed
from cliprl_lite.learning.clocks import CLOCKS
from cliprl_lite.learning.policies import learn_policy, policy_vectors
from cliprl_lite.learning.runs import learn
from cliprl_lite.transfer.algorithms import warm_start
from cliprl_lite.transfer.alignment import PAPER_BOX, PAPER_TEXT, Alignment, AlignmentSettings
from cliprl_lite.transfer.alignment_training import align_paths
from cliprl_lite.transfer.methods import ridge_scores
from cliprl_lite.transfer.pair_classifier import pair_scores
from cliprl_lite.transfer.sensitivity import sensitivity
from cliprl_lite.transfer.weightings import clipped, closest, softmax
from cliprl_lite.worlds.suite_files import load_suite

SUITES = [
    ("dev_materials", None),
    ("dev_patterns", None),
    ("dev_ages", None),
    ("dev_animals", None),
    ("dev_shelves", 9),
    ("dev_shelves", 14),
]
TARGETS = ("soft", "identity")
TEMPERATURES = (0.2, 0.5, 1.0, 2.0)
LEARNING_RATES = (0.1, 0.3, 1.0, 3.0)
STEPS = (30, 50, 100, 200, 300)
PRINTED = {"box": PAPER_BOX, "text": PAPER_TEXT}
PRINTED_RATES = (0.001, 0.003, 0.01, 0.03, *LEARNING_RATES)
SHAKEN = 1
"""Seeds whose alignments are shaken too: that takes ten times as long as the training."""
STEADY = 1e-10
"""How far a shake may move their scores: a five-thousandth of what reaches the sixth decimal, since
the alignments of other seeds may amplify it more."""
PENALTIES = (0.01, 0.03, 0.1, 0.3, 1.0)
PAIR_PENALTIES = (0.0001, 0.001, 0.003, 0.01, 0.03, 0.1, 1.0)
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

    def alignments(
        self, settings: AlignmentSettings, marks: Sequence[int]
    ) -> list[list[Alignment]]:
        """For each mark: each transfer's alignment."""
        seeds = [rng_for(self.seed, self.suite.name, t.target.name) for t in self.transfers]
        paths = align_paths(self.sentences, self.vectors, settings, marks, seeds)
        return [list(stage) for stage in zip(*paths, strict=True)]

    def alignment_scores(self, fitted: list[Alignment]) -> list[np.ndarray]:
        triples = zip(fitted, self.instructions, self.sentences, strict=True)
        return [alignment.similarity(j, i) for alignment, j, i in triples]

    def ridge_scores(self, penalty: float) -> list[np.ndarray]:
        triples = zip(self.instructions, self.sentences, self.vectors, strict=True)
        return [ridge_scores(j, i, policies, penalty) for j, i, policies in triples]

    def pair_scores(self, tried: PairTrials, penalty: float) -> list[np.ndarray]:
        names = [task.name for task in self.suite.tasks]
        among = [tried.among([names.index(b.name) for b in t.bases]) for t in self.transfers]
        triples = zip(self.instructions, self.sentences, among, strict=True)
        return [pair_scores(j, i, helps, penalty) for j, i, helps in triples]

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


def judge(source: str, size: int | None, seed: int) -> list[dict]:
    """How each setting of the grid did, at each number of steps."""
    trial, rows = Trial(source, size, seed), []
    for targets, delta, eta in product(TARGETS, TEMPERATURES, LEARNING_RATES):
        settings = AlignmentSettings(targets=targets, temperature=delta, learning_rate=eta)
        for steps, fitted in zip(STEPS, trial.alignments(settings, STEPS), strict=True):
            row = describe(replace(settings, steps=steps))
            row |= trial.quality(trial.alignment_scores(fitted))
            if seed < SHAKEN:
                row["amplified"] = float(sensitivity(fitted, trial.instructions).max())
            rows.append(row)
    return rows


def judge_printed(source: str, size: int | None, seed: int) -> list[dict]:
    """Whether the loss of a printed variant ever rises, at each learning rate."""
    trial, rows = Trial(source, size, seed), []
    for (name, settings), eta in product(PRINTED.items(), PRINTED_RATES):
        own = replace(settings, learning_rate=eta)
        (fitted,) = trial.alignments(own, [own.steps])
        losses = rounded([alignment.losses for alignment in fitted])
        row = {"variant": name, "temperature": own.temperature, "steps": own.steps}
        row |= {"learning_rate": eta, "rises": float((np.diff(losses) > 0).any(axis=1).mean())}
        rows.append(row | trial.quality(trial.alignment_scores(fitted)))
    return rows


def judge_ridge(source: str, size: int | None, seed: int) -> list[dict]:
    trial = Trial(source, size, seed)
    return [{"penalty": p} | trial.quality(trial.ridge_scores(p)) for p in PENALTIES]


def judge_pairs(source: str, size: int | None, seed: int) -> list[dict]:
    trial = Trial(source, size, seed)
    tried = try_pairs(trial.suite, trial.policies, seed)
    return [{"penalty": p} | trial.quality(trial.pair_scores(tried, p)) for p in PAIR_PENALTIES]


def judge_weightings(source, size, seed, settings: AlignmentSettings, penalty: float):
    trial = Trial(source, size, seed)
    sources = {
        "alignment": trial.alignment_scores(trial.alignments(settings, [settings.steps])[0]),
        "ridge": trial.ridge_scores(penalty),
    }
    return [
        {"source": name, "weighting": label} | row
        for name, scores in sources.items()
        for label, weighting in WEIGHTINGS.items()
        for row in trial.clocks(scores, weighting)
    ]


def describe(settings: AlignmentSettings) -> dict:
    names = ("targets", "temperature", "learning_rate", "steps")
    return {name: getattr(settings, name) for name in names}


def everywhere(judge: Callable[..., list[dict]], seeds: int, *rest: object) -> pd.DataFrame:
    """What a judge says of every development suite and seed, gathered."""
    answers = Parallel(n_jobs=-1, verbose=2)(
        delayed(judge)(source, size, seed, *rest)
        for seed in range(seeds)
        for source, size in SUITES
    )
    return pd.DataFrame([row for found in answers for row in found])


def rank(rows: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Worst suite first, then the average, then the weight on the right group."""
    per_suite = rows.groupby([*by, "suite"], as_index=False).mean()
    table = per_suite.groupby(by, as_index=False).agg(
        worst_top_right=("top_right", "min"),
        mean_top_right=("top_right", "mean"),
        mean_reuse=("reuse", "mean"),
    )
    columns = ["worst_top_right", "mean_top_right", "mean_reuse"]
    table[columns] = table[columns].round(4)
    return table.sort_values(columns, ascending=False, ignore_index=True)


def choose_alignment(seeds: int) -> dict[str, pd.DataFrame]:
    """Soft targets, then identity targets; of each what travels, best first, and then the rest."""
    by = list(describe(AlignmentSettings()))
    rows = everywhere(judge, seeds)
    moved = rows.groupby(by)["amplified"].max()
    travels = moved < STEADY
    table = rank(rows, by).join(travels.rename("travels"), on=by)
    table.loc[~table["travels"], ["worst_top_right", "mean_top_right", "mean_reuse"]] = np.nan
    rest = table[~table["travels"]].sort_values(by)
    table = pd.concat([table[table["travels"]], rest])
    return {"alignment": table.sort_values("targets", ascending=False, kind="stable")}


def choose_printed(seeds: int) -> dict[str, pd.DataFrame]:
    by = ["variant", "temperature", "steps", "learning_rate"]
    per_suite = everywhere(judge_printed, seeds).groupby([*by, "suite"], as_index=False).mean()
    table = per_suite.groupby(by, as_index=False).agg(
        rises=("rises", "max"),
        worst_top_right=("top_right", "min"),
        mean_top_right=("top_right", "mean"),
    )
    table = table.assign(never=table["rises"] == 0).round(4)
    order = ["variant", "never", "learning_rate"]
    table = table.sort_values(order, ascending=[True, False, False], ignore_index=True)
    return {"printed": table.drop(columns="never")}


def choose_weighting(seeds: int) -> dict[str, pd.DataFrame]:
    ridge = rank(everywhere(judge_ridge, 2 * seeds), ["penalty"])
    penalty = float(ridge.iloc[0]["penalty"])
    return {"ridge": ridge, "weighting": rank_weightings(AlignmentSettings(), penalty, seeds)}


def choose_pairs(seeds: int) -> dict[str, pd.DataFrame]:
    return {"pairs": rank(everywhere(judge_pairs, seeds), ["penalty"])}


def rank_weightings(settings: AlignmentSettings, penalty: float, seeds: int) -> pd.DataFrame:
    """The ranking of weightings, cheapest over all clocks and both sources first."""
    rows = everywhere(judge_weightings, seeds, settings, penalty)
    medians = rows.groupby(["source", "weighting", "suite"])[list(CLOCKS)].agg(
        lambda logs: median_interval(logs).value
    )
    table = 2 ** medians.groupby(["source", "weighting"]).mean()
    table["all_clocks"] = np.cbrt(table[list(CLOCKS)].prod(axis=1))
    both = np.sqrt(table["all_clocks"].groupby("weighting").prod())
    table = table.reset_index()
    table["both_sources"] = table["weighting"].map(both)
    return table.round(4).sort_values(["both_sources", "source"], ignore_index=True)


STAGES = {
    "alignment": choose_alignment,
    "printed": choose_printed,
    "weighting": choose_weighting,
    "pairs": choose_pairs,
}


@forgiving_output()
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("stage", choices=STAGES)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--out", type=Path, default=Path("data/results"))
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    for name, table in STAGES[arguments.stage](arguments.seeds).items():
        write_table(arguments.out / f"settings_{name}.csv", table)
        print(f"\n{name}\n{table.head(15).to_string(index=False)}")


if __name__ == "__main__":
    main()
