"""Run the multiverse: every combination of the choices that the paper leaves open.

    python benchmarks/multiverse.py corners --out runs/corners.csv
    python benchmarks/multiverse.py worlds --out runs/worlds.csv
    python benchmarks/multiverse.py networks --out runs/networks.csv
    python benchmarks/multiverse.py table runs/corners.csv runs/worlds.csv runs/networks.csv

The first three make one row a run; stopped and started again, each goes on where it was. The last
makes of them what is committed, `data/results/multiverse.csv.gz`. `--share 0.01` runs a hundredth
of the trials, and says how long the whole would take.

What is combined, and by which rules, stands in `data/multiverse.toml`, which is older than any run.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property, partial
from importlib.metadata import version
from itertools import product
from pathlib import Path
from typing import Any

import adam_alignment
import numpy as np
from multiverse_settings import TRAINING

from cliprl_lite._printing import forgiving_output
from cliprl_lite.experiments.measures import measure
from cliprl_lite.experiments.multiverse import Combination, combinations, plan, trainings
from cliprl_lite.experiments.policy_classes import policy_class, rng_for
from cliprl_lite.experiments.results import COLUMNS
from cliprl_lite.experiments.statistics import top_is
from cliprl_lite.experiments.sweeps import run_sweep
from cliprl_lite.experiments.trials import (
    Job,
    align_bases,
    choose_starts,
    describe_start,
    failed_row,
)
from cliprl_lite.language.sentences import embed
from cliprl_lite.learning.clocks import CLOCKS
from cliprl_lite.learning.policies import Policy, policy_vectors
from cliprl_lite.transfer.algorithms import OF_EVERY_SCORE, WarmStart, warm_start
from cliprl_lite.transfer.alignment import AlignmentSettings
from cliprl_lite.transfer.alignment_training import DivergedError, align_paths
from cliprl_lite.transfer.weightings import WEIGHTINGS, ZeroSumError
from cliprl_lite.worlds.suite_files import load_suite
from cliprl_lite.worlds.tasks import Task, TaskSuite, Transfer

RIVALS = ("scratch", "alg1", "alg1_closest", "alg1_cold", "ridge", "alg2", "alg2_identity")
"""What every combination is compared with, in the same trials."""

_COSTS = [name for clock in CLOCKS for name in (clock, f"{clock}_censored")]
RUN_COLUMNS = {
    name: COLUMNS[name]
    for name in ("suite", "size", "target", "method", "seed", "score_sum", "top_right", *_COSTS)
} | {"method": "name of a combination or of a rival"}
"""Columns of a table of runs."""

TOP_COLUMNS = {
    name: RUN_COLUMNS[name] for name in ("suite", "size", "target", "method", "seed", "top_right")
}
"""Columns of the table of which teacher is on top."""

Scores = dict[Transfer, np.ndarray | None]
"""New task → one score per base task; None where the training diverged."""

LENGTHS = ("short", "flat", "long")

TOGETHER = 4
"""Trainings by Adam in one batch: enough that a step costs little beside its towers."""


@dataclass(frozen=True)
class Trial:
    """One trial of one suite: the unit of work."""

    part: str
    suite: TaskSuite
    seed: int

    @property
    def key(self) -> str:
        """Names the trial."""
        return f"{self.suite.name}|{self.seed}"

    @property
    def transfers(self) -> list[Transfer]:
        """The new tasks that are met."""
        every = self.suite.transfers()
        if self.suite.targets:
            return every
        drawn = rng_for(self.seed, self.suite.name, "left out").permutation(len(every))
        number = plan()["worlds"]["left_out"] if self.part == "worlds" else 1
        return [every[place] for place in drawn[:number]]

    @property
    def combinations(self) -> list[Combination]:
        """What is combined in this part. Which teacher is on top does not hang on the weighting."""
        every = combinations()
        match self.part:
            case "worlds":
                return list(dict.fromkeys(one._replace(weighting="") for one in every))
            case "clocks":
                few = plan()["clocks"]
                return [o for o in every if o.optimiser in few["optimiser"]
                        and o.length in few["length"]]  # fmt: skip
            case "networks":
                printed = {"optimiser": "descent", "centre": False, "unit_length": True}
                printed["weighting"] = "literal"
                return [o for o in every if o == o._replace(**printed)]
        return every

    @property
    def job(self) -> Job:
        """The rivals in the same trial."""
        policy = "mlp" if self.part == "networks" else "tabular"
        cap = policy_class(policy).cap(self.suite.world)
        targets = tuple(transfer.target.name for transfer in self.transfers)
        return Job(self.suite, self.seed, targets, RIVALS, cap, policy)

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The cells that name each row."""
        rivals = RIVALS[1:] if self.part == "worlds" else RIVALS  # no start asks no teacher
        place = {"suite": self.suite.name, "size": self.suite.world.shape[0]}
        names = [(transfer, name) for transfer in self.transfers for name in rivals]
        names += [(t, one.name) for one in self.combinations for t in self.met_by(one)]
        return [
            place | {"target": transfer.target.name, "method": name, "seed": self.seed}
            for transfer, name in names
        ]

    def met_by(self, one: Combination) -> list[Transfer]:
        """The new tasks that a combination meets."""
        by_adam = self.part == "worlds" and one.optimiser == "adam"
        return self.transfers[:1] if by_adam else self.transfers


# ---------------------------------------------------------------------------------------------
# Trainings
# ---------------------------------------------------------------------------------------------
def all_scores(trial: Trial, policies: dict[str, Policy]) -> dict[Combination, Scores]:
    """What every training that the trial combines says; the weighting is left empty."""
    wanted = {one._replace(weighting="") for one in trial.combinations}
    found: dict[Combination, Scores] = {}
    together = ["similarity", "optimiser", "learning_rate", *LENGTHS]
    for shared, rows in trainings().groupby(together):
        _, _, rate, *steps = shared
        ways = [Combination(s, d, o, "", c, u, "")
                for s, d, o, c, u in rows[TRAINING].itertuples(index=False)]  # fmt: skip
        marks = {
            length: int(mark)
            for length, mark in zip(LENGTHS, steps, strict=True)
            if any(way._replace(length=length) in wanted for way in ways)
        }
        if marks:
            for way, path in _paths(trial, policies, ways, float(rate), list(marks.values())):
                for length, scores in zip(marks, path, strict=True):
                    found[way._replace(length=length)] = scores
    return {one: found[one] for one in wanted}


def _paths(
    trial: Trial,
    policies: dict[str, Policy],
    ways: Sequence[Combination],
    rate: float,
    marks: list[int],
) -> Iterator[tuple[Combination, list[Scores]]]:
    """For each way of training: the scores after each number of steps."""
    by_bases: dict[tuple[Task, ...], list[Transfer]] = {}
    for transfer in trial.met_by(ways[0]):
        by_bases.setdefault(transfer.bases, []).append(transfer)
    pairs = list(product(ways, by_bases))
    train = by_adam if ways[0].optimiser == "adam" else by_descent
    trained = train(
        np.stack([embed([base.sentence for base in bases]) for _, bases in pairs]),
        np.stack([policy_vectors([policies[base.name] for base in bases]) for _, bases in pairs]),
        [embed([transfer.target.sentence for transfer in by_bases[bases]]) for _, bases in pairs],
        [
            AlignmentSettings(
                way.similarity, "identity", way.centre, way.unit_length, way.temperature,
                marks[-1], rate,
            )
            for way, _ in pairs
        ],
        marks,
        [
            partial(rng_for, trial.seed, trial.suite.name, "alignment", *(b.name for b in bases))
            for _, bases in pairs
        ],
    )  # fmt: skip
    path: dict[Combination, list[Scores]] = {way: [{} for _ in marks] for way in ways}
    for (way, bases), after in zip(pairs, trained, strict=True):
        for scores, found in zip(path[way], after, strict=True):
            for number, transfer in enumerate(by_bases[bases]):
                scores[transfer] = None if found is None else found[number]
    yield from path.items()


def by_descent(said, learned, new, settings, marks, rngs) -> list[list[np.ndarray | None]]:
    """The scores of K new sentences, `[K, N]`, after each number of steps, for B trainings.

    Args:
        said, learned: the bases' sentences and policies, `[B, N, E]` and `[B, N, P]`.
        new: the new sentences of each training, `[K, E]`.
        settings, rngs: of each training; `rngs` make generators.
        marks: numbers of steps.
    """
    try:
        paths = align_paths(said, learned, settings, marks, [draw() for draw in rngs])
    except DivergedError:
        if len(said) > 1:  # the others may be sound
            each = zip(said[:, None], learned[:, None], new, settings, rngs, strict=True)
            return [by_descent(x, y, [j], [own], marks, [rng])[0] for x, y, j, own, rng in each]
        if len(marks) > 1:  # it may have been sound before
            return [[*by_descent(said, learned, new, settings, marks[:-1], rngs)[0], None]]
        return [[None]]
    return [
        [one.similarity(j, old) for one in path]
        for path, j, old in zip(paths, new, said, strict=True)
    ]


def by_adam(said, learned, new, settings, marks, rngs) -> list[list[np.ndarray | None]]:
    """As `by_descent`."""
    found: list[list[np.ndarray | None]] = []
    for first in range(0, len(said), TOGETHER):
        some = slice(first, first + TOGETHER)
        draws = [draw() for draw in rngs[some]]
        found += adam_alignment.train(
            said[some], learned[some], new[some], settings[some], marks, draws
        )
    return found


# ---------------------------------------------------------------------------------------------
# Rows
# ---------------------------------------------------------------------------------------------
def learned_rows(trial: Trial) -> list[dict[str, Any]]:
    """Every new task, learned from the start of every rival and every combination.

    Starts that are the same are learned from once: a trial's new task has one stream of random
    numbers, so that all of them walk alike.
    """
    job = trial.job
    learners = policy_class(job.policy)
    policies = learners.learn_bases(job.suite, job.seed)
    starts: dict[tuple[str, str], WarmStart | None] = {
        (meeting.transfer.target.name, meeting.method.name): start
        for meeting, start in choose_starts(job, policies, align_bases(job, policies)).items()
    }
    scores = all_scores(trial, policies)
    for one, transfer in [(o, t) for o in trial.combinations for t in trial.met_by(o)]:
        found = scores[one._replace(weighting="")][transfer]
        if found is not None:
            bases = [policies[base.name] for base in transfer.bases]
            with suppress(ZeroSumError):
                start = warm_start(found, bases, WEIGHTINGS[one.weighting])
                starts[transfer.target.name, one.name] = start
    goals = {transfer.target.name: transfer.target.goal for transfer in trial.transfers}
    same = {
        (target, method): (target, start.policy.vector.tobytes() if start else b"")
        for (target, method), start in starts.items()
    }
    distinct = {same[name]: (name[0], start) for name, start in starts.items()}
    runs = learners.practise(
        job.suite.world,
        [goals[target] for target, _ in distinct.values()],
        [start.policy if start else None for _, start in distinct.values()],
        [rng_for(job.seed, job.suite.name, target) for target, _ in distinct.values()],
        job.cap,
    )
    measured = dict(zip(distinct, map(measure, runs), strict=True))
    failed = failed_row(job.cap)
    groups = {transfer.target.name: transfer for transfer in trial.transfers}
    rows = []
    for row in trial.rows:
        name = row["target"], row["method"]
        found = failed
        if name in starts:
            found = measured[same[name]] | describe_start(starts[name], groups[row["target"]])
        rows.append(row | {key: found[key] for key in RUN_COLUMNS if key not in row})
    return rows


def top_rows(trial: Trial) -> list[dict[str, Any]]:
    """Which teacher is on top; a training that diverged has none, and counts as wrong."""
    job = trial.job
    policies = policy_class(job.policy).learn_bases(job.suite, job.seed)
    tops = {
        (meeting.transfer.target.name, meeting.method.name): describe_start(start, meeting.transfer)
        for meeting, start in choose_starts(job, policies, align_bases(job, policies)).items()
    }
    for one, scores in all_scores(trial, policies).items():
        for transfer, found in scores.items():
            similar = [base.group == transfer.target.group for base in transfer.bases]
            right = 0.0 if found is None else top_is(found, similar)
            tops[transfer.target.name, one.name] = {"top_right": right}
    return [
        row | {"top_right": tops[row["target"], row["method"]]["top_right"]} for row in trial.rows
    ]


@dataclass(frozen=True)
class Part:
    """A part of the multiverse, as `run_sweep` takes it.

    Attributes:
        name: a section of the plan.
        share: of the trials that are run; the first ones.
        places: suites or sizes; those of the plan if empty.
    """

    name: str
    share: float = 1.0
    places: tuple[str, ...] = ()

    @cached_property
    def suites(self) -> list[TaskSuite]:
        """The suites of this part."""
        section = plan()[self.name]
        if self.name in ("corners", "networks"):
            sizes = self.places or section.get("sizes", [section.get("size")])
            return [load_suite("corners", int(size)) for size in sizes]
        return [load_suite(name) for name in self.places or section["suites"]]

    def jobs(self) -> list[Trial]:
        """Every trial; long ones first."""
        trials = plan()[self.name].get("trials", plan()["worlds"]["trials"])
        first = plan()["first_seed"]
        jobs = [
            Trial(self.name, suite, first + number)
            for suite in self.suites
            for number in range(max(1, round(trials * self.share)))
        ]
        return sorted(jobs, key=lambda trial: -trial.suite.world.n_states)

    @property
    def work(self) -> Callable[[Trial], list[dict[str, Any]]]:
        """The function that does a trial."""
        return top_rows if self.name == "worlds" else learned_rows

    @property
    def columns(self) -> dict[str, str]:
        """Columns of the table."""
        return TOP_COLUMNS if self.name == "worlds" else RUN_COLUMNS

    @property
    def keys(self) -> tuple[str, ...]:
        """Columns that name a trial."""
        return ("suite", "seed")

    @property
    def choices(self) -> dict[str, Any]:
        """All on which a row depends."""
        return {
            "version": version("cliprl-lite"),
            "plan": plan(),
            "settings": trainings().to_dict("list"),
            "suites": {suite.name: {"fingerprint": suite.fingerprint} for suite in self.suites},
            "rivals": list(RIVALS),
            "scores": OF_EVERY_SCORE,
        }

    def rows_of(self, trial: Trial) -> list[dict[str, Any]]:
        """The cells that name each row of a trial."""
        return trial.rows


@forgiving_output()
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("part", choices=("corners", "worlds", "clocks", "networks"))
    parser.add_argument("--out", type=Path, required=True, help="a .csv file")
    parser.add_argument("--share", type=float, default=1.0, help="of the trials; default: 1")
    parser.add_argument("--places", type=lambda text: tuple(text.split(",")), default=())
    parser.add_argument("--workers", type=int, default=-1)
    parser.add_argument("--backend", default="processes")
    parser.add_argument("--scheduler")
    options = parser.parse_args()
    part = Part(options.part, options.share, options.places)
    started = time.monotonic()
    rows = run_sweep(part, options.out, options.workers, True, options.backend, options.scheduler)
    minutes = (time.monotonic() - started) / 60
    print(f"{len(rows):,} rows in {minutes:.1f} minutes; the whole, at this pace: "
          f"{minutes / options.share:.0f} minutes")  # fmt: skip


if __name__ == "__main__":
    main()
