"""Declarative sweeps: suites × targets × methods × trials, in parallel and resumable.

A `Sweep` says what to run. Its unit of work is one trial of one suite (see `trials`), so a table
does not depend on the number of workers or on where an earlier run was stopped.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from cliprl_lite.qlearning import DEFAULT_CAP
from cliprl_lite.results import read_table, to_table
from cliprl_lite.tasks import TaskSuite, load_suite
from cliprl_lite.transfer import METHODS, RIDGE_PENALTY, SOFTMAX_TEMPERATURE, Method
from cliprl_lite.trials import Job, run_job

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


@dataclass(frozen=True)
class Sweep:
    """What to run.

    Attributes:
        suites: pairs (name or path of a suite, size or None).
        trials: seeds 0 to trials − 1.
        methods: names in `METHODS`.
        targets: names of targets; all of them if empty.
        cap: environment steps after which a run is cut off and called censored.

    Raises:
        ValueError: for an unknown name, one that stands twice, or a number out of range.

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
        if self.cap < 1:
            raise ValueError(f"the cap is a positive number of steps; got {self.cap}")
        if not self.suites or not self.methods:
            raise ValueError("a sweep needs a suite and a method, at the least")
        for what in (self.suites, self.methods, self.targets):
            if len(set(what)) < len(what):
                raise ValueError(f"something is named twice: {', '.join(map(str, what))}")
        unknown = [name for name in self.methods if name not in METHODS]
        if unknown:
            raise ValueError(
                f"there is no method {unknown[0]!r}; take some of {', '.join(METHODS)}"
            )
        for suite in self._loaded:
            for target in self.targets:
                suite.transfer(target)
        names = [suite.name for suite in self._loaded]
        if len(set(names)) < len(names):
            raise ValueError(
                f"two suites of one sweep have the same name: {', '.join(names)}; rename a file"
            )

    def jobs(self) -> list[Job]:
        """Every trial of every suite; long ones first, so that workers end together."""
        jobs = [
            Job(suite, seed, self.targets, self.methods, self.cap)
            for suite in self._loaded
            for seed in range(self.trials)
        ]
        return sorted(jobs, key=lambda job: -job.suite.world.n_states)

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

    Example:
        >>> len(worlds_sweep(["house_a", "house_b"], trials=5).jobs())
        10
    """
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

    Example:
        >>> sweep = figure2_sweep((5,), trials=1, methods=("scratch", "alg1"))
        >>> table = run_sweep(sweep, workers=1, progress=False)
        >>> len(table), sorted(set(table["target"]))
        (6, ['left', 'mismatch', 'right'])
    """
    from joblib import Parallel, delayed
    from tqdm import tqdm

    journal = _Journal(Path(out), sweep) if out else None
    done = journal.read() if journal else {}
    jobs = sweep.jobs()
    left = [job for job in jobs if job.key not in done]
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
    if journal:
        journal.finish(to_table(row for rows in done.values() for row in rows))
    return to_table(row for job in jobs for row in done[job.key])


def _count(workers: int) -> int:
    return (os.cpu_count() or 1) if workers < 0 else workers


def _keyed_job(job: Job) -> tuple[str, list[dict[str, Any]]]:
    return job.key, run_job(job)


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
        self.choices: dict[str, Any] = {
            "version": version("cliprl-lite"),
            "targets": list(sweep.targets),
            "cap": sweep.cap,
            "suites": {suite.name: suite.fingerprint for suite in sweep._loaded},
            "methods": {name: _what_it_does(METHODS[name]) for name in sweep.methods},
        }

    def read(self) -> dict[str, list[dict[str, Any]]]:
        """The rows of every finished trial, from the table and from the journal."""
        done: dict[str, list[dict[str, Any]]] = {}
        if self.out.exists() != self.description.exists():
            there, gone = self.out.name, self.description.name
            if self.description.exists():
                there, gone = gone, there
            raise ValueError(f"{there} exists without {gone}; choose another name, or delete it")
        if self.out.exists():
            self._agree(_choices(self.description.read_text("utf-8"), self.description), self.out)
            for row in read_table(self.out).to_dict("records"):
                cells = {str(column): value for column, value in row.items()}
                done.setdefault(f"{cells['suite']}|{cells['seed']}", []).append(cells)
        lines = []
        if self.partial.exists():  # what follows the last line end was cut off while being written
            lines = self.partial.read_text("utf-8").split("\n")[:-1]
        if lines:
            self._agree(_choices(lines[0], self.partial), self.partial)
            for line in lines[1:]:
                entry = json.loads(line)
                done[entry["key"]] = entry["rows"]
        else:
            lines = [json.dumps({"choices": self.choices})]
        self.partial.parent.mkdir(parents=True, exist_ok=True)
        _replace(self.partial, "\n".join(lines) + "\n")
        return done

    def _agree(self, choices: dict[str, Any], file: Path) -> None:
        for what, value in self.choices.items():
            known = choices.get(what)
            if what == "suites":  # others may stand in the table; those in both must be the same
                known = known or {}
                changed = [name for name in value if known.get(name, value[name]) != value[name]]
                self.choices["suites"] = known | value
            else:
                changed = [] if known == value else [what]
            if changed:
                raise ValueError(
                    f"{file.name} was made with other {what} than this sweep "
                    f"({', '.join(changed)}); choose another name for this one, or delete that file"
                )

    def append(self, key: str, rows: list[dict[str, Any]]) -> None:
        with self.partial.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps({"key": key, "rows": rows}, default=_plain) + "\n")
            stream.flush()
            os.fsync(stream.fileno())

    def finish(self, table: pd.DataFrame) -> None:
        """Write the table and its description in one move each, then drop the journal."""
        description = {
            "choices": self.choices,
            "trials": len(set(table["seed"])),
            "versions": {name: version(name) for name in ("cliprl-lite", "numpy", "torch")},
        }
        _replace(self.description, json.dumps(description, indent=1, ensure_ascii=False) + "\n")
        _replace(self.out, table.to_csv(index=False))
        self.partial.unlink()


def _choices(text: str, file: Path) -> dict[str, Any]:
    try:
        return dict(json.loads(text)["choices"])
    except (ValueError, KeyError, TypeError):
        raise ValueError(
            f"{file.name} does not describe a sweep; choose another name for this one"
        ) from None


def _replace(path: Path, content: str) -> None:
    """Write a file in one move: at no moment is there half of it."""
    fresh = path.with_name(path.name + ".new")
    fresh.write_text(content, encoding="utf-8")
    fresh.replace(path)


def _what_it_does(method: Method) -> dict[str, Any]:
    """A method without its label, which may change without changing any row."""
    constants = {"softmax": SOFTMAX_TEMPERATURE, "cold": SOFTMAX_TEMPERATURE}
    what = {key: value for key, value in asdict(method).items() if key != "label"}
    if method.weighting in constants:
        what["temperature"] = constants[method.weighting]
    if method.source == "ridge":
        what["penalty"] = RIDGE_PENALTY
    return what


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{type(value).__name__} has no place in a table")
