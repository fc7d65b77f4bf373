"""Finished trials on disk, so that a sweep that was stopped goes on where it was."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from cliprl_lite.results import COLUMNS, read_table

Rows = list[dict[str, Any]]


class Journal:
    """The files of one sweep: a table, its description, and what is finished so far.

    The table is `out` (CSV), with its description beside it (JSON). Until the sweep is over, each
    finished trial is one line of `<out>.partial` (JSON too), with the choices in the first line.

    Args:
        out: the table's file, named `*.csv`.
        choices: what must agree for old rows to stand beside new ones. Under `"suites"` only the
            entries that both have must.
        columns: of the table.
        keys: those of them that name a trial.

    Raises:
        ValueError: if `out` is not named like a CSV file.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     journal = Journal(Path(folder) / "table.csv", {"cap": 9, "suites": {}})
        ...     journal.read()
        ...     journal.append("corners_8|0", [{"seed": 0, "regret": 3.5}])
        ...     journal.read()
        {}
        {'corners_8|0': [{'seed': 0, 'regret': 3.5}]}
    """

    def __init__(
        self,
        out: Path,
        choices: dict[str, Any],
        columns: Mapping[str, str] = COLUMNS,
        keys: Sequence[str] = ("suite", "seed"),
    ) -> None:
        if out.suffix != ".csv":
            raise ValueError(f"the table is written as CSV, so name it *.csv; got {out.name!r}")
        self.out = out
        self.description = out.with_suffix(".json")
        self.partial = out.with_name(out.name + ".partial")
        self.choices = json.loads(json.dumps(choices))  # as it is read back: no tuples, for one
        self.columns, self.keys = columns, keys

    def read(self) -> dict[str, Rows]:
        """The rows of every finished trial by its key, from the table and from the journal.

        Raises:
            ValueError: if they were made with other choices, or are no files of a sweep.
        """
        done: dict[str, Rows] = {}
        between = self.partial.exists() and not self.out.exists()  # the two moves of `finish`
        if self.out.exists() != self.description.exists() and not between:
            there, gone = self.out.name, self.description.name
            if self.description.exists():
                there, gone = gone, there
            raise ValueError(f"{there} exists without {gone}; choose another name, or delete it")
        if self.out.exists():
            self._agree(_choices(self.description.read_text("utf-8"), self.description), self.out)
            for row in read_table(self.out, self.columns).to_dict("records"):
                cells = {str(column): value for column, value in row.items()}
                key = "|".join(str(cells[column]) for column in self.keys)
                done.setdefault(key, []).append(cells)
        lines = []
        if self.partial.exists():  # what follows the last line end was cut off while being written
            lines = self.partial.read_text("utf-8", errors="replace").split("\n")[:-1]
            choices = _choices(lines[0], self.partial) if lines else {}
        if len(lines) > 1:
            self._agree(choices, self.partial)
            for number, line in enumerate(lines[1:], start=2):
                key, rows = _trial(line, number, self.partial)
                done[key] = rows
        else:  # nothing is finished yet, so that other choices are welcome
            lines = [json.dumps({"choices": self.choices})]
        self.partial.parent.mkdir(parents=True, exist_ok=True)
        _replace(self.partial, "\n".join(lines) + "\n")
        return done

    @property
    def where(self) -> str:
        """The files that hold finished trials."""
        return " and ".join(str(file) for file in (self.out, self.partial) if file.exists())

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

    def append(self, key: str, rows: Rows) -> None:
        """Keep one more trial; it is on the disk when this returns."""
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


def _trial(line: str, number: int, file: Path) -> tuple[str, Rows]:
    try:
        entry = json.loads(line)
        return str(entry["key"]), list(entry["rows"])
    except (ValueError, KeyError, TypeError):
        raise ValueError(
            f"line {number} of {file.name} is damaged; delete that line, and its trial is run again"
        ) from None


def _replace(path: Path, content: str) -> None:
    """Write a file in one move: at no moment is there half of it."""
    fresh = path.with_name(path.name + ".new")
    fresh.write_text(content, encoding="utf-8")
    fresh.replace(path)


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{type(value).__name__} has no place in a table")
