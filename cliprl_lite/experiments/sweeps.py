"""Declarative sweeps: suites × targets × methods × trials, in parallel and resumable.

A `Sweep` says what to run. Its unit of work is one trial of one suite (see `trials`), so a table
does not depend on the number of workers or on where an earlier run was stopped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import closing, nullcontext
from dataclasses import asdict, dataclass
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any, ClassVar, Protocol

import numpy as np
import pandas as pd

from cliprl_lite._printing import forgiving_output
from cliprl_lite.experiments.backends import BackendError, choose_backend
from cliprl_lite.experiments.journal import Journal
from cliprl_lite.experiments.pair_trials import REPEATS
from cliprl_lite.experiments.policy_classes import policy_class
from cliprl_lite.experiments.results import COLUMNS, to_table
from cliprl_lite.experiments.trials import Job, run_job
from cliprl_lite.transfer.algorithms import OF_EVERY_SCORE
from cliprl_lite.transfer.methods import (
    METHODS,
    NETWORK_METHODS,
    RIDGE_PENALTY,
    TABLE_METHODS,
    Method,
    find_method,
)
from cliprl_lite.transfer.pair_classifier import PENALTY
from cliprl_lite.transfer.sensitivity import SENSITIVE, SHAKE, SHAKES
from cliprl_lite.transfer.weightings import COLD_TEMPERATURE, SOFTMAX_TEMPERATURE
from cliprl_lite.worlds.suite_files import load_suite
from cliprl_lite.worlds.tasks import TaskSuite

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


class Plan(Protocol):
    """What `run_sweep` asks of what it runs; a `Sweep` is one."""

    @property
    def columns(self) -> dict[str, str]:
        """Columns of the table, with what they hold."""

    @property
    def keys(self) -> tuple[str, ...]:
        """The columns that name a job."""

    @property
    def work(self) -> Callable[[Any], list[dict[str, Any]]]:
        """The function that does a job: it returns the job's rows."""

    @property
    def choices(self) -> dict[str, Any]:
        """The choices that old and new rows of a table must share."""

    def jobs(self) -> Sequence[Any]:
        """The units of work, in the order in which they begin; each has a `key`."""

    def rows_of(self, job: Any) -> list[dict[str, Any]]:
        """The cells that name each row of a job."""


@dataclass(frozen=True)
class Sweep:
    """A sweep to run.

    Attributes:
        suites: pairs (name or path of a suite, size or None).
        trials: seeds 0 to trials − 1.
        methods: names in `ALL_METHODS`; if None those in `METHODS`, and in `TABLE_METHODS` or
            `NETWORK_METHODS`.
        targets: names of targets; all of them if empty.
        cap: environment steps after which a run is cut off and called censored; what suits the
            map and the class of policies if None.
        policy: class of the policies, a name in `POLICY_CLASSES`.

    Raises:
        ValueError: for an unknown name, one that stands twice, or a number out of range.

    Example:
        >>> Sweep((("corners", 8),), trials=2).jobs()[1].seed
        1
    """

    suites: tuple[tuple[str, int | None], ...]
    trials: int = 10
    methods: tuple[str, ...] | None = None
    targets: tuple[str, ...] = ()
    cap: int | None = None
    policy: str = "tabular"
    columns: ClassVar = COLUMNS  # of the table, with what they hold
    keys: ClassVar = ("suite", "seed")  # the columns that name a job

    def __post_init__(self) -> None:
        policy_class(self.policy)
        for given in (self.methods, self.targets):
            if isinstance(given, str):
                raise ValueError(f"give names in a tuple, even a single one: ({given!r},)")
        self._count("trials", "a sweep needs at least one trial")
        if self.cap is not None:
            self._count("cap", "the cap is a positive number of steps")
        if not self.suites or not self.method_names:
            raise ValueError("a sweep needs a suite and a method, at the least")
        for what in (self.suites, self.method_names, self.targets):
            if len(set(what)) < len(what):
                raise ValueError(f"something is named twice: {', '.join(map(str, what))}")
        for name in self.method_names:
            find_method(name)
        for suite in self._loaded:
            for target in self.targets:
                suite.transfer(target)
        names = [suite.name for suite in self._loaded]
        if len(set(names)) < len(names):
            raise ValueError(
                f"two suites of one sweep have the same name: {', '.join(names)}; rename a file"
            )

    def _count(self, name: str, words: str) -> None:
        """Make it a plain whole number, as the description of a table holds it."""
        number = getattr(self, name)
        if isinstance(number, bool) or not isinstance(number, int | np.integer) or number < 1:
            raise ValueError(f"{words}; got {number!r}")
        object.__setattr__(self, name, int(number))

    def jobs(self) -> list[Job]:
        """Every trial of every suite; long ones first, so that workers end together."""
        jobs = [
            Job(suite, seed, self.targets, self.method_names, self._cap(suite), self.policy)
            for suite in self._loaded
            for seed in range(self.trials)
        ]
        return sorted(jobs, key=lambda job: -job.suite.world.n_states)

    @property
    def method_names(self) -> tuple[str, ...]:
        """The methods that are run."""
        every = METHODS | (TABLE_METHODS if self.policy == "tabular" else NETWORK_METHODS)
        return tuple(every) if self.methods is None else self.methods

    @property
    def work(self) -> Callable[[Job], list[dict[str, Any]]]:
        """The function that does a job."""
        return run_job

    @property
    def choices(self) -> dict[str, Any]:
        """The choices that old and new rows must share: all on which a row depends."""
        return {
            "version": version("cliprl-lite"),
            "targets": list(self.targets),
            "suites": {
                suite.name: {"fingerprint": suite.fingerprint, "cap": self._cap(suite)}
                for suite in self._loaded
            },
            "methods": {name: what_it_does(find_method(name)) for name in self.method_names},
            "policy": self.policy,
            "learners": policy_class(self.policy).settings,
            "scores": OF_EVERY_SCORE,
        }

    def rows_of(self, job: Job) -> list[dict[str, Any]]:
        """The cells that name each row of a job."""
        return job.rows

    def _cap(self, suite: TaskSuite) -> int:
        return policy_class(self.policy).cap(suite.world) if self.cap is None else self.cap

    @cached_property
    def _loaded(self) -> list[TaskSuite]:
        return [load_suite(source, size) for source, size in self.suites]


def figure2_sweep(sizes: Iterable[int] = CORNER_SIZES, **choices: Any) -> Sweep:
    """The paper's Figure 2: its corner tasks on several grid sizes.

    Example:
        >>> figure2_sweep((8, 10), trials=3).suites
        (('corners', 8), ('corners', 10))
    """
    return Sweep(tuple(("corners", size) for size in sizes), **choices)


def worlds_sweep(worlds: Iterable[str] = WORLDS, **choices: Any) -> Sweep:
    """Leave one out in the open colour and shape worlds and in the house.

    Raises:
        ValueError: as for `Sweep`, or for one name in place of a list of them.

    Example:
        >>> len(worlds_sweep(["house_a", "house_b"], trials=5).jobs())
        10
    """
    if isinstance(worlds, str):
        raise ValueError(f"give a list of worlds, also for a single one: [{worlds!r}]")
    return Sweep(tuple((world, None) for world in worlds), **choices)


@forgiving_output()
def run_sweep(
    sweep: Plan,
    out: Path | None = None,
    workers: int = -1,
    progress: bool = True,
    backend: str = "processes",
    scheduler: str | None = None,
) -> pd.DataFrame:
    """Run a sweep, or what is left of it: a `Sweep`, a `Study`, or another plan.

    Args:
        sweep: what to run.
        out: a `.csv` file. Each finished trial is kept beside it at once, in `<out>.partial`; a
            sweep that was stopped goes on from there, and one with more trials adds to the table.
            As long as it runs no other sweep can write there.
        workers: parallel processes; −1 for one per core.
        progress: show a bar.
        backend: `"processes"` of this machine, or `"dask"` for the workers of a Dask cluster
            (see `docs/cluster.md`). The table is the same.
        scheduler: address of the Dask scheduler, as in `"tcp://host:8786"`.

    Returns:
        The table, one row per run, sorted; `sweep.columns` describes its columns.

    Raises:
        ValueError: if `out` holds a table that was made with other choices or is damaged, another
            sweep is writing to it, or the backend does not go with its options.
        BackendError: if processes or cluster cannot go on; the message says what is kept.

    Example:
        >>> sweep = figure2_sweep((5,), trials=1, methods=("scratch", "alg1"))
        >>> table = run_sweep(sweep, workers=1, progress=False)
        >>> len(table), sorted(set(table["target"]))
        (6, ['left', 'mismatch', 'right'])
    """
    from tqdm import tqdm

    run = choose_backend(backend, workers, scheduler)
    jobs: dict[str, Any] = {job.key: job for job in sweep.jobs()}
    named = {key: sweep.rows_of(job) for key, job in jobs.items()}
    with (
        nullcontext()
        if out is None
        else Journal(Path(out), sweep.choices, sweep.columns, sweep.keys)
    ) as journal:
        done = journal.read(named) if journal else {}
        left = {key: job for key, job in jobs.items() if key not in done}
        before = len(jobs) - len(left)
        bar = tqdm(total=len(jobs), initial=before, unit="trial", disable=not progress)
        try:
            with bar, closing(run(sweep.work, left)) as finished:
                for key, rows in finished:
                    done[key] = rows
                    if journal:
                        journal.append(key, rows)
                    bar.update()
        except BackendError as error:
            n_done, words = len(jobs.keys() & done.keys()), str(error)
            if n_done and journal:
                words += (
                    f"; {n_done} of {len(jobs)} trials are kept in {journal.where}, and the same "
                    "command goes on from there"
                )
            elif n_done:
                words += (
                    f"; {n_done} of {len(jobs)} trials were finished and are lost: the sweep had "
                    "no file `out`"
                )
            raise BackendError(words) from error
        if journal:
            journal.finish(to_table((row for rows in done.values() for row in rows), sweep.columns))
    return to_table((row for job in jobs for row in done[job]), sweep.columns)


def what_it_does(method: Method) -> dict[str, Any]:
    """A method without its label, which may change without changing any row."""
    temperatures = {"softmax": SOFTMAX_TEMPERATURE, "cold": COLD_TEMPERATURE}
    what = {key: value for key, value in asdict(method).items() if key != "label"}
    if method.weighting in temperatures:
        what["temperature"] = temperatures[method.weighting]
    if method.alignment:
        what["sensitive"] = [SENSITIVE, SHAKE, SHAKES]
    if method.source == "ridge":
        what["penalty"] = RIDGE_PENALTY
    if method.source == "pairs":
        what["penalty"], what["repeats"] = PENALTY, REPEATS
    return what
