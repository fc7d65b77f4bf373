"""One trial in five moves: learn bases → train alignments → choose starts → practise → rows.

All randomness follows from the names of the suite, the target and the trial's seed, so that a row
does not depend on what else was run. Within a trial all methods meet the new task with the same
random numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from cliprl_lite._arrays import FloatArray
from cliprl_lite._rounding import rounded
from cliprl_lite.experiments.measures import measure
from cliprl_lite.experiments.pair_trials import PairTrials, try_pairs
from cliprl_lite.experiments.policy_classes import policy_class, rng_for
from cliprl_lite.experiments.results import COLUMNS, KEYS
from cliprl_lite.experiments.statistics import share_on, top_is
from cliprl_lite.language.sentences import embed
from cliprl_lite.learning.averaging import average_q
from cliprl_lite.learning.clocks import CLOCKS, FEW_SHOT_EPISODES
from cliprl_lite.learning.network_training import NetworkRun
from cliprl_lite.learning.policies import Policy, policy_vectors
from cliprl_lite.learning.runs import Run
from cliprl_lite.transfer.algorithms import WarmStart, warm_start
from cliprl_lite.transfer.alignment import Alignment, AlignmentSettings
from cliprl_lite.transfer.alignment_training import Pairs, align_batch
from cliprl_lite.transfer.methods import Method, find_method, method_scores
from cliprl_lite.transfer.sensitivity import SENSITIVE, sensitivity, shaken
from cliprl_lite.transfer.weightings import WEIGHTINGS, ZeroSumError
from cliprl_lite.worlds.tasks import Task, TaskSuite, Transfer

_BATCH = 2**24  # numbers in the policies of one batch of alignments: 128 MB


How = tuple[AlignmentSettings, str]
"""What an alignment is trained with: its settings, and the modality of the policies."""


class Meeting(NamedTuple):
    """A new task, and the method by which it is met."""

    transfer: Transfer
    method: Method

    @property
    def how(self) -> How | None:
        """What the method's alignment is trained with; None if it has none."""
        return (self.method.alignment, self.method.modality) if self.method.alignment else None


@dataclass(frozen=True)
class Job:
    """One trial of one suite, the unit of work.

    Attributes:
        suite: the suite itself, so that whoever runs the job needs no file.
        seed: number of the trial.
        targets: names of the targets to meet; all of them if empty.
        methods: names in `ALL_METHODS`.
        cap: environment steps after which a run is cut off.
        policy: a name in `POLICY_CLASSES`.

    Example:
        >>> from cliprl_lite.worlds.suite_files import load_suite
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
        if not self.targets:
            return self.suite.transfers()
        asked = [self.suite.transfer(name).target for name in self.targets]
        return [t for t in self.suite.transfers() if t.target in asked]

    @property
    def meetings(self) -> list[Meeting]:
        """Every target with every method, in the order of the rows."""
        return [
            Meeting(transfer, method)
            for transfer in self.transfers
            for method in map(find_method, self.methods)
        ]

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The cells that name each row of the trial: every target met by every method, once."""
        return [
            {
                "suite": self.suite.name,
                "size": self.suite.world.size,
                "policy": self.policy,
                "target": meeting.transfer.target.name,
                "method": meeting.method.name,
                "weighting": meeting.method.weighting,
                "seed": self.seed,
            }
            for meeting in self.meetings
        ]


Alignments = dict[How, dict[tuple[Task, ...], Alignment]]
"""For each way of training: base tasks → their alignment."""

Starts = dict[Meeting, WarmStart | None]
"""The start of each meeting; None is learning from nothing. A meeting whose scores sum to zero has
no start, and is missing."""


def run_job(job: Job) -> list[dict[str, Any]]:
    """All rows of one trial: every target met by every method.

    Raises:
        ValueError: if the suite has no target of a name, or there is no such method.

    Example:
        >>> from cliprl_lite.worlds.suite_files import load_suite
        >>> suite = load_suite("corners", 5)
        >>> rows = run_job(Job(suite, 0, ("left",), ("scratch", "alg1"), cap=100_000))
        >>> [(row["method"], row["optimal_censored"]) for row in rows]
        [('scratch', False), ('alg1', False)]
    """
    policies = policy_class(job.policy).learn_bases(job.suite, job.seed)
    alignments = align_bases(job, policies)
    starts = choose_starts(job, policies, alignments)
    runs = practise(job, starts)
    return make_rows(job, alignments, starts, runs)


# ---------------------------------------------------------------------------------------------
# Alignments
# ---------------------------------------------------------------------------------------------
def align_bases(job: Job, policies: Mapping[str, Policy]) -> Alignments:
    """Step 2 of Algorithm 2, for every method that aligns and every set of base tasks."""
    sets = [transfer.bases for transfer in job.transfers]
    ways = dict.fromkeys(how for meeting in job.meetings if (how := meeting.how))
    return {how: align_sets(job.suite, job.seed, sets, policies, *how, shaken) for how in ways}


def align_sets(
    suite: TaskSuite,
    seed: int,
    sets: Iterable[tuple[Task, ...]],
    policies: Mapping[str, Policy],
    settings: AlignmentSettings | None,
    modality: str = "weights",
    shake: Callable[[Pairs], Pairs] | None = None,
) -> dict[tuple[Task, ...], Alignment]:
    """An alignment for each set of base tasks; the sets are of one size.

    Args:
        suite, seed: name the random numbers of the trial.
        sets: base tasks.
        policies: name of a task → its policy.
        settings, modality: as for `algorithm_2`.
        shake: as for `align_batch`.

    Example:
        >>> from cliprl_lite.worlds.suite_files import load_suite
        >>> suite = load_suite("corners", 5)
        >>> policies = policy_class("tabular").learn_bases(suite, 0)
        >>> alignments = align_sets(suite, 0, [suite.tasks], policies, None)
        >>> alignments[suite.tasks].sentence_tower.mixture.shape
        (4, 64)
    """
    sets = list(dict.fromkeys(sets))
    vectors = {
        base.name: policy_vectors([policies[base.name]], modality)[0]
        for base in dict.fromkeys(base for bases in sets for base in bases)
    }
    numbers = sum(vectors[base.name].size for base in sets[0])  # in the policies of one set
    together = max(1, _BATCH // numbers)
    alignments: dict[tuple[Task, ...], Alignment] = {}
    for first in range(0, len(sets), together):
        some = sets[first : first + together]
        trained = align_batch(
            np.stack([embed([base.sentence for base in bases]) for bases in some]),
            np.stack([[vectors[base.name] for base in bases] for bases in some]),
            settings,
            [rng_for(seed, suite.name, "alignment", *(base.name for base in b)) for b in some],
            shake,
        )
        alignments |= dict(zip(some, trained, strict=True))
    return alignments


# ---------------------------------------------------------------------------------------------
# Starts
# ---------------------------------------------------------------------------------------------
def choose_starts(job: Job, policies: Mapping[str, Policy], alignments: Alignments) -> Starts:
    """Scores → weights → starting policy, for every meeting.

    Raises:
        ValueError: if pairs are to be tried with anything but tables.
    """
    tried = None
    if any(meeting.method.source == "pairs" for meeting in job.meetings):
        if job.policy != "tabular":
            raise ValueError(f"the pair classifier tries tables only; got policy {job.policy!r}")
        tried = try_pairs(job.suite, policies, job.seed)
    starts: Starts = {}
    for meeting in job.meetings:
        if not meeting.method.weighting:
            starts[meeting] = None
            continue
        bases = [policies[base.name] for base in meeting.transfer.bases]
        scores = _scores(job, meeting, bases, alignments, tried)
        with suppress(ZeroSumError):
            starts[meeting] = warm_start(scores, bases, WEIGHTINGS[meeting.method.weighting])
    return starts | _distilled(job, policies, starts)


def _scores(
    job: Job,
    meeting: Meeting,
    bases: Sequence[Policy],
    alignments: Alignments,
    tried: PairTrials | None,
) -> FloatArray:
    (target, base_tasks), method = (meeting.transfer.target, meeting.transfer.bases), meeting.method
    return method_scores(
        method,
        embed([target.sentence])[0],
        embed([base.sentence for base in base_tasks]),
        bases,
        target.goal,
        rng_for(job.seed, job.suite.name, target.name, method.name),
        alignments[meeting.how][base_tasks] if meeting.how else None,
        tried and tried.among([job.suite.tasks.index(base) for base in base_tasks]),
    )


def _distilled(job: Job, policies: Mapping[str, Policy], starts: Starts) -> Starts:
    """The starts of methods that distil: a policy trained to reproduce the average of the base
    policies' Q-values, in place of their averaged parameters."""
    averaged = {
        meeting: start for meeting, start in starts.items()
        if start and meeting.method.merge == "distil"
    }  # fmt: skip
    if not averaged:
        return {}
    tables = [
        average_q([policies[base.name] for base in meeting.transfer.bases], start.weights)
        for meeting, start in averaged.items()
    ]
    rngs = [
        rng_for(job.seed, job.suite.name, meeting.transfer.target.name, "distilled")
        for meeting in averaged
    ]
    taught = policy_class(job.policy).distil(job.suite.world, np.stack(tables), rngs)
    return {
        meeting: replace(start, policy=policy)
        for (meeting, start), policy in zip(averaged.items(), taught, strict=True)
    }


# ---------------------------------------------------------------------------------------------
# Practice and rows
# ---------------------------------------------------------------------------------------------
def practise(job: Job, starts: Starts) -> dict[Meeting, Run | NetworkRun]:
    """Learn the new task from every start. All starts meet it with the same random numbers."""
    targets = [meeting.transfer.target for meeting in starts]
    runs = policy_class(job.policy).practise(
        job.suite.world,
        [target.goal for target in targets],
        [start.policy if start else None for start in starts.values()],
        [rng_for(job.seed, job.suite.name, target.name) for target in targets],
        job.cap,
    )
    return dict(zip(starts, runs, strict=True))


def make_rows(
    job: Job,
    alignments: Alignments,
    starts: Starts,
    runs: Mapping[Meeting, Run | NetworkRun],
) -> list[dict[str, Any]]:
    """One row a meeting, with the columns of `COLUMNS`."""
    moved = {how: _moved(job.transfers, trained) for how, trained in alignments.items()}
    rows = []
    for key, meeting in zip(job.rows, job.meetings, strict=True):
        if meeting in starts:
            row = key | describe_start(starts[meeting], meeting.transfer) | measure(runs[meeting])
        else:
            row = key | failed_row(job.cap)
        if meeting.how:
            row["sensitive"] = float(moved[meeting.how][meeting.transfer] >= SENSITIVE)
        rows.append(row)
    return rows


def _moved(
    transfers: Sequence[Transfer], trained: Mapping[tuple[Task, ...], Alignment]
) -> dict[Transfer, float]:
    """How far a change of the last bits moves the scores of each target."""
    said = embed([transfer.target.sentence for transfer in transfers])
    found = sensitivity([trained[transfer.bases] for transfer in transfers], said)
    return dict(zip(transfers, found.tolist(), strict=True))


def describe_start(start: WarmStart | None, transfer: Transfer) -> dict[str, Any]:
    """The columns that say which teachers were chosen; None is learning from nothing."""
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


def failed_row(cap: int) -> dict[str, Any]:
    """The columns of a meeting that has no start: it fails by every clock."""
    missing = {column: np.nan for column in COLUMNS if column not in (*KEYS, "size", "weighting")}
    clocks = dict.fromkeys(CLOCKS, cap) | {"first20": cap / FEW_SHOT_EPISODES}
    return missing | {"score_sum": 0.0} | clocks | {f"{clock}_censored": True for clock in CLOCKS}
