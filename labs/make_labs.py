"""Make the student editions of the labs, and prove that the autograder is fair.

    python labs/make_labs.py

1. Reads the solved sources in `labs/source/` and checks them.
2. Has nbgrader write the student editions into `labs/release/`, and checks those.
3. Has nbgrader grade the synthetic submissions of `submissions.py` in a temporary folder, prints
   what each scores beside what it should, and writes the table to `labs/autograding.csv`.

Ends with 1 if anything is not as it should be, and says where and how to mend it. nbgrader is
needed here and by the teacher, by nobody else.
"""

from __future__ import annotations

import ast
import csv
import importlib.util
import io
import logging
import os
import shutil
import sys
import tempfile
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from submissions import SUBMISSIONS, Submission

from cliprl_lite._paths import write_text
from cliprl_lite._printing import forgiving_output

LABS = Path(__file__).resolve().parent
TABLE = LABS / "autograding.csv"
COLUMNS = (
    "lab", "submission", "mistake", "points_expected", "points_given", "points_auto",
    "points_by_hand", "cells_lost", "ok", "fingerprint",
)  # fmt: skip

STUB = 'raise NotImplementedError("your turn")'
SECONDS = 20
"""For one cell of a synthetic submission; the teacher's own limit is in `nbgrader_config.py`."""

INSTALL = (
    "nbgrader is not installed. It is needed by the teacher only: run `make labs`, or\n"
    "    pip install -c requirements.lock -r labs/requirements.lock"
)


class LabError(Exception):
    """Something about a lab that is not as it should be. Says which cell, and how to mend it."""


# ---------------------------------------------------------------------------------------------
# Reading notebooks
# ---------------------------------------------------------------------------------------------
def notebook_path(folder: Path, lab: str) -> Path:
    """The one notebook of a lab, in `source`, `release` or a student's folder."""
    return folder / lab / f"{lab}.ipynb"


def read(path: Path) -> NotebookNode:
    """A notebook in format 4."""
    return nbformat.read(path, as_version=4)


def about(cell: NotebookNode) -> dict[str, Any]:
    """nbgrader's metadata of a cell; empty if it has none."""
    return dict(cell.metadata.get("nbgrader", {}))


def graded(notebook: NotebookNode, by_hand: bool = False) -> dict[str, float]:
    """Points of the cells that are scored by the autograder, or of those scored by hand."""
    cells = [about(cell) for cell in notebook.cells]
    return {
        cell["grade_id"]: cell["points"]
        for cell in cells
        if cell.get("grade") and bool(cell["solution"]) == by_hand
    }


def shows_a_value(source: str) -> bool:
    """Whether a cell ends in an expression that the notebook would show."""
    last = ast.parse(source).body[-1]
    return isinstance(last, ast.Expr) and not ast.unparse(last).startswith("print(")


def unmarked(source: str) -> str:
    """A solved cell without the lines that mark the solution: what a student would write."""
    marks = ("### BEGIN SOLUTION", "### END SOLUTION")
    return "\n".join(line for line in source.splitlines() if line.strip() not in marks)


# ---------------------------------------------------------------------------------------------
# Both editions
# ---------------------------------------------------------------------------------------------
def check_sources(sources: dict[str, NotebookNode]) -> Iterator[str]:
    """What is wrong with the solved sources, in words; nothing if all is well."""
    seen: dict[str, str] = {}
    for lab, notebook in sources.items():
        for cell in notebook.cells:
            meta, where = about(cell), f"{lab}, cell {cell.id!r}"
            if cell.get("outputs") or cell.get("execution_count"):
                yield f"{where}: has outputs; clear them"
            if not meta:
                continue
            name = meta["grade_id"]
            if name in seen:
                yield f"{where}: the grade_id {name!r} is taken by {seen[name]}; give it its own"
            seen[name] = where
            if meta["solution"] and cell.cell_type == "code":
                begins = cell.source.count("### BEGIN SOLUTION")
                if not begins or begins != cell.source.count("### END SOLUTION"):
                    yield f"{where}: mark each solution by ### BEGIN SOLUTION and ### END SOLUTION"
            elif "### BEGIN SOLUTION" in cell.source:
                yield f"{where}: holds a solution and is no solution cell; mend its metadata"
            if meta["grade"] and not meta["points"] > 0:
                yield f"{where}: is graded with {meta['points']} points; give it some"
            if meta["grade"] and cell.cell_type == "code" and shows_a_value(cell.source):
                yield f"{where}: ends in a value, which nbgrader takes for the points; print it"
        for submission in SUBMISSIONS[lab]:
            unknown = {*submission.code, *submission.loses} - {
                about(cell).get("grade_id") for cell in notebook.cells
            }
            for name in sorted(unknown):
                yield f"{lab}, submission {submission.name!r}: there is no cell {name!r}"


def check_release(source: NotebookNode, release: NotebookNode, lab: str) -> Iterator[str]:
    """What is wrong with a student edition, in words; nothing if all is well."""
    text = "\n".join(cell.source for cell in release.cells)
    for mark in ("BEGIN SOLUTION", "END SOLUTION", "BEGIN HIDDEN", "END HIDDEN"):
        if mark in text:
            yield f"{lab}, student edition: still holds {mark!r}; mend the markers in the source"
    if (graded(release), graded(release, True)) != (graded(source), graded(source, True)):
        yield f"{lab}, student edition: its points are not those of the source"
    for solved, cell in zip(source.cells, release.cells, strict=True):
        if cell.cell_type != "code" or not about(cell).get("solution"):
            continue
        stubs = sum(
            isinstance(node, ast.Raise) and ast.unparse(node) == ast.unparse(ast.parse(STUB))
            for node in ast.walk(ast.parse(cell.source))
        )
        if stubs != solved.source.count("### BEGIN SOLUTION"):
            yield f"{lab}, cell {cell.id!r}: {stubs} stubs that raise; one for each solution"


# ---------------------------------------------------------------------------------------------
# nbgrader
# ---------------------------------------------------------------------------------------------
def nbgrader_at(root: Path, seconds: int | None = None) -> Any:
    """nbgrader's API with the labs' settings and another course folder."""
    from nbgrader.apps import NbGraderAPI
    from traitlets.config import PyFileConfigLoader

    # nbgrader starts `alembic` by its bare name, so its folder has to be on the path.
    folder = str(Path(sys.executable).parent)
    if folder not in os.environ["PATH"].split(os.pathsep):
        os.environ["PATH"] = os.pathsep.join([folder, os.environ["PATH"]])

    config = PyFileConfigLoader("nbgrader_config.py", path=str(LABS)).load_config()
    config.CourseDirectory.root = str(root)
    config.CourseDirectory.db_url = f"sqlite:///{root / 'gradebook.db'}"
    config.Application.log_level = logging.ERROR
    config.Execute.extra_arguments = ["--HistoryManager.hist_file=:memory:", "--log-level=ERROR"]
    if seconds is not None:
        config.ExecutePreprocessor.timeout = seconds
    return NbGraderAPI(config=config)


def must(result: dict[str, Any], doing: str) -> None:
    """Raise what nbgrader said if it failed."""
    if not result["success"]:
        raise LabError(f"{doing}: nbgrader failed.\n{result.get('error') or result.get('log')}")


def hand_in(source: NotebookNode, release: NotebookNode, submission: Submission) -> NotebookNode:
    """The student edition, answered as the submission says."""
    answered: NotebookNode = nbformat.from_dict(release)
    if submission.answered:
        for solved, cell in zip(source.cells, answered.cells, strict=True):
            if about(cell).get("solution"):
                name = about(cell)["grade_id"]
                cell.source = submission.code.get(name, unmarked(solved.source))
    return answered


@dataclass(frozen=True)
class Scored:
    """What nbgrader gave: points by graded cell, and the cells that stopped with an error."""

    points: dict[str, float]
    waiting: set[str]
    errors: dict[str, str]


def score(api: Any, root: Path, lab: str, student: str) -> Scored:
    """Have nbgrader grade one submission."""
    from nbgrader.api import Gradebook

    must(api.autograde(lab, student, force=True, create=True), f"{lab}, submission {student!r}")
    with Gradebook(f"sqlite:///{root / 'gradebook.db'}") as gradebook:
        (notebook,) = gradebook.find_submission(lab, student).notebooks
        points = {grade.name: float(grade.auto_score or 0.0) for grade in notebook.grades}
        waiting = {grade.name for grade in notebook.grades if grade.needs_manual_grade}
    done = read(notebook_path(root / "autograded" / student, lab))
    errors = {
        cell.id: f"{output.ename}: {output.evalue}"
        for cell in done.cells
        for output in cell.get("outputs", ())
        if output.output_type == "error"
    }
    return Scored(points, waiting, errors)


# ---------------------------------------------------------------------------------------------
# Judging the autograder
# ---------------------------------------------------------------------------------------------
def judge(lab: str, source: NotebookNode, submission: Submission, scored: Scored) -> Iterator[str]:
    """Where a submission did not score what it should, in words."""
    automatic, by_hand = graded(source), graded(source, by_hand=True)
    where = f"{lab}, submission {submission.name!r}"
    loses = set(submission.loses) if submission.answered else set(automatic)
    for name, points in automatic.items():
        given, due = scored.points[name], 0.0 if name in loses else points
        if given > due:
            yield f"{where}: cell {name!r} gave {given:g} to a wrong answer; test it more strictly"
        elif given < due:
            said = scored.errors.get(name, "no error is shown; was the cell stopped?")
            yield f"{where}: cell {name!r} gave {given:g} of {due:g}. It said: {said[:300]}"
    waiting = set(by_hand) if submission.answered else set()
    if scored.waiting != waiting:
        yield f"{where}: waiting to be graded by hand: {scored.waiting}, and should be: {waiting}"
    if submission.name == "right":
        for name, said in scored.errors.items():
            yield f"{where}: cell {name!r} stopped with {said[:300]}; mend the solution there"
    if not submission.answered:
        for name, said in scored.errors.items():
            if not said.startswith(("NotImplementedError: your turn", "NameError")):
                yield f"{where}: cell {name!r} says {said[:200]!r} in place of 'your turn'"


def fingerprint(source: NotebookNode, submission: Submission) -> str:
    """Twelve hexadecimal digits that change with the lab or the submission.

    They stand in the table, so that a test sees when it is older than what it speaks of.
    """
    cells = [(cell.source, sorted(about(cell).items())) for cell in source.cells]
    return sha256(repr((cells, submission)).encode()).hexdigest()[:12]


def row(
    lab: str, source: NotebookNode, submission: Submission, scored: Scored, ok: bool
) -> dict[str, Any]:
    """A line of the table."""
    automatic = graded(source)
    loses = set(submission.loses) if submission.answered else set(automatic)
    lost = [name for name in automatic if scored.points[name] < automatic[name]]
    values = (
        lab,
        submission.name,
        submission.mistake,
        f"{sum(points for name, points in automatic.items() if name not in loses):g}",
        f"{sum(scored.points[name] for name in automatic):g}",
        f"{sum(automatic.values()):g}",
        f"{sum(graded(source, by_hand=True).values()):g}",
        "all" if len(lost) == len(automatic) else " ".join(lost),
        "yes" if ok else "no",
        fingerprint(source, submission),
    )
    return dict(zip(COLUMNS, values, strict=True))


def make_release(sources: dict[str, NotebookNode], root: Path) -> dict[str, NotebookNode]:
    """Write the student editions into `labs/release/`, by way of a temporary course folder."""
    shutil.copytree(LABS / "source", root / "source")
    api = nbgrader_at(root)
    for lab in sources:
        must(api.generate_assignment(lab, force=True, create=True), f"{lab}, student edition")
        target = notebook_path(LABS / "release", lab)
        target.parent.mkdir(parents=True, exist_ok=True)
        write_text(target, notebook_path(root / "release", lab).read_text("utf-8"))
    return {lab: read(notebook_path(LABS / "release", lab)) for lab in sources}


def grade_all(
    sources: dict[str, NotebookNode], releases: dict[str, NotebookNode], root: Path
) -> tuple[list[dict[str, Any]], list[str]]:
    """Score every synthetic submission; the table, and what is wrong with it."""
    api, table, troubles = nbgrader_at(root, SECONDS), [], []
    for lab, source in sources.items():
        for submission in SUBMISSIONS[lab]:
            student = submission.name
            path = notebook_path(root / "submitted" / student, lab)
            path.parent.mkdir(parents=True)
            write_text(path, nbformat.writes(hand_in(source, releases[lab], submission)) + "\n")
            scored = score(api, root, lab, student)
            found = list(judge(lab, source, submission, scored))
            line = row(lab, source, submission, scored, ok=not found)
            table.append(line)
            troubles += found
            print(
                f"{lab:28} {student:16} expected {line['points_expected']:>3}   "
                f"given {line['points_given']:>3}   of {line['points_auto']:>3}   "
                f"{'ok' if not found else 'NOT AS EXPECTED'}",
                flush=True,
            )
    return table, troubles


@forgiving_output()
def main() -> int:
    """Make and prove all labs; 0 if all is well."""
    if importlib.util.find_spec("nbgrader") is None:
        print(INSTALL, file=sys.stderr)
        return 1
    warnings.filterwarnings("ignore")  # nbgrader's own, from its libraries
    sources = {lab: read(notebook_path(LABS / "source", lab)) for lab in SUBMISSIONS}
    troubles = list(check_sources(sources))
    if not troubles:
        with tempfile.TemporaryDirectory(prefix="labs-") as folder:
            root = Path(folder)
            try:
                releases = make_release(sources, root)
                for lab, release in releases.items():
                    troubles += check_release(sources[lab], release, lab)
                if not troubles:
                    table, troubles = grade_all(sources, releases, root)
                    lines = io.StringIO()
                    writer = csv.DictWriter(lines, COLUMNS, lineterminator="\n")
                    writer.writeheader()
                    writer.writerows(table)
                    write_text(TABLE, lines.getvalue())
            except LabError as error:
                troubles.append(str(error))
    for trouble in troubles:
        print(trouble, file=sys.stderr)
    if not troubles:
        print(f"{len(sources)} labs made, every submission scored as it should")
    return 1 if troubles else 0


if __name__ == "__main__":
    sys.exit(main())
