"""Alignments that ship: the fitted towers of the course's suites, to apply without torch, and
records of how some were trained.

Each alignment is what trial 0 of an experiment trains, in this project's own setting. Remake all
with `cliprl-lite fit`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, fields
from functools import cache
from hashlib import file_digest, sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from cliprl_lite.alignment import Alignment, AlignmentSettings
from cliprl_lite.alignment_record import AlignmentRecord
from cliprl_lite.paths import data_path, in_one_move, write_text
from cliprl_lite.tasks import Task, TaskSuite

_ARRAYS = [field.name for field in fields(Alignment) if field.name != "settings"]
_RECORDED = ("frames", "best", "losses", "weights", "sums")


class FittedError(ValueError):
    """There is no shipped alignment of this kind, or its file is not the one that was made."""


def load_alignment(suite: TaskSuite, held_out: str = "") -> Alignment:
    """The shipped alignment of a suite's tasks.

    Args:
        suite: one that ships, at a size of the course.
        held_out: the name of a task that was left out of the training, so that it is new; only
            the houses ship those. Empty for all tasks.

    Raises:
        TypeError: if given the name of a suite, or a task in place of its name.
        FittedError: if there is none, or the suite or the file has changed since it was made.

    Example:
        >>> from cliprl_lite.language import embed
        >>> from cliprl_lite.tasks import load_suite
        >>> house = load_suite("house_a")
        >>> errand = house.transfer("go to the red cone")
        >>> known = embed([base.sentence for base in errand.bases])
        >>> fitted = load_alignment(house, held_out=errand.target.name)
        >>> scores = fitted.similarity(embed([errand.target.sentence])[0], known)
        >>> errand.bases[scores.argmax()].colour
        'red'
    """
    if not isinstance(suite, TaskSuite) or not isinstance(held_out, str):
        raise TypeError(
            "give the suite itself and a task's name, as in "
            "load_alignment(load_suite('house_a'), 'go to the red cone')"
        )
    description = _description()
    entry = description["suites"].get(suite.name)
    if entry is None:
        raise FittedError(
            f"no alignment of {suite.name!r} ships; train one with align(), or take one of "
            + ", ".join(description["suites"])
        )
    if entry["fingerprint"] != suite.fingerprint:
        raise FittedError(
            f"the suite {suite.name!r} is not the one that the shipped alignment was trained on; "
            "train one with align(), or remake all with 'cliprl-lite fit'"
        )
    if held_out not in entry["held_out"]:
        raise FittedError(
            f"no alignment of {suite.name!r} without {held_out!r} ships; train one with align(), "
            "or hold out one of " + ", ".join(repr(name) for name in entry["held_out"])
        )
    record = _records(f"{suite.name}.npy", entry["sha256"])[entry["held_out"].index(held_out)]
    settings = AlignmentSettings(**description["settings"])
    return Alignment(settings, *(record[name] for name in _ARRAYS))


def load_alignment_record(suite: TaskSuite) -> AlignmentRecord:
    """The shipped record of how the alignment of a house is trained, one of its tasks held out.

    Raises:
        TypeError: if given the name of a suite.
        FittedError: if there is none, or the suite or the file has changed since it was made.

    Example:
        >>> from cliprl_lite.tasks import load_suite
        >>> record = load_alignment_record(load_suite("house_a"))
        >>> record.held_out, record.temperatures
        ('go to the blue key', (0.07, 0.2, 0.5, 1.0))
    """
    if not isinstance(suite, TaskSuite):
        raise TypeError("give the suite itself, as in load_alignment_record(load_suite('house_a'))")
    entries = _description()["records"]
    entry = entries.get(suite.name)
    if entry is None:
        raise FittedError(
            f"no record of {suite.name!r} ships; make one with record_alignment(), or take that of "
            + " or ".join(entries)
        )
    if entry["fingerprint"] != suite.fingerprint:
        raise FittedError(
            f"the suite {suite.name!r} is not the one that the shipped record was made of; "
            "make one with record_alignment(), or remake all with 'cliprl-lite fit'"
        )
    stages = _records(f"{suite.name}_record.npy", entry["sha256"])
    return AlignmentRecord(
        suite.name,
        suite.fingerprint,
        entry["held_out"],
        tuple(entry["targets"]),
        tuple(entry["temperatures"]),
        tuple(entry["marks"]),
        **{name: np.array(stages[name]) for name in _RECORDED},
    )


def ship_alignments(
    suites: Iterable[TaskSuite],
    hold_out: Iterable[str],
    folder: Path,
    records: Iterable[AlignmentRecord] = (),
) -> None:
    """Train and write the alignments of suites, and their description `alignments.json`.

    Args:
        suites: each is trained with all its tasks as bases …
        hold_out: … and those with these names once more without each of their tasks in turn.
        folder: for one `.npy` file per suite, an alignment a record.
        records: of trainings, written beside them.
    """
    folder.mkdir(parents=True, exist_ok=True)
    entries: dict[str, Any] = {}
    for suite in suites:
        fitted = _fit(suite, each_held_out=suite.name in hold_out)
        arrays = [[getattr(one, name) for name in _ARRAYS] for one in fitted.values()]
        layout = [(n, a.dtype, a.shape) for n, a in zip(_ARRAYS, arrays[0], strict=True)]
        entries[suite.name] = {
            "fingerprint": suite.fingerprint,
            "sha256": _write(folder / f"{suite.name}.npy", [tuple(row) for row in arrays], layout),
            "held_out": list(fitted),
        }
    recorded = {}
    for record in records:
        parts = [getattr(record, name) for name in _RECORDED]
        layout = [(n, a.dtype, a.shape[3:]) for n, a in zip(_RECORDED, parts, strict=True)]
        stages = np.empty(record.losses.shape, layout)
        for name, part in zip(_RECORDED, parts, strict=True):
            stages[name] = part
        recorded[record.suite] = {
            "fingerprint": record.fingerprint,
            "sha256": _write(folder / f"{record.suite}_record.npy", stages, layout),
            "held_out": record.held_out,
            "targets": record.targets,
            "temperatures": record.temperatures,
            "marks": record.marks,
        }
    description = {
        "command": "cliprl-lite fit",
        "settings": asdict(AlignmentSettings()),
        "versions": {name: version(name) for name in ("cliprl-lite", "numpy", "torch")},
        "suites": entries,
        "records": recorded,
    }
    text = json.dumps(description, indent=1, ensure_ascii=False)
    write_text(folder / "alignments.json", text + "\n")


def _write(file: Path, rows: Any, layout: list[Any]) -> str:
    """Write an array of records; returns the file's SHA-256."""
    with in_one_move(file) as fresh, fresh.open("wb") as stream:
        np.save(stream, np.array(rows, layout), allow_pickle=False)
    return sha256(file.read_bytes()).hexdigest()


def _fit(suite: TaskSuite, each_held_out: bool) -> dict[str, Alignment]:
    """The alignment of all tasks under the name "", and those without one task under its name."""
    from cliprl_lite.learners import policy_class
    from cliprl_lite.trials import fit

    policies = policy_class("tabular").learn_bases(suite, seed=0)
    fitted = {"": fit(suite, 0, [suite.tasks], policies, None)[suite.tasks]}
    if each_held_out:
        sets: dict[str, tuple[Task, ...]] = {t.target.name: t.bases for t in suite.transfers()}
        trained = fit(suite, 0, sets.values(), policies, None)
        fitted |= {name: trained[bases] for name, bases in sets.items()}
    return fitted


@cache
def _description() -> dict[str, Any]:
    text = data_path("alignments", "alignments.json").read_text("utf-8")
    return dict(json.loads(text))


@cache
def _records(name: str, wanted: str) -> np.ndarray:
    """One file's alignments, mapped into memory, once it has been found to be the right one."""
    file = data_path("alignments", name)
    with file.open("rb") as stream:
        found = file_digest(stream, "sha256").hexdigest()
    if found != wanted:
        raise FittedError(
            f"{name} has changed since it was made; remake it with 'cliprl-lite fit', or install "
            "the package anew"
        )
    return np.load(file, mmap_mode="r", allow_pickle=False)
