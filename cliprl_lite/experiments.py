"""Declarative sweeps: suites × targets × methods × trials, in parallel, resumable, tidy.

A `Sweep` says what to run. Its unit of work is one trial of one suite: base policies are learned
from nothing, each target is met by each method, and every row of the table comes from one of
those runs. All randomness of a row follows from its suite, target and trial, so a table does not
depend on the number of workers or on what else was run. Within a trial all methods meet the new
task with the same random numbers.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
import pandas as pd

from cliprl_lite.alignment import Alignment, AlignmentSettings, align_batch
from cliprl_lite.evaluation import (
    median_interval,
    paired_log_ratio,
    regret,
    share_on,
    top_is,
)
from cliprl_lite.language import embed
from cliprl_lite.policies import TabularPolicy, learn_policy
from cliprl_lite.qlearning import (
    DEFAULT_CAP,
    FEW_SHOT_EPISODES,
    REGRET_EPISODES,
    LearningRun,
    learn,
)
from cliprl_lite.tasks import Transfer, load_suite
from cliprl_lite.transfer import (
    METHODS,
    WEIGHTINGS,
    WarmStart,
    ZeroSumError,
    method_scores,
    warm_start,
)

CORNER_SIZES = (8, 10, 15, 25)
"""Grid sizes of the paper's Figure 2."""

WORLDS = (
    "colours_6",
    "colours_6_sides",
    "colours_9",
    "colours_9_sides",
    "colours_16",
    "colours_16_sides",
    "shapes_6",
    "shapes_9",
    "shapes_16",
    "house_a",
    "house_b",
    "house_c",
)
"""Suites of the leave-one-out experiment: Figure 1's open worlds and the house."""

CLOCKS = {
    "first20": "steps an episode, mean of the first 20",
    "near_optimal": "steps until within 5 % everywhere",
    "optimal": "steps until optimal everywhere",
}
"""The three clocks, by their column, with their words."""

KEYS = ["suite", "target", "method", "seed"]
"""Columns that name a row."""

COLUMNS = {
    "suite": "name of the suite",
    "size": "rows of the map",
    "target": "name of the new task",
    "method": "name in `METHODS`",
    "weighting": "how scores became weights; empty from scratch",
    "seed": "number of the trial",
    "score_sum": "Σ d over the base policies",
    "top_right": "1 if the highest score is on a truly similar policy, 0 if not; a share at ties",
    "reuse": "share of absolute weight on truly similar policies",
    "zero_shot_success": "share of starts that arrive before any learning",
    "zero_shot_path": "mean greedy path before any learning, steps; circling starts count S",
    "first20": CLOCKS["first20"],
    "first20_censored": "True if the cap came first: the value is a lower bound",
    "few_shot_return": "mean greedy return after 20 episodes, −1 a step; circling starts count −S",
    "regret": "steps over the shortest, summed over the first 100 episodes",
    "near_optimal": CLOCKS["near_optimal"],
    "near_optimal_censored": "True if the cap came first",
    "optimal": CLOCKS["optimal"],
    "optimal_censored": "True if the cap came first",
    "asymptote": "mean greedy path over the shortest mean path, at the end of the run",
}
"""Columns of a result table, in order, with what they hold."""


def rng_for(seed: int, *names: str) -> np.random.Generator:
    """The random numbers of one named part of one trial.

    Example:
        >>> a, b = rng_for(3, "corners_8", "left"), rng_for(3, "corners_8", "left")
        >>> a.random() == b.random()
        True
    """
    return np.random.default_rng([seed, *(crc32(name.encode()) for name in names)])


# ---------------------------------------------------------------------------------------------
# One trial
# ---------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Job:
    """One trial of one suite, the unit of work."""

    suite: str
    size: int | None
    seed: int
    targets: tuple[str, ...]
    methods: tuple[str, ...]
    cap: int


def run_job(job: Job) -> list[dict[str, Any]]:
    """All rows of one trial: every target met by every method.

    Example:
        >>> rows = run_job(Job("corners", 5, 0, ("left",), ("scratch", "alg1"), cap=100_000))
        >>> [(row["method"], row["optimal_censored"]) for row in rows]
        [('scratch', False), ('alg1', False)]
    """
    suite = load_suite(job.suite, job.size)
    transfers = [t for t in suite.transfers() if not job.targets or t.target.name in job.targets]
    policies = {
        task.name: learn_policy(suite.world, task.goal, rng_for(job.seed, suite.name, task.name))[0]
        for task in suite.tasks
    }
    alignments = _fit_alignments(job, suite.name, transfers, policies)
    rows = []
    for number, transfer in enumerate(transfers):
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
                    alignments[method.alignment][number] if method.alignment else None,
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


def _fit_alignments(
    job: Job, suite: str, transfers: list[Transfer], policies: dict[str, TabularPolicy]
) -> dict[AlignmentSettings, list[Alignment]]:
    """One alignment per transfer and setting. Targets with the same bases share one."""
    wanted = {METHODS[name].alignment for name in job.methods} - {None}
    sets = list(dict.fromkeys(transfer.bases for transfer in transfers))
    vectors = {name: policy.vector for name, policy in policies.items()}
    fitted = {}
    for settings in wanted:
        assert settings is not None
        trained = align_batch(
            np.stack([embed([base.sentence for base in bases]) for bases in sets]),
            np.stack([np.stack([vectors[base.name] for base in bases]) for bases in sets]),
            settings,
            [
                rng_for(job.seed, suite, "alignment", *(base.name for base in bases))
                for bases in sets
            ],
        )
        by_bases = dict(zip(sets, trained, strict=True))
        fitted[settings] = [by_bases[transfer.bases] for transfer in transfers]
    return fitted


def _choice(start: WarmStart | None, transfer: Transfer) -> dict[str, Any]:
    if start is None:
        return {"score_sum": np.nan, "top_right": np.nan, "reuse": np.nan}
    similar = [base.group == transfer.target.group for base in transfer.bases]
    return {
        "score_sum": round(float(start.scores.sum()), 6),
        "top_right": top_is(start.scores, similar),
        "reuse": round(share_on(start.weights, similar), 6),
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
        # Cut off before 20 episodes were over: all steps so far, over the episodes begun.
        "first20": float(first.mean()) if enough else run.steps / (len(first) + 1),
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
    clocks = dict.fromkeys(CLOCKS, cap) | {f"{clock}_censored": True for clock in CLOCKS}
    return missing | {"score_sum": 0.0} | clocks


# ---------------------------------------------------------------------------------------------
# Sweeps
# ---------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Sweep:
    """What to run.

    Attributes:
        suites: pairs (name or path of a suite, size or None).
        trials: seeds 0 to trials − 1.
        methods: names in `METHODS`.
        targets: names of targets; all of them if empty.
        cap: environment steps after which a run is cut off and called censored.

    Example:
        >>> Sweep((("corners", 8),), trials=2).jobs()[1].seed
        1
    """

    suites: tuple[tuple[str, int | None], ...]
    trials: int = 10
    methods: tuple[str, ...] = tuple(METHODS)
    targets: tuple[str, ...] = ()
    cap: int = DEFAULT_CAP

    def __post_init__(self) -> None:
        if self.trials < 1:
            raise ValueError(f"a sweep needs at least one trial; got {self.trials}")
        unknown = [name for name in self.methods if name not in METHODS]
        if unknown:
            raise ValueError(
                f"there is no method {unknown[0]!r}; take some of {', '.join(METHODS)}"
            )
        for source, size in self.suites:
            suite = load_suite(source, size)
            for target in self.targets:
                suite.transfer(target)

    def jobs(self) -> list[Job]:
        """Every trial of every suite; long ones first, so that workers end together."""
        jobs = [
            Job(source, size, seed, self.targets, self.methods, self.cap)
            for source, size in self.suites
            for seed in range(self.trials)
        ]
        return sorted(jobs, key=lambda job: -(job.size or 0))


def figure2_sweep(sizes: Iterable[int] = CORNER_SIZES, **choices: Any) -> Sweep:
    """The paper's Figure 2: its corner tasks on several grid sizes."""
    return Sweep(tuple(("corners", size) for size in sizes), **choices)


def worlds_sweep(worlds: Iterable[str] = WORLDS, **choices: Any) -> Sweep:
    """Leave one out in the open colour and shape worlds and in the house."""
    return Sweep(tuple((world, None) for world in worlds), **choices)


def run_sweep(
    sweep: Sweep, out: Path | None = None, workers: int = -1, progress: bool = True
) -> pd.DataFrame:
    """Run a sweep, or what is left of it.

    Args:
        sweep: what to run.
        out: a `.csv` file. Each finished trial is kept beside it at once, in `<out>.partial`; a
            sweep that was stopped goes on from there, and one with more trials adds to the table.
        workers: parallel processes; −1 for one per core.
        progress: show a bar.

    Returns:
        The table, one row per run, sorted; its columns are described in `COLUMNS`.

    Raises:
        ValueError: if `out` holds a table that was made with other choices.
    """
    from joblib import Parallel, delayed
    from tqdm import tqdm

    journal = _Journal(out, sweep) if out else None
    done = journal.read() if journal else {}
    jobs = sweep.jobs()
    left = [job for job in jobs if _job_key(job) not in done]
    run = Parallel(n_jobs=min(_count(workers), max(len(left), 1)), return_as="generator_unordered")
    finished: Iterator[tuple[str, list[dict[str, Any]]]] = run(
        delayed(_keyed_job)(job) for job in left
    )
    bar = tqdm(total=len(jobs), initial=len(jobs) - len(left), unit="trial", disable=not progress)
    with bar:
        for key, rows in finished:
            done[key] = rows
            if journal:
                journal.append(key, rows)
            bar.update()
    table = to_table(row for job in jobs for row in done[_job_key(job)])
    if journal:
        journal.finish(table)
    return table


def _count(workers: int) -> int:
    return (os.cpu_count() or 1) if workers < 0 else workers


def _keyed_job(job: Job) -> tuple[str, list[dict[str, Any]]]:
    import torch

    torch.set_num_threads(1)  # the sweep itself is parallel
    return _job_key(job), run_job(job)


def _job_key(job: Job) -> str:
    return f"{job.suite}|{job.size}|{job.seed}"


def to_table(rows: Iterable[dict[str, Any]]) -> pd.DataFrame:
    """Rows as a sorted table with the columns of `COLUMNS`."""
    table = pd.DataFrame(list(rows), columns=list(COLUMNS))
    order = {name: number for number, name in enumerate(METHODS)}
    return table.sort_values(
        ["suite", "size", "target", "method", "seed"],
        key=lambda column: column.map(order) if column.name == "method" else column,
        ignore_index=True,
    )


def read_table(path: Path) -> pd.DataFrame:
    """Read a result table that `run_sweep` wrote.

    Raises:
        ValueError: if the file is not such a table; the message names the missing column.
    """
    table = pd.read_csv(path, keep_default_na=True)
    missing = [column for column in COLUMNS if column not in table]
    if missing:
        raise ValueError(f"{path.name} is no result table: it has no column {missing[0]!r}")
    table["weighting"] = table["weighting"].fillna("")
    return table[list(COLUMNS)]


def summarise(table: pd.DataFrame, by: Sequence[str] = ("suite", "target")) -> pd.DataFrame:
    """Medians over trials with 95 % bootstrap intervals, one row per group, method and clock.

    Args:
        table: a result table.
        by: columns that make a group, besides the method. Without `target`, a trial's cost is
            the geometric mean over its targets, so that the trials stay independent.

    Returns:
        Columns: `by`, `size`, `method`, `clock`, `value`, `low`, `high`, `n`, `n_censored`,
        `censored` (True: half the runs or more were cut off, the value is a lower bound).
    """
    rows = []
    group_columns = [*by, "size", "method"]
    for group, part in table.groupby(group_columns, sort=False):
        for clock in CLOCKS:
            cost = np.log1p(part[clock])
            per_trial = np.expm1(cost.groupby(part["seed"]).mean())
            cut = part[f"{clock}_censored"].astype(bool).groupby(part["seed"]).mean() >= 0.5
            interval = median_interval(per_trial, cut)
            rows.append(
                dict(zip(group_columns, group, strict=True))
                | {"clock": clock}
                | asdict(interval)
                | {"censored": interval.censored}
            )
    return pd.DataFrame(rows)


def ratios(
    table: pd.DataFrame,
    clock: str,
    reference: str = "alg1",
    by: Sequence[str] = ("suite", "target"),
) -> pd.DataFrame:
    """Median cost of each method over the reference's in the same trial; below 1 is cheaper.

    Args:
        table: a result table.
        clock: a column named in `CLOCKS`.
        reference: the method to divide by.
        by: as for `summarise`.

    Returns:
        Columns: `by`, `size`, `method`, `value`, `low`, `high`, `n`, `n_censored`: trials in
        which either of the two runs was cut off.
    """
    trials = table.set_index(["size", "suite", "target", "seed", "method"])
    wide = trials[clock].unstack("method")  # noqa: PD010
    cut = trials[f"{clock}_censored"].astype(bool).unstack("method")  # noqa: PD010
    rows = []
    keys = [*by, "size"]
    for group, part in wide.groupby(level=keys, sort=False):
        for method in wide.columns:
            if method == reference:
                continue
            logs = pd.Series(paired_log_ratio(part[method], part[reference]), index=part.index)
            either = (cut.loc[part.index, method] | cut.loc[part.index, reference]).groupby("seed")
            interval = median_interval(logs.groupby("seed").mean(), either.any())
            rows.append(
                dict(zip(keys, group, strict=True))
                | {"method": method}
                | {name: 2.0 ** getattr(interval, name) for name in ("value", "low", "high")}
                | {"n": interval.n, "n_censored": interval.n_censored}
            )
    return pd.DataFrame(rows)


class _Journal:
    """Finished trials on disk: one JSON line each, the sweep's choices first."""

    def __init__(self, out: Path, sweep: Sweep) -> None:
        if out.suffix != ".csv":
            raise ValueError(f"the table is written as CSV, so name it *.csv; got {out.name!r}")
        self.out = out
        self.description = out.with_suffix(".json")
        self.partial = out.with_name(out.name + ".partial")
        self.sweep = sweep
        # What must agree for old rows to stand beside new ones.
        self.choices = {
            "targets": list(sweep.targets),
            "cap": sweep.cap,
            "methods": {
                name: json.loads(json.dumps(asdict(METHODS[name]))) for name in sweep.methods
            },
        }

    def read(self) -> dict[str, list[dict[str, Any]]]:
        done: dict[str, list[dict[str, Any]]] = {}
        if self.out.exists() and self.description.exists():
            self._agree(json.loads(self.description.read_text("utf-8"))["choices"], self.out)
            done = self._from_table(read_table(self.out))
        elif self.out.exists():
            raise ValueError(
                f"{self.out.name} exists without its description {self.description.name}; "
                "choose another name, or delete it"
            )
        if self.partial.exists():
            first, *lines = self.partial.read_text("utf-8").split("\n")
            self._agree(json.loads(first)["choices"], self.partial)
            for line in lines[:-1]:  # a line without its end was cut off while being written
                entry = json.loads(line)
                done[entry["key"]] = entry["rows"]
            whole = "\n".join([first, *lines[:-1]]) + "\n"
            self.partial.write_text(whole, encoding="utf-8")
        else:
            self.partial.parent.mkdir(parents=True, exist_ok=True)
            line = json.dumps({"choices": self.choices})
            self.partial.write_text(line + "\n", encoding="utf-8")
        return done

    def _agree(self, choices: dict[str, Any], file: Path) -> None:
        for name, value in self.choices.items():
            if choices.get(name) != value:
                raise ValueError(
                    f"{file.name} was made with other {name} than this sweep; "
                    "choose another name for this one, or delete that file"
                )

    def _from_table(self, table: pd.DataFrame) -> dict[str, list[dict[str, Any]]]:
        size_of = {}
        for source, size in self.sweep.suites:
            size_of[load_suite(source, size).name] = (source, size)
        done: dict[str, list[dict[str, Any]]] = {}
        for row in table.to_dict("records"):
            if row["suite"] in size_of:
                source, size = size_of[str(row["suite"])]
                key = f"{source}|{size}|{row['seed']}"
                done.setdefault(key, []).append({str(name): row[name] for name in row})
        return done

    def append(self, key: str, rows: list[dict[str, Any]]) -> None:
        with self.partial.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps({"key": key, "rows": rows}, default=_plain) + "\n")
            stream.flush()
            os.fsync(stream.fileno())

    def finish(self, table: pd.DataFrame) -> None:
        """Write the table and its description in one move each, then drop the journal."""
        description = {
            "choices": self.choices,
            "suites": [list(suite) for suite in self.sweep.suites],
            "trials": self.sweep.trials,
            "versions": {name: version(name) for name in ("cliprl-lite", "numpy", "torch")},
        }
        text = json.dumps(description, indent=1, ensure_ascii=False) + "\n"
        for path, content in ((self.description, text), (self.out, table.to_csv(index=False))):
            fresh = path.with_name(path.name + ".new")
            fresh.write_text(content, encoding="utf-8")
            fresh.replace(path)
        self.partial.unlink()


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{type(value).__name__} has no place in a table")
