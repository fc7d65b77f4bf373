"""Finished trials on disk, so that a sweep that was stopped goes on where it was.

One sweep at a time writes to a table: it holds the journal open, locked by the operating system,
which frees it when the process ends, however it ends. So there is no lock that could be left over.
"""

from __future__ import annotations

import errno
import json
import os
import sys
import warnings
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import IO, Any, Self

import numpy as np
import pandas as pd

from cliprl_lite._paths import write_text
from cliprl_lite.experiments.results import COLUMNS, first_unsound, read_table, write_table

Rows = list[dict[str, Any]]


class Journal:
    """The files of one sweep: a table, its description, and what is finished so far.

    The table is `out` (CSV), with its description beside it (JSON). Until the sweep is over, each
    finished trial is one line of `<out>.partial` (JSON too). The first line has the choices; so has
    one further down if a later sweep added suites.
    Within a `with` block the files are this sweep's own.

    Args:
        out: the table's file, named `*.csv`.
        choices: the choices that old and new rows must share. Of `"suites"` only the entries that
            both have must agree.
        columns: of the table.
        keys: those of them that name a trial.

    Raises:
        ValueError: if `out` is not named like a CSV file, or (on entering the block) if another
            sweep is writing to it.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> columns = {"seed": "number of the trial", "regret": "steps over the shortest"}
        >>> with TemporaryDirectory() as folder:
        ...     out = Path(folder) / "table.csv"
        ...     with Journal(out, {"cap": 9, "suites": {}}, columns, ["seed"]) as journal:
        ...         journal.read()
        ...         journal.append("0", [{"seed": 0, "regret": 3.5}])
        ...         journal.read()
        {}
        {'0': [{'seed': 0, 'regret': 3.5}]}
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

    def __enter__(self) -> Self:
        self.partial.parent.mkdir(parents=True, exist_ok=True)
        while True:
            stream = self.partial.open("a+b")
            if not _lock(stream):
                stream.close()
                raise ValueError(
                    f"another sweep is writing to {self.out.name} now: wait for its end, stop it, "
                    "or choose another name for this one (a sweep that has died holds no file, "
                    f"and leaves its finished trials in {self.partial.name})"
                )
            if _is_at(stream, self.partial):
                self._stream = stream
                return self
            stream.close()  # the other sweep ended just now, and took its journal with it

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):  # a full disk still lacks room for what could not be written
            if not self._stream.closed and not self._stream.seek(0, os.SEEK_END):
                self._drop()  # the file was made on entering, and nothing came of it
        with suppress(OSError):
            self._stream.close()

    def read(self, named: Mapping[str, Rows] | None = None) -> dict[str, Rows]:
        """The rows of every finished trial by its key, from the table and from the journal.

        Args:
            named: for trials, by their keys, the cells that name each row that they must have. A
                trial of the table that has not exactly these rows counts as not finished.

        Raises:
            ValueError: if they were made with other choices, or are no files of a sweep, or hold
                an impossible value. The message names the file, and the line where there is one.
        """
        named = named or {}
        lines = self._lines()
        done: dict[str, Rows] = {}
        between = len(lines) > 1 and not self.out.exists()  # the two moves of `finish`
        there, gone = sorted((self.out, self.description), key=lambda file: not file.exists())
        if there.exists() and not gone.exists() and not between:
            raise ValueError(
                f"{there.name} exists without {gone.name}; choose another name, or delete it"
            )
        if self.out.exists():
            choices = _choices(self.description.read_text("utf-8", errors="replace"))
            if choices is None:
                raise ValueError(
                    f"{self.description.name} does not describe a sweep; choose another name for "
                    "this one"
                )
            self._agree(choices, self.out)
            for row in read_table(self.out, self.columns).to_dict("records"):
                cells = {str(column): value for column, value in row.items()}
                done.setdefault(self._key(cells), []).append(cells)
            done = {key: rows for key, rows in done.items() if not _amiss(rows, named.get(key))}
        if len(lines) == 1:  # nothing is finished yet, so that other choices are welcome
            lines = []
        seen: dict[str, int] = {}
        stated = None
        for number, line in enumerate(lines, start=1):
            if (choices := _choices(line)) is not None:
                self._agree(choices, self.partial)
                stated = choices
                continue
            key, rows = self._trial(line, number, named)
            if key in seen:
                raise self._damaged(number, f"is of the same trial as line {seen[key]}")
            seen[key], done[key] = number, rows
        if not lines:
            self._stream.truncate(0)
        if stated != self.choices:  # this sweep may have suites that those before it had not
            self._write({"choices": self.choices})
        return done

    @property
    def where(self) -> str:
        """The files that hold finished trials."""
        return " and ".join(str(file) for file in (self.out, self.partial) if file.exists())

    def append(self, key: str, rows: Rows) -> None:
        """Keep one more trial; it is on the disk when this returns."""
        self._write({"key": key, "rows": rows})

    def finish(self, table: pd.DataFrame) -> None:
        """Write the table and its description in one move each, then drop the journal."""
        versions = {}  # of those that are installed: tables of tabular policies need no torch
        for name in ("cliprl-lite", "numpy", "torch"):
            with suppress(PackageNotFoundError):
                versions[name] = version(name)
        trials = len(set(table["seed"]))
        description = {"choices": self.choices, "trials": trials, "versions": versions}
        text = json.dumps(description, indent=1, ensure_ascii=False)
        write_text(self.description, text + "\n")
        write_table(self.out, table)
        self._drop()

    def _key(self, row: Mapping[str, Any]) -> str:
        return "|".join(str(row[column]) for column in self.keys)

    def _write(self, entry: dict[str, Any]) -> None:
        try:
            self._stream.write(json.dumps(entry, default=np.generic.item).encode() + b"\n")
            self._stream.flush()
            os.fsync(self._stream.fileno())
        except OSError as error:  # a full disk names no file
            raise OSError(error.errno, error.strerror, str(self.partial)) from error

    def _drop(self) -> None:
        """Delete the journal while it is still locked: nobody can have written to it."""
        if sys.platform == "win32":  # where an open file cannot be deleted, …
            self._stream.close()
            with suppress(PermissionError):  # … nor one that another sweep has opened since
                self.partial.unlink()
        else:
            self.partial.unlink()

    def _lines(self) -> list[str]:
        """The whole lines of the journal; what follows the last one is cut off the file.

        That part was being written when the sweep stopped. Trials without a line of choices before
        them belong to no sweep: they are put aside.
        """
        self._stream.seek(0)
        content = self._stream.read()
        whole = content[: content.rfind(b"\n") + 1]
        self._stream.truncate(len(whole))
        lines = whole.decode("utf-8", errors="replace").split("\n")[:-1]
        if not any(line.strip() for line in lines):
            return []
        if _choices(lines[0]) is None:
            aside = self.partial.with_name(self.partial.name + ".old")
            write_text(aside, "\n".join(lines) + "\n")
            warnings.warn(
                f"the first line of {self.partial.name} does not say what sweep it belongs to, so "
                f"its trials are run again; the file is kept as {aside.name}",
                stacklevel=4,
            )
            return []
        return lines

    def _agree(self, choices: dict[str, Any], file: Path) -> None:
        for what, value in self.choices.items():
            known = choices.get(what)
            if what == "suites":  # others may stand in the table; those in both must be the same
                known = known or {}
                changed = [name for name in value if known.get(name, value[name]) != value[name]]
                self.choices["suites"] = known | value
            else:
                changed = _changed(known, value, what)
            if changed:
                raise ValueError(
                    f"{file.name} was made with other {what} than this sweep "
                    f"({', '.join(changed)}); choose another name for this one, or delete that file"
                )

    def _trial(self, line: str, number: int, named: Mapping[str, Rows]) -> tuple[str, Rows]:
        try:
            entry = json.loads(line)
            key, rows = str(entry["key"]), [dict(row) for row in entry["rows"]]
        except (ValueError, KeyError, TypeError):
            raise self._damaged(number, "is damaged") from None
        if any(row.keys() != set(self.columns) for row in rows):
            raise self._damaged(number, "has rows with other columns than the table")
        wrong = first_unsound({name: [row[name] for row in rows] for name in self.columns})
        if wrong:
            raise self._damaged(number, f"has a row that makes no sense: {wrong[1]}")
        if not rows or {self._key(row) for row in rows} != {key}:
            raise self._damaged(number, f"has other rows than those of trial {key}")
        if amiss := _amiss(rows, named.get(key)):
            raise self._damaged(number, amiss)
        return key, rows

    def _damaged(self, number: int, how: str) -> ValueError:
        return ValueError(
            f"line {number} of {self.partial.name} {how}; delete that line, and its trial is run "
            "again"
        )


def _choices(text: str) -> dict[str, Any] | None:
    """The choices that a description, or a line of a journal, speaks of; None if of none."""
    try:
        return dict(json.loads(text)["choices"])
    except (ValueError, KeyError, TypeError):
        return None


def _changed(known: Any, value: Any, what: str) -> list[str]:
    """The names of what differs: single entries where both have entries."""
    if known == value:
        return []
    if not (isinstance(known, dict) and isinstance(value, dict)):
        return [what]
    return [name for name in {**known, **value} if known.get(name) != value.get(name)]


def _amiss(rows: Rows, named: Rows | None) -> str:
    """What is wrong with the rows of a trial that must have these names, each once; or nothing."""
    if named is None:
        return ""
    names = list(named[0])
    wanted = Counter(tuple(row[name] for name in names) for row in named)
    found = Counter(tuple(row[name] for name in names) for row in rows)
    for words, rest in (("lacks a row", wanted - found), ("has a row too many", found - wanted)):
        if rest:
            return f"{words}: {', '.join(map(str, next(iter(rest))))}"
    return ""


def _lock(stream: IO[bytes]) -> bool:
    """Take the file for this process, unless another one has it; it ends with the process."""
    try:
        if sys.platform == "win32":
            import msvcrt

            stream.seek(_FAR_OUT)  # a place that nobody reads: what is locked there cannot be read
            msvcrt.locking(stream.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        # Any other error is that of a file system that knows no locks, as some of clusters do.
        return error.errno not in (errno.EAGAIN, errno.EACCES, errno.EDEADLK)
    return True


_FAR_OUT = 2**30


def _is_at(stream: IO[bytes], path: Path) -> bool:
    """Whether an open file is still the one of that name."""
    try:
        return sys.platform == "win32" or os.path.samestat(os.fstat(stream.fileno()), path.stat())
    except FileNotFoundError:
        return False
