"""The judge of the labs: what each question is worth, however its answer was written.

A submission's cells are loaded by `worker.py`, in a process of their own. Here stand the right
answers, and every comparison. The two meet in questions and results only, so that a submission can
earn points in one way: by answering right.

Each graded cell has several sub-tests, with points of their own (`questions/`). They ask a
`Question`, which knows the edition (the class's numbers) and has dice that hang on its secret.
"""

from __future__ import annotations

import ast
import contextlib
import json
import queue
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from nbformat import NotebookNode

WORKER = Path(__file__).with_name("worker.py").read_text("utf-8") + "\nmain()\n"
"""The worker's program. It is handed over as text, so that it does not say where it comes from."""

SECONDS = 120.0
"""For one question."""

LOADING = 300.0
"""Seconds for the cells above it, which are no part of its time: imports are slow on a machine that
does much else."""

PUBLIC = "public"
"""The secret of the public edition, which is none."""


# ---------------------------------------------------------------------------------------------
# Sub-tests
# ---------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class SubTest:
    """One thing that is asked of an answer, and what it is worth."""

    name: str
    points: float
    run: Callable[[Question], None]


@dataclass
class Graded:
    """A graded cell.

    Attributes:
        answer: `grade_id` of the cell with the answer.
        banned: functions that the answer may not call, as `worker.banned` takes them.
        modules: the only libraries beside Python's own that the answer may use, if the question
            says so.
        tests: its sub-tests, in order.
    """

    answer: str
    banned: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
    tests: list[SubTest] = field(default_factory=list)

    def test(self, points: float, name: str) -> Callable[..., Any]:
        """A decorator that adds a sub-test; it raises AssertionError, in words, to refuse."""

        def add(run: Callable[[Question], None]) -> Callable[[Question], None]:
            self.tests.append(SubTest(name, points, run))
            return run

        return add

    @property
    def points(self) -> float:
        """What all its sub-tests are worth."""
        return sum(test.points for test in self.tests)


@dataclass(frozen=True)
class Result:
    """What one sub-test gave, and why not all."""

    test: SubTest
    said: str = ""

    @property
    def points(self) -> float:
        """All or nothing."""
        return 0.0 if self.said else self.test.points


class Source(str):
    """A piece of Python that stands for a value, such as `np.random.default_rng(3)`."""


def dice(seed: int) -> Source:
    """A generator of NumPy that the worker makes."""
    return Source(f"np.random.default_rng({seed})")


def written(value: Any) -> str:
    """A value as Python would write it."""
    if isinstance(value, Source):
        return str(value)
    if isinstance(value, np.ndarray):
        return f"np.array({value.tolist()!r})"
    if isinstance(value, list | tuple):
        inside = ", ".join(map(written, value))
        return f"[{inside}]" if isinstance(value, list) else f"({inside},)"
    return repr(value.item() if isinstance(value, np.generic) else value)


# ---------------------------------------------------------------------------------------------
# Asking
# ---------------------------------------------------------------------------------------------
class NoAnswer(AssertionError):
    """The answer stopped with an error, or did not come in time."""


class Worker:
    """The process with a student's functions. It is started when it is asked first."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[str] | None = None

    def ask(self, request: dict[str, Any], seconds: float) -> Any:
        """The value that comes back.

        Raises:
            NoAnswer: if none comes, saying why.
        """
        if self.process is None:
            self.folder = tempfile.TemporaryDirectory(prefix="answers-")
            self.process = subprocess.Popen(
                [sys.executable, "-c", WORKER], cwd=self.folder.name, text=True, encoding="utf-8",
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            )  # fmt: skip
            self.lines: queue.Queue[str] = queue.Queue()
            self.listener = threading.Thread(target=self._listen, daemon=True)
            self.listener.start()
        try:
            assert self.process.stdin is not None
            self.process.stdin.write(json.dumps(request) + "\n")
            self.process.stdin.flush()
            line = self.lines.get(timeout=max(seconds, 0.0))
        except queue.Empty:
            self.end()
            raise NoAnswer("it took longer than it may") from None
        except OSError:
            line = ""
        try:
            reply = json.loads(line)
            if "error" in reply:
                raise NoAnswer(reply["error"])
            return reply["value"]
        except (ValueError, TypeError, KeyError):
            self.end()
            raise NoAnswer("it ended Python") from None

    def _listen(self) -> None:
        process, lines = self.process, self.lines
        assert process is not None
        assert process.stdout is not None
        with process.stdout as stream:
            for line in stream:
                lines.put(line)
        lines.put("")  # it is gone

    def end(self) -> None:
        """Stop it; the next question starts another."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            assert self.process.stdin is not None
            with contextlib.suppress(OSError):  # what was not read any more
                self.process.stdin.close()
            self.listener.join(timeout=1)  # a child of its own may still hold the line
            self.process = None
            self.folder.cleanup()


class Question:
    """What a sub-test may do: ask, throw dice, and look up the class's numbers.

    Attributes:
        edition: the class's numbers, by name.
        dice: a generator of its own, which hangs on the edition's secret.
    """

    def __init__(self, bench: Bench, graded: Graded, name: str) -> None:
        self.bench, self.graded = bench, graded
        self.edition = bench.edition
        seed = sha256(f"{bench.secret}/{name}".encode()).digest()[:8]
        self.dice = np.random.default_rng(int.from_bytes(seed, "big"))

    def seed(self) -> int:
        """A number for `default_rng`."""
        return int(self.dice.integers(10**6))

    def ask(self, function: str, *arguments: Any, instead: str = "") -> Any:
        """What the student's function returns, arrays and tuples as lists.

        Args:
            function: its name, or a lambda.
            arguments: plain values, arrays, or `Source`.
            instead: the judge's own functions, which take the place of the student's meanwhile.
        """
        call = f"({function})({', '.join(map(written, arguments))})"
        return self.bench.ask({"ask": call, "instead": instead, "banned": list(self.graded.banned)})


class Bench:
    """One submission before the judge."""

    def __init__(
        self,
        notebook: NotebookNode,
        edition: Mapping[str, Any],
        secret: str = PUBLIC,
        seconds: float = SECONDS,
    ) -> None:
        self.cells, self.edition, self.secret = notebook.cells, dict(edition), secret
        self.seconds, self.used, self.lost = seconds, 0.0, set[int]()
        self.worker, self.loaded, self.until, self.said = Worker(), 0, 0, ""

    def ask(self, request: dict[str, Any]) -> Any:
        """The worker's answer, once the cells above the question are loaded there.

        Only what is spent on answers counts as the question's time.
        """
        self.load()
        begun = time.monotonic()
        try:
            return self.worker.ask(request, self.seconds - self.used)
        except NoAnswer as error:
            more = f" ({self.said})" if self.said and "not defined" in str(error) else ""
            raise NoAnswer(f"{error}{more}") from None
        finally:
            self.used += time.monotonic() - begun

    def load(self) -> None:
        """Load the cells above the question; one that hangs or ends Python is left out from now on.

        Raises:
            NoAnswer: if there is such a cell.
        """
        if self.worker.process is None:
            self.loaded = 0
        begun = time.monotonic()
        while self.loaded < self.until:
            cell = self.loaded
            self.loaded += 1
            if cell not in self.lost and (statements := definitions(self.cells[cell])):
                try:
                    left = begun + LOADING - time.monotonic()
                    said = self.worker.ask({"load": statements}, left)
                except NoAnswer as error:
                    self.lost.add(cell)
                    raise NoAnswer(f"{error}, when its cells were loaded") from None
                self.said = said or self.said

    def results(self, graded: dict[str, Graded]) -> dict[str, list[Result]]:
        """What every sub-test of every graded cell gave, by the cell's `grade_id`."""
        places = {grade_id(cell): place for place, cell in enumerate(self.cells)}
        found = {}
        for name, cell in sorted(graded.items(), key=lambda item: places.get(item[0], 0)):
            self.until, self.used = places.get(name, 0), 0.0
            refused = forbidden(self.cells[: self.until], cell)
            found[name] = [
                Result(test, refused or self.verdict(test, cell, f"{name}/{test.name}"))
                for test in cell.tests
            ]
        self.worker.end()
        return found

    def verdict(self, test: SubTest, graded: Graded, name: str) -> str:
        """Nothing if the answer passes, else what is wrong, in words."""
        try:
            test.run(Question(self, graded, name))
        except AssertionError as error:
            return str(error) or "not right"
        except Exception as error:  # a result of another shape or kind than was asked for
            return f"the result is not what was asked for: {type(error).__name__}: {error}"[:400]
        return ""


# ---------------------------------------------------------------------------------------------
# Reading a submission
# ---------------------------------------------------------------------------------------------
KEPT = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef, ast.If, ast.Try)
"""Statements of any cell that the judge takes over."""

ASSIGNED = (ast.Assign, ast.AnnAssign, ast.AugAssign)
"""Statements that it takes over as well, where they stand in a cell of the lab, or call nothing."""


def grade_id(cell: NotebookNode) -> str:
    """nbgrader's name of a cell, or nothing."""
    return str(cell.metadata.get("nbgrader", {}).get("grade_id", ""))


def definitions(cell: NotebookNode) -> list[str]:
    """What a cell defines, statement by statement; what it tries out is left behind.

    A cell that is no Python defines nothing.
    """
    own = not grade_id(cell)
    return [
        ast.unparse(node)
        for node in statements(cell)
        if isinstance(node, KEPT) or (isinstance(node, ASSIGNED) and not (own and _calls(node)))
    ]


def statements(cell: NotebookNode) -> list[ast.stmt]:
    """The statements of a code cell; lines for IPython alone (`%timeit`, `!ls`) are left out."""
    from IPython.core.inputtransformer2 import TransformerManager

    if cell.cell_type != "code" or cell.metadata.get("nbgrader", {}).get("grade"):
        return []
    try:
        return ast.parse(TransformerManager().transform_cell(cell.source)).body
    except (SyntaxError, ValueError):
        return []


def _calls(node: ast.AST) -> bool:
    return any(isinstance(part, ast.Call) for part in ast.walk(node))


def forbidden(cells: Iterable[NotebookNode], graded: Graded) -> str:
    """Why an answer uses a module that the question does not allow; nothing if it uses none."""
    if not graded.modules:
        return ""
    modules: dict[str, str] = {}
    for cell in cells:
        parts = [part for node in statements(cell) for part in ast.walk(node)]
        for part in parts:
            if isinstance(part, ast.Import):
                names = ((a.asname or a.name.split(".")[0], a.name) for a in part.names)
                modules |= {bound: name.split(".")[0] for bound, name in names}
            elif isinstance(part, ast.ImportFrom):
                root = (part.module or "").split(".")[0]
                modules |= {alias.asname or alias.name: root for alias in part.names}
        if grade_id(cell) == graded.answer:
            used = {modules[p.id] for p in parts if isinstance(p, ast.Name) and p.id in modules}
            if odd := used - {*graded.modules, *sys.stdlib_module_names}:
                allowed = ", ".join(graded.modules)
                return f"of other libraries it may use {allowed} only, and uses {', '.join(odd)}"
    return ""


# ---------------------------------------------------------------------------------------------
# Comparing
# ---------------------------------------------------------------------------------------------
def number(value: Any, what: str = "the result") -> float:
    """A result as one number."""
    found = _floats(value, what)
    assert found.size == 1, f"{what} is to be one number, not {found.size} of them"
    return float(found.ravel()[0])


def array(value: Any, shape: tuple[int, ...], what: str = "the result") -> Any:
    """A result as an array of a shape."""
    found = _floats(value, what)
    assert found.shape == shape, f"{what} is to have the shape {shape}, not {found.shape}"
    return found


def _floats(value: Any, what: str) -> Any:
    assert value is not None, f"{what} is None; does the function return it?"
    return np.asarray(value, dtype=float)


def near(got: Any, right: Any, what: str, tolerance: float = 1e-6) -> None:
    """Refuse a result that is not the right one, up to a tolerance."""
    right = np.asarray(right, dtype=float)
    found = array(got, right.shape) if right.ndim else np.asarray(number(got))
    error = np.abs(found - right)
    close = bool((error <= tolerance * np.maximum(1.0, np.abs(right))).all())
    if right.ndim == 0:
        assert close, f"{what}: right is {float(right):.6g}, yours is {float(found):.6g}"
    place = tuple(
        int(i)
        for i in np.unravel_index(int(np.nan_to_num(error, nan=np.inf).argmax()), error.shape)
    )
    assert close, f"{what}: at {place} right is {right[place]:.6g}, yours is {found[place]:.6g}"
