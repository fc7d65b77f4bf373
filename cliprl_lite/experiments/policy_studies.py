"""Two studies of base policies before any transfer: which modality keeps the structure of the map,
and how the average of two policies acts.

A `Study` is run by `run_sweep` as a `Sweep` is: in parallel, resumable, one row per measurement.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from importlib.metadata import version
from itertools import combinations
from typing import Any, ClassVar, NamedTuple

import numpy as np

from cliprl_lite._optional import require
from cliprl_lite._rounding import rounded
from cliprl_lite.experiments.policy_classes import POLICY_CLASSES, Networks, policy_class
from cliprl_lite.experiments.statistics import share_on, top_is
from cliprl_lite.experiments.trials import align_sets
from cliprl_lite.language.sentences import embed
from cliprl_lite.learning.between_networks import (
    BARRIER_POINTS,
    interpolate,
    loss_barrier,
    value_loss,
)
from cliprl_lite.learning.matching import match
from cliprl_lite.learning.networks import features, forward
from cliprl_lite.learning.policies import MODALITIES, MLPPolicy, Policy, policy_vectors
from cliprl_lite.transfer.algorithms import OF_EVERY_SCORE
from cliprl_lite.transfer.alignment import AlignmentSettings, cosine_similarity
from cliprl_lite.transfer.weightings import SOFTMAX_TEMPERATURE, softmax
from cliprl_lite.worlds.greedy import evaluate_greedy
from cliprl_lite.worlds.several_goals import goal_states
from cliprl_lite.worlds.suite_files import load_suite
from cliprl_lite.worlds.tasks import Task, TaskSuite

Rows = list[dict[str, Any]]

TWIN_SEED = 1_000_000
"""Added to a trial's seed for the second learning of its tasks."""

AS_GOOD = 0.1
"""Reward by which an action may fall behind the best and still count as good: networks have no
ties, and a detour costs more than a whole step."""

_JOB_COLUMNS = {
    "suite": "name of the suite",
    "size": "rows of the map",
    "policy": "class of the policies, a name in `POLICY_CLASSES`",
}

MODALITY_COLUMNS = _JOB_COLUMNS | {
    "modality": "what is looked at in a policy, a name in `MODALITIES`",
    "seed": "number of the trial",
    "nearest_right": "share of tasks whose most similar other policy belongs to their group",
    "pair_order": "chance that a pair of one group is more similar than a pair of two groups",
    "map_order": "rank correlation of similarity with nearness of the goals (walking)",
    "top_right": "share of tasks whose highest aligned score, with the task left out, is in their "
    "group",
    "reuse": "share of softmax weight, after alignment, on their group",
}
"""Columns of the table of modalities, with what they hold."""

AVERAGE_COLUMNS = _JOB_COLUMNS | {
    "relation": "how the two are related: same task (learned twice), same group, other group",
    "seed": "number of the trial",
    "pairs": "how many pairs of policies",
    "barrier": "loss barrier between the two, median over pairs, in reward²",
    "agreement": "share of states in which the averaged policy does what averaged Q-values say, "
    "or what is as good by them (to 0.1 reward)",
    "success": "share of starts from which the average of two policies for one task arrives",
}
"""Columns of the table of averages, with what they hold."""


@dataclass(frozen=True)
class StudyJob:
    """One suite, one class of policies, one seed."""

    suite: TaskSuite
    policy: str
    seed: int

    @property
    def key(self) -> str:
        """Names the job."""
        return f"{self.suite.name}|{self.policy}|{self.seed}"

    def named(self, column: str, values: Iterable[str]) -> Rows:
        """The cells that name each row of the job, one row for each value of a column."""
        size = self.suite.world.size
        names = {"suite": self.suite.name, "size": size, "policy": self.policy, "seed": self.seed}
        return [names | {column: value} for value in values]


# Modalities --------------------------------------------------------------------------------------
def modality_rows(job: StudyJob) -> Rows:
    """How well each modality keeps the structure of the map, before and after alignment.

    Similarities are cosines of vectors that were centred on the suite's tasks, as in alignment.

    Example:
        >>> rows = modality_rows(StudyJob(load_suite("corners", 6), "tabular", 0))
        >>> [row["modality"] for row in rows]
        ['weights', 'q-values', 'actions', 'visits']
    """
    suite = job.suite
    policies = policy_class(job.policy).learn_bases(suite, job.seed)
    nearness = -np.array(
        [[suite.map.distances(a.goal)[suite.map.state(b.cell)] for b in suite.tasks]
         for a in suite.tasks]
    )  # fmt: skip
    rows = job.named("modality", MODALITIES)
    for row, modality in zip(rows, MODALITIES, strict=True):
        vectors = policy_vectors([policies[task.name] for task in suite.tasks], modality)
        centred = vectors - vectors.mean(axis=0)
        row |= structure(cosine_similarity(centred, centred), suite.tasks, nearness)
        row |= _aligned(job, policies, modality)
    return rows


def structure(
    similarity: np.ndarray, tasks: tuple[Task, ...], nearness: np.ndarray
) -> dict[str, float]:
    """How well similarities of N policies keep groups and distances.

    Args:
        similarity, nearness: shape `[N, N]`, symmetric; the diagonals are ignored.
        tasks: the N tasks.

    Example: two rooms of two tasks, and a similarity that tells the rooms apart.
        >>> tasks = tuple(Task(n, n, (0, 0), group=n[0]) for n in ("a1", "a2", "b1", "b2"))
        >>> alike = np.kron(np.eye(2), np.ones((2, 2)))
        >>> structure(alike, tasks, alike)
        {'nearest_right': 1.0, 'pair_order': 1.0, 'map_order': 1.0}
    """
    require("scipy", "networks", "a study of modalities")
    from scipy.stats import mannwhitneyu, spearmanr

    similarity = rounded(similarity)
    groups = np.array([task.group for task in tasks])
    same = groups[:, None] == groups
    others = ~np.eye(len(tasks), dtype=bool)
    nearest = [top_is(similarity[i][others[i]], same[i][others[i]]) for i in range(len(tasks))]
    above = np.triu(others)
    within, across = similarity[above & same], similarity[above & ~same]
    order = mannwhitneyu(within, across).statistic / (within.size * across.size)
    ranks = spearmanr(similarity[above], nearness[above]).statistic
    return _six(nearest_right=np.mean(nearest), pair_order=order, map_order=ranks)


def _six(**measured: Any) -> dict[str, float]:
    return {name: round(float(value), 6) for name, value in measured.items()}


def _aligned(job: StudyJob, policies: Mapping[str, Policy], modality: str) -> dict[str, float]:
    tasks = job.suite.tasks
    sets = {task: tuple(other for other in tasks if other is not task) for task in tasks}
    trained = align_sets(job.suite, job.seed, sets.values(), policies, None, modality)
    right, reuse = [], []
    for task, bases in sets.items():
        known = embed([base.sentence for base in bases])
        scores = rounded(trained[bases].similarity(embed([task.sentence])[0], known))
        similar = [base.group == task.group for base in bases]
        right.append(top_is(scores, similar))
        reuse.append(share_on(softmax(scores), similar))
    return _six(top_right=np.mean(right), reuse=np.mean(reuse))


# Averages of two ---------------------------------------------------------------------------------
def average_rows(job: StudyJob) -> Rows:
    """What lies between two policies: the loss barrier, and whether their average still acts well.

    A table goes in as the linear network it is. Two networks that began as one and learned the
    same task are one network, so for shared starts that relation has no row.

    Example: between tables there is never a barrier, and their average is the average of Q.
        >>> rows = average_rows(StudyJob(load_suite("corners", 6), "tabular", 0))
        >>> {row["relation"]: (row["barrier"], row["agreement"]) for row in rows}
        {'same task': (0.0, 1.0), 'same group': (0.0, 1.0), 'other group': (0.0, 1.0)}
    """
    pairs = _pairs(job)
    rows = job.named("relation", pairs)
    for row, those in zip(rows, pairs.values(), strict=True):
        barrier, agreement, success = zip(
            *(_between(job.suite, *pair) for pair in those), strict=True
        )
        row |= {"pairs": len(those)} | _six(
            barrier=np.median(barrier), agreement=np.mean(agreement), success=np.mean(success)
        )
    return rows


_Learned = tuple[Task, MLPPolicy]


def _begins(policy: str) -> str:
    """How the networks of a class begin; empty for tables."""
    learners = policy_class(policy)
    return learners.bases if isinstance(learners, Networks) else ""


def _relations(job: StudyJob) -> list[str]:
    twice = [] if _begins(job.policy) == "shared" else ["same task"]
    return [*twice, "same group", "other group"]


def _pairs(job: StudyJob) -> dict[str, list[tuple[_Learned, _Learned]]]:
    suite, learners = job.suite, policy_class(job.policy)
    once = learners.learn_bases(suite, job.seed)
    learned = [(task, once[task.name].network) for task in suite.tasks]
    found: dict[str, list[tuple[_Learned, _Learned]]] = {name: [] for name in _relations(job)}
    matched = _begins(job.policy) == "matched"
    if "same task" in found:
        anew = policy_class("mlp-independent") if matched else learners
        twice = anew.learn_bases(suite, TWIN_SEED + job.seed)
        for task, policy in learned:
            twin = twice[task.name].network
            if matched:
                twin = MLPPolicy(suite.world, match(policy.parameters, twin.parameters), twin.reads)
            found["same task"].append(((task, policy), (task, twin)))
    for first, second in combinations(learned, 2):
        relation = "same group" if first[0].group == second[0].group else "other group"
        found[relation].append((first, second))
    return found


def _between(suite: TaskSuite, first: _Learned, second: _Learned) -> tuple[float, float, float]:
    """The barrier between two networks, and the agreement and success of their average."""
    (task_a, a), (task_b, b) = first, second
    world, goals = suite.world, (task_a.goal, task_b.goal)
    x, loss = features(world, a.reads), value_loss(world, a.reads, goals)
    middle, said = forward(interpolate(a.parameters, b.parameters, 0.5), x), (a.q + b.q) / 2
    done = np.take_along_axis(said, middle.argmax(axis=1)[:, None], axis=1)[:, 0]
    agree = rounded(said.max(axis=1) - done) <= AS_GOOD
    arrives = evaluate_greedy(middle, world, task_a.goal).success if task_a is task_b else np.nan
    barrier = loss_barrier(a.parameters, b.parameters, loss)
    return barrier, float(np.delete(agree, goal_states(world, goals)).mean()), arrives


# Studies -----------------------------------------------------------------------------------------
class Look(NamedTuple):
    """The parts of a study: the work of a job, its rows, and the settings on which they depend."""

    work: Callable[[StudyJob], Rows]
    columns: dict[str, str]
    rows_of: Callable[[StudyJob], Rows]
    settings: dict[str, Any]


STUDIES = {
    "modalities": Look(
        modality_rows,
        MODALITY_COLUMNS,
        lambda job: job.named("modality", MODALITIES),
        OF_EVERY_SCORE
        | {"alignment": asdict(AlignmentSettings()), "temperature": SOFTMAX_TEMPERATURE},
    ),
    "averages": Look(
        average_rows,
        AVERAGE_COLUMNS,
        lambda job: job.named("relation", _relations(job)),
        {"twin_seed": TWIN_SEED, "as_good": AS_GOOD, "barrier_points": BARRIER_POINTS},
    ),
}
"""Each study by its name."""


@dataclass(frozen=True)
class Study:
    """A study to run.

    Attributes:
        name: `"modalities"` or `"averages"`.
        suites: pairs (name or path of a suite, size or None).
        trials: seeds 0 to trials − 1.
        policies: names in `POLICY_CLASSES`.

    Raises:
        ValueError: for an unknown name, one that stands twice, or tasks without groups.

    Example:
        >>> study = Study("averages", (("corners", 8),), trials=3, policies=("tabular", "mlp"))
        >>> len(study.jobs())
        6
    """

    name: str
    suites: tuple[tuple[str, int | None], ...]
    trials: int = 10
    policies: tuple[str, ...] = tuple(POLICY_CLASSES)
    keys: ClassVar = ("suite", "policy", "seed")  # the columns that name a job

    def __post_init__(self) -> None:
        if self.name not in STUDIES:
            raise ValueError(f"there is no study {self.name!r}; take one of {', '.join(STUDIES)}")
        if self.trials < 1:
            raise ValueError(f"a study needs at least one trial; got {self.trials}")
        for what in (self.suites, self.policies):
            if not what or len(set(what)) < len(what):
                raise ValueError(f"name suites and policies, each once; got {what}")
        for name in self.policies:
            policy_class(name)
        for suite in self._loaded:
            sizes = {t.group: sum(o.group == t.group for o in suite.tasks) for t in suite.tasks}
            if "" in sizes or len(sizes) < 2 or max(sizes.values()) < 2 or len(suite.tasks) < 3:
                raise ValueError(
                    f"suite {suite.name!r} has no groups of tasks to compare; give every task of "
                    "a suite its group, two groups or more, and one of them two tasks or more"
                )

    def jobs(self) -> list[StudyJob]:
        """Every trial of every suite and class of policies; long ones first."""
        jobs = [
            StudyJob(suite, policy, seed)
            for suite in self._loaded
            for policy in self.policies
            for seed in range(self.trials)
        ]
        return sorted(jobs, key=lambda job: -job.suite.world.n_states * len(job.suite.tasks))

    @property
    def work(self) -> Callable[[StudyJob], Rows]:
        """The function that does a job."""
        return STUDIES[self.name].work

    @property
    def columns(self) -> dict[str, str]:
        """Columns of the table, with what they hold."""
        return STUDIES[self.name].columns

    @property
    def choices(self) -> dict[str, Any]:
        """The choices that old and new rows of a table must share."""
        return {
            "version": version("cliprl-lite"),
            "study": self.name,
            "suites": {suite.name: {"fingerprint": suite.fingerprint} for suite in self._loaded},
            "policies": {name: policy_class(name).settings for name in self.policies},
            "settings": STUDIES[self.name].settings,
        }

    def rows_of(self, job: StudyJob) -> Rows:
        """The cells that name each row of a job."""
        return STUDIES[self.name].rows_of(job)

    @cached_property
    def _loaded(self) -> list[TaskSuite]:
        return [load_suite(source, size) for source, size in self.suites]
