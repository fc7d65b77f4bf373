"""One trial: learn the base policies, meet every target by every method, measure.

All randomness follows from the names of the suite, the target and the trial's seed, so that a row
does not depend on what else was run. Within a trial all methods meet the new task with the same
random numbers.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from zlib import crc32

import numpy as np

from cliprl_lite.alignment import Alignment, AlignmentSettings, align_batch
from cliprl_lite.evaluation import regret, share_on, top_is
from cliprl_lite.language import embed
from cliprl_lite.policies import TabularPolicy, learn_policy, policy_vectors
from cliprl_lite.qlearning import FEW_SHOT_EPISODES, REGRET_EPISODES, LearningRun, learn
from cliprl_lite.results import CLOCKS, COLUMNS, KEYS
from cliprl_lite.tasks import Task, TaskSuite, Transfer
from cliprl_lite.transfer import (
    METHODS,
    WEIGHTINGS,
    WarmStart,
    ZeroSumError,
    method_scores,
    warm_start,
)

_BATCH = 2**24  # numbers in the policies of one batch of alignments: 128 MB


def rng_for(seed: int, *names: str) -> np.random.Generator:
    """The random numbers of one named part of one trial.

    Example:
        >>> a, b = rng_for(3, "corners_8", "left"), rng_for(3, "corners_8", "left")
        >>> a.random() == b.random()
        True
    """
    return np.random.default_rng([seed, *(crc32(name.encode()) for name in names)])


@dataclass(frozen=True)
class Job:
    """One trial of one suite, the unit of work.

    Attributes:
        suite: the suite itself, so that whoever runs the job needs no file.
        seed: number of the trial.
        targets: names of the targets to meet; all of them if empty.
        methods: names in `METHODS`.
        cap: environment steps after which a run is cut off.

    Example:
        >>> from cliprl_lite.tasks import load_suite
        >>> Job(load_suite("corners", 8), 0, (), ("scratch",), cap=1_000).key
        'corners_8|0'
    """

    suite: TaskSuite
    seed: int
    targets: tuple[str, ...]
    methods: tuple[str, ...]
    cap: int

    @property
    def key(self) -> str:
        """Names the trial: suite and seed."""
        return f"{self.suite.name}|{self.seed}"


def run_job(job: Job) -> list[dict[str, Any]]:
    """All rows of one trial: every target met by every method.

    Example:
        >>> from cliprl_lite.tasks import load_suite
        >>> suite = load_suite("corners", 5)
        >>> rows = run_job(Job(suite, 0, ("left",), ("scratch", "alg1"), cap=100_000))
        >>> [(row["method"], row["optimal_censored"]) for row in rows]
        [('scratch', False), ('alg1', False)]
    """
    suite = job.suite
    for name in job.targets:
        suite.transfer(name)
    for name in job.methods:
        if name not in METHODS:
            raise ValueError(f"there is no method {name!r}; take some of {', '.join(METHODS)}")
    transfers = [t for t in suite.transfers() if not job.targets or t.target.name in job.targets]
    policies = learn_bases(suite, job.seed)
    wanted = {METHODS[name].alignment for name in job.methods} - {None}
    sets = [transfer.bases for transfer in transfers]
    alignments = {settings: fit(suite, job.seed, sets, policies, settings) for settings in wanted}
    rows = []
    for transfer in transfers:
        bases = [policies[base.name] for base in transfer.bases]
        vectors = embed([base.sentence for base in transfer.bases])
        instruction = embed([transfer.target.sentence])[0]
        for name in job.methods:
            method = METHODS[name]
            key = {
                "suite": suite.name,
                "size": suite.world.shape[0],
                "target": transfer.target.name,
                "method": name,
                "weighting": method.weighting,
                "seed": job.seed,
            }
            start: WarmStart | None = None
            if method.weighting:
                scores = method_scores(
                    method,
                    instruction,
                    vectors,
                    bases,
                    transfer.target.goal,
                    rng_for(job.seed, suite.name, transfer.target.name, name),
                    alignments[method.alignment][transfer.bases] if method.alignment else None,
                )
                try:
                    start = warm_start(scores, bases, WEIGHTINGS[method.weighting])
                except ZeroSumError:  # no start exists: the run fails at once, at every clock
                    rows.append(key | _no_start(job.cap))
                    continue
            run = learn(
                suite.world,
                transfer.target.goal,
                start.policy.q if start else None,
                rng_for(job.seed, suite.name, transfer.target.name),
                cap=job.cap,
            )
            rows.append(key | _choice(start, transfer) | measure(run))
    return rows


def learn_bases(suite: TaskSuite, seed: int) -> dict[str, TabularPolicy]:
    """Step 1 of a trial: every task's policy, by its name, learned from nothing.

    Example:
        >>> from cliprl_lite.tasks import load_suite
        >>> len(learn_bases(load_suite("corners", 5), seed=0))
        4
    """
    return {
        task.name: learn_policy(suite.world, task.goal, rng_for(seed, suite.name, task.name))[0]
        for task in suite.tasks
    }


def fit(
    suite: TaskSuite,
    seed: int,
    sets: Iterable[tuple[Task, ...]],
    policies: dict[str, TabularPolicy],
    settings: AlignmentSettings | None,
) -> dict[tuple[Task, ...], Alignment]:
    """Step 2 of a trial: an alignment for every set of base tasks, all of one size.

    Example:
        >>> from cliprl_lite.tasks import load_suite
        >>> suite = load_suite("corners", 5)
        >>> fitted = fit(suite, 0, [suite.tasks], learn_bases(suite, 0), None)
        >>> fitted[suite.tasks].sentence_tower.shape
        (384, 64)
    """
    sets = list(dict.fromkeys(sets))
    numbers = len(sets[0]) * 4 * suite.world.n_states  # in the policies of one set
    together = max(1, _BATCH // numbers)
    fitted: dict[tuple[Task, ...], Alignment] = {}
    for first in range(0, len(sets), together):
        some = sets[first : first + together]
        trained = align_batch(
            np.stack([embed([base.sentence for base in bases]) for bases in some]),
            np.stack([policy_vectors([policies[base.name] for base in bases]) for bases in some]),
            settings,
            [rng_for(seed, suite.name, "alignment", *(base.name for base in b)) for b in some],
        )
        fitted |= dict(zip(some, trained, strict=True))
    return fitted


def _choice(start: WarmStart | None, transfer: Transfer) -> dict[str, Any]:
    if start is None:
        return {"score_sum": np.nan, "top_right": np.nan, "reuse": np.nan}
    similar = [base.group == transfer.target.group for base in transfer.bases]
    grouped = transfer.target.group != ""
    return {
        "score_sum": round(float(start.scores.sum()), 6),
        "top_right": top_is(start.scores, similar) if grouped else np.nan,
        "reuse": round(share_on(start.weights, similar), 6) if grouped else np.nan,
    }


def measure(run: LearningRun) -> dict[str, Any]:
    """The measures of one learning run, named as in `COLUMNS`.

    Example:
        >>> from cliprl_lite.gridworld import GridWorld
        >>> world = GridWorld.open_map(5)
        >>> perfect = measure(learn(world, (0, 0), world.optimal_q((0, 0))))
        >>> perfect["optimal"], perfect["zero_shot_success"], perfect["few_shot_return"]
        (0, 1.0, -4.1667)
    """
    before, after, last = run.checks[0], run.few_shot, run.checks[-1]
    first = run.episode_lengths[:FEW_SHOT_EPISODES]
    enough = len(first) == FEW_SHOT_EPISODES
    until_regret = slice(0, REGRET_EPISODES)
    return {
        "zero_shot_success": round(before.success, 6),
        "zero_shot_path": round(before.mean_path, 4),
        # Cut off before 20 episodes were over: they would have taken all these steps and more.
        "first20": float(first.mean()) if enough else run.steps / FEW_SHOT_EPISODES,
        "first20_censored": not enough,
        "few_shot_return": round(-after.mean_path, 4) if after else np.nan,
        "regret": regret(run.episode_lengths[until_regret], run.episode_shortest[until_regret])
        if len(run.episode_lengths) >= REGRET_EPISODES
        else np.nan,
        "near_optimal": run.steps if run.steps_near_optimal is None else run.steps_near_optimal,
        "near_optimal_censored": run.steps_near_optimal is None,
        "optimal": run.steps if run.steps_optimal is None else run.steps_optimal,
        "optimal_censored": run.steps_optimal is None,
        "asymptote": round(last.mean_path / last.shortest, 6),
    }


def _no_start(cap: int) -> dict[str, Any]:
    missing = {column: np.nan for column in COLUMNS if column not in (*KEYS, "size", "weighting")}
    clocks = dict.fromkeys(CLOCKS, cap) | {"first20": cap / FEW_SHOT_EPISODES}
    return missing | {"score_sum": 0.0} | clocks | {f"{clock}_censored": True for clock in CLOCKS}
