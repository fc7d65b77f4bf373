"""One trial: learn the base policies, meet every target by every method, measure.

All randomness follows from the names of the suite, the target and the trial's seed, so that a row
does not depend on what else was run. Within a trial all methods meet the new task with the same
random numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from cliprl_lite.alignment import Alignment, AlignmentSettings
from cliprl_lite.alignment_training import align_batch
from cliprl_lite.clocks import CLOCKS, FEW_SHOT_EPISODES, REGRET_EPISODES, first20
from cliprl_lite.evaluation import regret, share_on, top_is
from cliprl_lite.language import embed
from cliprl_lite.learners import policy_class, rng_for
from cliprl_lite.methods import Method, find_method, method_scores
from cliprl_lite.network_training import NetworkRun
from cliprl_lite.policies import Policy, average_q, policy_vectors
from cliprl_lite.qlearning import Run
from cliprl_lite.results import COLUMNS, KEYS
from cliprl_lite.rounding import rounded
from cliprl_lite.stability import SENSITIVE, sensitivity
from cliprl_lite.tasks import Task, TaskSuite, Transfer
from cliprl_lite.transfer import WEIGHTINGS, WarmStart, ZeroSumError, warm_start

_BATCH = 2**24  # numbers in the policies of one batch of alignments: 128 MB


@dataclass(frozen=True)
class Job:
    """One trial of one suite, the unit of work.

    Attributes:
        suite: the suite itself, so that whoever runs the job needs no file.
        seed: number of the trial.
        targets: names of the targets to meet; all of them if empty.
        methods: names in `METHODS` or `NETWORK_METHODS`.
        cap: environment steps after which a run is cut off.
        policy: a name in `POLICY_CLASSES`.

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
    policy: str = "tabular"

    @property
    def key(self) -> str:
        """Names the trial: suite and seed."""
        return f"{self.suite.name}|{self.seed}"

    @property
    def transfers(self) -> list[Transfer]:
        """The new tasks that are met, each with its base tasks."""
        every = self.suite.transfers()
        return [t for t in every if not self.targets or t.target.name in self.targets]

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The cells that name each row of the trial: every target met by every method, once."""
        return [
            {
                "suite": self.suite.name,
                "size": self.suite.world.shape[0],
                "policy": self.policy,
                "target": transfer.target.name,
                "method": method.name,
                "weighting": method.weighting,
                "seed": self.seed,
            }
            for transfer in self.transfers
            for method in map(find_method, self.methods)
        ]


@dataclass(frozen=True, eq=False)
class _Meeting:
    """A new task and a method, and the start that it chose: None from scratch."""

    transfer: Transfer
    method: Method
    start: WarmStart | None
    exists: bool = True


def run_job(job: Job) -> list[dict[str, Any]]:
    """All rows of one trial: every target met by every method.

    Example:
        >>> from cliprl_lite.tasks import load_suite
        >>> suite = load_suite("corners", 5)
        >>> rows = run_job(Job(suite, 0, ("left",), ("scratch", "alg1"), cap=100_000))
        >>> [(row["method"], row["optimal_censored"]) for row in rows]
        [('scratch', False), ('alg1', False)]
    """
    suite, learners = job.suite, policy_class(job.policy)
    for name in job.targets:
        suite.transfer(name)
    methods = [find_method(name) for name in job.methods]
    transfers = job.transfers
    policies = learners.learn_bases(suite, job.seed)
    wanted = {(method.alignment, method.modality) for method in methods if method.alignment}
    sets = [transfer.bases for transfer in transfers]
    alignments = {how: fit(suite, job.seed, sets, policies, *how) for how in wanted}
    moved = {how: _moved(transfers, alignments[how]) for how in wanted}

    meetings = []
    for transfer in transfers:
        bases = [policies[base.name] for base in transfer.bases]
        vectors = embed([base.sentence for base in transfer.bases])
        instruction = embed([transfer.target.sentence])[0]
        for method in methods:
            if not method.weighting:
                meetings.append(_Meeting(transfer, method, None))
                continue
            scores = method_scores(
                method,
                instruction,
                vectors,
                bases,
                transfer.target.goal,
                rng_for(job.seed, suite.name, transfer.target.name, method.name),
                alignments[method.alignment, method.modality][transfer.bases]
                if method.alignment
                else None,
            )
            try:
                start = warm_start(scores, bases, WEIGHTINGS[method.weighting])
            except ZeroSumError:  # no start exists: the run fails at once, at every clock
                meetings.append(_Meeting(transfer, method, None, exists=False))
            else:
                meetings.append(_Meeting(transfer, method, start))
    _distil(meetings, job, policies)

    running = [meeting for meeting in meetings if meeting.exists]
    runs = iter(
        learners.practise(
            suite.world,
            [meeting.transfer.target.goal for meeting in running],
            [meeting.start.policy if meeting.start else None for meeting in running],
            [rng_for(job.seed, suite.name, meeting.transfer.target.name) for meeting in running],
            job.cap,
        )
    )
    rows = []
    for key, meeting in zip(job.rows, meetings, strict=True):
        if meeting.exists:
            rows.append(key | _choice(meeting.start, meeting.transfer) | measure(next(runs)))
        else:
            rows.append(key | _no_start(job.cap))
        if meeting.method.alignment:
            how = meeting.method.alignment, meeting.method.modality
            rows[-1]["sensitive"] = float(moved[how][meeting.transfer] >= SENSITIVE)
    return rows


def _distil(meetings: list[_Meeting], job: Job, policies: dict[str, Policy]) -> None:
    """Replace the averages of methods that distil, all at once."""
    places = [
        place
        for place, meeting in enumerate(meetings)
        if meeting.start and meeting.method.merge == "distil"
    ]
    if not places:
        return
    tables, rngs = [], []
    for place in places:
        transfer, start = meetings[place].transfer, meetings[place].start
        assert start is not None
        tables.append(average_q([policies[base.name] for base in transfer.bases], start.weights))
        rngs.append(rng_for(job.seed, job.suite.name, transfer.target.name, "distilled"))
    made = policy_class(job.policy).distil(job.suite.world, np.stack(tables), rngs)
    for place, policy in zip(places, made, strict=True):
        start = meetings[place].start
        assert start is not None
        meetings[place] = replace(meetings[place], start=replace(start, policy=policy))


def fit(
    suite: TaskSuite,
    seed: int,
    sets: Iterable[tuple[Task, ...]],
    policies: Mapping[str, Policy],
    settings: AlignmentSettings | None,
    modality: str = "weights",
) -> dict[tuple[Task, ...], Alignment]:
    """Step 2 of a trial: an alignment for every set of base tasks, all of one size.

    Example:
        >>> from cliprl_lite.tasks import load_suite
        >>> suite = load_suite("corners", 5)
        >>> policies = policy_class("tabular").learn_bases(suite, 0)
        >>> fitted = fit(suite, 0, [suite.tasks], policies, None)
        >>> fitted[suite.tasks].sentence_tower.mixture.shape
        (4, 64)
    """
    sets = list(dict.fromkeys(sets))
    vectors = {
        base.name: policy_vectors([policies[base.name]], modality)[0]
        for base in dict.fromkeys(base for bases in sets for base in bases)
    }
    numbers = sum(vectors[base.name].size for base in sets[0])  # in the policies of one set
    together = max(1, _BATCH // numbers)
    fitted: dict[tuple[Task, ...], Alignment] = {}
    for first in range(0, len(sets), together):
        some = sets[first : first + together]
        trained = align_batch(
            np.stack([embed([base.sentence for base in bases]) for bases in some]),
            np.stack([[vectors[base.name] for base in bases] for bases in some]),
            settings,
            [rng_for(seed, suite.name, "alignment", *(base.name for base in b)) for b in some],
        )
        fitted |= dict(zip(some, trained, strict=True))
    return fitted


def _moved(
    transfers: Sequence[Transfer], fitted: Mapping[tuple[Task, ...], Alignment]
) -> dict[Transfer, float]:
    """How far a shake of the last bits moves the scores of each target."""
    said = embed([transfer.target.sentence for transfer in transfers])
    found = sensitivity([fitted[transfer.bases] for transfer in transfers], said)
    return dict(zip(transfers, found.tolist(), strict=True))


def _choice(start: WarmStart | None, transfer: Transfer) -> dict[str, Any]:
    if start is None:
        return {"score_sum": np.nan, "sensitive": np.nan, "top_right": np.nan, "reuse": np.nan}
    similar = [base.group == transfer.target.group for base in transfer.bases]
    grouped = transfer.target.group != ""
    return {
        "score_sum": float(rounded(start.scores.sum())),
        "sensitive": np.nan,
        "top_right": top_is(start.scores, similar) if grouped else np.nan,
        "reuse": float(rounded(share_on(start.weights, similar))) if grouped else np.nan,
    }


def measure(run: Run | NetworkRun) -> dict[str, Any]:
    """The measures of one learning run, named as in `COLUMNS`.

    Example:
        >>> from cliprl_lite import GridWorld, learn
        >>> world = GridWorld.open_map(5)
        >>> perfect = measure(learn(world, (0, 0), world.optimal_q((0, 0))))
        >>> perfect["optimal"], perfect["zero_shot_success"], perfect["few_shot_return"]
        (0, 1.0, -4.1667)
    """
    before, after, last = run.checks[0], run.few_shot, run.checks[-1]
    lengths, shortest = run.episode_lengths, run.episode_shortest
    first = first20(lengths)
    until_regret = slice(0, REGRET_EPISODES)
    return {
        "zero_shot_success": round(before.success, 6),
        "zero_shot_path": round(before.mean_path, 4),
        # Cut off before 20 episodes were over: they would have taken all these steps and more.
        "first20": run.steps / FEW_SHOT_EPISODES if first is None else float(rounded(first)),
        "first20_censored": first is None,
        "few_shot_return": round(-after.mean_path, 4) if after else np.nan,
        "regret": regret(lengths[until_regret], shortest[until_regret])
        if len(lengths) >= REGRET_EPISODES
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
