"""Rules against teachers: every rule meets every new task with every teacher.

A `RuleSweep` is run by `run_sweep` as a `Sweep` is: in parallel, resumable, one row a run. Within a
trial all rules and teachers meet the new task with the same random numbers, so that they can be
compared in pairs: with a rival from nothing, with the plain warm start, and with the same rule
without a teacher (`Rule.control`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from typing import Any, ClassVar

from cliprl_lite._arrays import FloatArray
from cliprl_lite.experiments.measures import measure
from cliprl_lite.experiments.policy_classes import policy_class, rng_for
from cliprl_lite.experiments.results import COLUMNS
from cliprl_lite.experiments.sweeps import WORLDS, what_it_does
from cliprl_lite.experiments.trials import Job, align_bases, choose_starts
from cliprl_lite.learning.clocks import CLOCKS, FEW_SHOT_EPISODES
from cliprl_lite.learning.runs import learn
from cliprl_lite.teachers import jump_start, pi_reuse, search, two_tables
from cliprl_lite.teachers.rules import RULES, find_rule
from cliprl_lite.transfer.algorithms import OF_EVERY_SCORE, warm_start
from cliprl_lite.transfer.methods import find_method
from cliprl_lite.transfer.weightings import closest
from cliprl_lite.worlds.greedy import expected_path
from cliprl_lite.worlds.suite_files import load_suite
from cliprl_lite.worlds.tasks import TaskSuite, Transfer

WORST = "worst"
"""The teacher who is the contrary of the oracle: the base policy with the longest paths."""

TEACHERS = ("alg1", "alg1_closest", "alg2", "random", WORST, "oracle")
"""Methods whose average is the teacher, and the worst one."""

NOBODY = "nobody"
"""The teacher's name in rows of a rule that has none."""

RULE_SIZES = (8, 10, 12, 15, 20, 25)
"""Grid sizes of the corner tasks."""

RULE_WORLDS = (*WORLDS, "garden", "library", "workshop")
"""Suites of the leave-one-out experiment, and three that no rule was made on."""

RULE_SETTINGS = {
    "pi_reuse": {"fading": pi_reuse.FADING, "cooling": pi_reuse.COOLING},
    "jump_start": {
        "horizon": jump_start.HORIZON,
        "stages": jump_start.STAGES,
        "window": jump_start.WINDOW,
        "tolerance": jump_start.TOLERANCE,
    },
    "two_tables": {"patience": two_tables.PATIENCE},
    "map_hope": {"share": search.HOPE},
}
"""The constants of each rule that has any; all but the tolerance as `begin` takes them."""

RULE_COLUMNS = {
    "suite": COLUMNS["suite"],
    "size": COLUMNS["size"],
    "target": COLUMNS["target"],
    "rule": "name in `RULES`",
    "teacher": f"name in `TEACHERS`; {NOBODY!r} for a rule that has none",
    "seed": COLUMNS["seed"],
    **{name: COLUMNS[name] for clock in CLOCKS for name in (clock, f"{clock}_censored")},
}
"""Columns of a table of rules, with what they hold."""


@dataclass(frozen=True)
class RuleJob:
    """One trial of one suite, the unit of work.

    Attributes:
        suite, seed, targets, cap: as for `Job`.
        rules: names in `RULES`.
        teachers: names in `TEACHERS`.

    Example:
        >>> job = RuleJob(load_suite("corners", 5), 0, ("left",), ("warm", "scratch"), ("alg2",))
        >>> job.key, [(row["rule"], row["teacher"]) for row in job.rows]
        ('corners_5|0', [('warm', 'alg2'), ('scratch', 'nobody')])
    """

    suite: TaskSuite
    seed: int
    targets: tuple[str, ...]
    rules: tuple[str, ...]
    teachers: tuple[str, ...]
    cap: int | None = None

    @property
    def key(self) -> str:
        """Names the trial: suite and seed."""
        return f"{self.suite.name}|{self.seed}"

    @property
    def limit(self) -> int:
        """Environment steps after which a run is cut off."""
        return policy_class("tabular").cap(self.suite.world) if self.cap is None else self.cap

    @property
    def transfers(self) -> list[Transfer]:
        """The new tasks that are met, each with its base tasks."""
        return self._meeting(()).transfers

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """Every rule with every teacher; a rule that has none once."""
        return [
            (rule, teacher)
            for rule in self.rules
            for teacher in (self.teachers if find_rule(rule).asks else (NOBODY,))
        ]

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The cells that name each row of the trial."""
        place = {"suite": self.suite.name, "size": self.suite.world.size}
        return [
            place | {"target": transfer.target.name, "rule": rule, "teacher": teacher}
            | {"seed": self.seed}
            for transfer in self.transfers
            for rule, teacher in self.pairs
        ]  # fmt: skip

    def teacher_tables(self) -> dict[tuple[str, str], FloatArray]:
        """The table of every teacher for every target, by the names of both; an average whose
        scores cancel does not exist, and is missing."""
        job = self._meeting(tuple(name for name in self.teachers if name != WORST))
        policies = policy_class("tabular").learn_bases(self.suite, self.seed)
        tables = {
            (meeting.transfer.target.name, meeting.method.name): start.policy.q
            for meeting, start in choose_starts(job, policies, align_bases(job, policies)).items()
            if start
        }
        for target, base_tasks in [(t.target, t.bases) for t in job.transfers]:
            bases = [policies[base.name] for base in base_tasks]
            paths = [expected_path(base.q, base.world, target.goal) for base in bases]
            tables[target.name, WORST] = warm_start(paths, bases, closest).policy.q
        return tables

    def _meeting(self, methods: tuple[str, ...]) -> Job:
        return Job(self.suite, self.seed, self.targets, methods, self.limit)


def run_rules(job: RuleJob) -> list[dict[str, Any]]:
    """All rows of one trial: every target met by every rule with every teacher.

    Example:
        >>> suite = load_suite("corners", 5)
        >>> rows = run_rules(RuleJob(suite, 0, ("left",), ("scratch", "map_hope"), ("alg2",)))
        >>> rows[1]["optimal"] < rows[0]["optimal"]
        True
    """
    tables = job.teacher_tables()
    goals = {transfer.target.name: transfer.target.goal for transfer in job.transfers}
    clocks = [name for name in RULE_COLUMNS if name.removesuffix("_censored") in CLOCKS]
    failed = dict.fromkeys(CLOCKS, job.limit) | {"first20": job.limit / FEW_SHOT_EPISODES}
    failed |= {f"{clock}_censored": True for clock in CLOCKS}
    rows = []
    for row in job.rows:
        target, teacher = row["target"], row["teacher"]
        found: dict[str, Any] = failed
        if teacher == NOBODY or (target, teacher) in tables:
            run = learn(
                job.suite.world,
                goals[target],
                tables.get((target, teacher)),
                rng_for(job.seed, job.suite.name, target),
                learner=find_rule(row["rule"]).learner,
                cap=job.limit,
            )
            found = measure(run)
        rows.append(row | {name: found[name] for name in clocks})
    return rows


@dataclass(frozen=True)
class RuleSweep:
    """A sweep over rules and teachers.

    Attributes:
        suites: pairs (name or path of a suite, size or None).
        trials: seeds 0 to trials − 1.
        rules: names in `RULES`.
        teachers: names in `TEACHERS`.
        targets: names of targets; all of them if empty.
        cap: environment steps after which a run is cut off; what suits the map if None.

    Raises:
        ValueError: for an unknown name, one that stands twice, or no trial.

    Example:
        >>> sweep = RuleSweep((("corners", 8), ("house_a", None)), trials=3)
        >>> len(sweep.jobs()), len(sweep.jobs()[0].rows)
        (6, 912)
    """

    suites: tuple[tuple[str, int | None], ...]
    trials: int = 10
    rules: tuple[str, ...] = tuple(RULES)
    teachers: tuple[str, ...] = TEACHERS
    targets: tuple[str, ...] = ()
    cap: int | None = None
    columns: ClassVar = RULE_COLUMNS
    keys: ClassVar = ("suite", "seed")  # the columns that name a job

    def __post_init__(self) -> None:
        if self.trials < 1 or (self.cap is not None and self.cap < 1):
            raise ValueError("trials and cap are whole numbers from 1")
        for what in (self.suites, self.rules, self.teachers):
            if not what or len(set(what)) < len(what):
                raise ValueError(f"name suites, rules and teachers, each once; got {what}")
        for name in self.rules:
            find_rule(name)
        for name in self.teachers:
            if name not in TEACHERS:
                raise ValueError(
                    f"there is no teacher {name!r}; take some of {', '.join(TEACHERS)}"
                )
        for suite in self._loaded:
            for target in self.targets:
                suite.transfer(target)

    def jobs(self) -> list[RuleJob]:
        """Every trial of every suite; long ones first, so that workers end together."""
        jobs = [
            RuleJob(suite, seed, self.targets, self.rules, self.teachers, self.cap)
            for suite in self._loaded
            for seed in range(self.trials)
        ]
        return sorted(jobs, key=lambda job: -job.suite.world.n_states * len(job.transfers))

    @property
    def work(self) -> Callable[[RuleJob], list[dict[str, Any]]]:
        """The function that does a job."""
        return run_rules

    @property
    def choices(self) -> dict[str, Any]:
        """The choices that old and new rows must share: all on which a row depends."""
        methods = [name for name in self.teachers if name != WORST]
        return {
            "version": version("cliprl-lite"),
            "targets": list(self.targets),
            "suites": {
                job.suite.name: {"fingerprint": job.suite.fingerprint, "cap": job.limit}
                for job in self.jobs()
            },
            "rules": {name: RULE_SETTINGS.get(name, {}) for name in self.rules},
            "teachers": {name: what_it_does(find_method(name)) for name in methods}
            | {name: {} for name in self.teachers if name == WORST},
            "learners": policy_class("tabular").settings,
            "scores": OF_EVERY_SCORE,
        }

    def rows_of(self, job: RuleJob) -> list[dict[str, Any]]:
        """The cells that name each row of a job."""
        return job.rows

    @cached_property
    def _loaded(self) -> list[TaskSuite]:
        return [load_suite(source, size) for source, size in self.suites]


def rules_sweep(
    sizes: Iterable[int] = RULE_SIZES, worlds: Iterable[str] = RULE_WORLDS, **choices: Any
) -> RuleSweep:
    """The whole battery: corner tasks on several grid sizes, and every world leave one out.

    Example:
        >>> len(rules_sweep((8, 10), ("house_a",), trials=2).jobs())
        6
    """
    corners = [("corners", size) for size in sizes]
    return RuleSweep((*corners, *((world, None) for world in worlds)), **choices)
